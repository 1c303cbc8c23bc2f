"""Tests of storage/prompts."""
