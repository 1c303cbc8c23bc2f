"""Tests of the text helpers: length, sentences, truncation, escaping, plurals, similarity."""
