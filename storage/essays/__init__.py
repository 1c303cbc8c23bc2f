"""Rows of essays: submissions, drafts, discussions, revisions."""
