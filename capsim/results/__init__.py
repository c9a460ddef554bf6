"""One labelled dataset for a run: assembled, read, compared."""
