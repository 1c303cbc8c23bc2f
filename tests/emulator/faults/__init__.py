"""Tests of emulator/faults."""
