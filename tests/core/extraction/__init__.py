"""Tests of core/extraction."""
