"""Rows of follow-up prompts."""
