"""Tests of core/prompts."""
