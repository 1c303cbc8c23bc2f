"""Rows about a member, and their erasure."""
