"""The building programme: projects, events, ledger, checks."""
