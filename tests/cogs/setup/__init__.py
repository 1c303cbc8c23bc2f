"""Tests of cogs/setup."""
