"""Tests of extracting an essay from a document: title, masthead, closing questions, corrections."""
