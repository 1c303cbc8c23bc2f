"""Tests of the essay model: serialization, default question."""
