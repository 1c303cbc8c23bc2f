"""Tests of core/layout."""
