"""Who gets which seat, and why: the matching kernel, rules and rounds."""
