"""Finished and running discussions to find and to read: the search, and the book."""
