"""Tests of emulator/rules."""
