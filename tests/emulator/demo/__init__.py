"""Tests of plays: reading comments, playing them, narration and transcript."""
