"""The front end: files of text become documents, and what does not fit becomes diagnostics."""
