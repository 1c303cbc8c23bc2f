"""Tests of the rehearsal room's page in a real browser; all are slow."""
