"""Rows of planned work: messages, threads, edits, alerts."""
