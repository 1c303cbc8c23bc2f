"""From bytes to a document: decoding and one reader for each source format."""
