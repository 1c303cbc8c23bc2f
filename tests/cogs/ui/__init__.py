"""Tests of cogs/ui."""
