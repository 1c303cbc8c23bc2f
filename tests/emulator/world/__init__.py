"""Tests of emulator/world."""
