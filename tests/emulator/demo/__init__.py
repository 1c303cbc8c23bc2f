"""Tests of emulator/demo."""
