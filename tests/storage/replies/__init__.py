"""Tests of storage/replies."""
