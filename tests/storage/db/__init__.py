"""Tests of storage/db."""
