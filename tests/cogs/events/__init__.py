"""Tests of cogs/events."""
