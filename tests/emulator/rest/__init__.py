"""Tests of emulator/rest."""
