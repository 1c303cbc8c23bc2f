"""Tests of storage/essays."""
