"""Tests of cogs/essays."""
