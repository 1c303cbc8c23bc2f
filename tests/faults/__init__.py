"""One fault at a time, at each call and each statement of plays that use every feature."""
