"""Tests of year."""
