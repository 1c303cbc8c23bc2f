"""Text helpers: length, sentences, truncation, escaping, plurals, questions, similarity."""
