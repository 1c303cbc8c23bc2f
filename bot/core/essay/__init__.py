"""The essay model: blocks, document, revisions, serialization."""
