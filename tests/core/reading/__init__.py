"""Tests of reading sources: encodings, Markdown, HTML, web pages, Word documents, plain text."""
