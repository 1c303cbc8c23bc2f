"""Tests of laying out an essay as Discord messages: Markdown, parts, revisions, card, diff."""
