"""Tests of cogs/members."""
