"""Tests of cogs/prompts."""
