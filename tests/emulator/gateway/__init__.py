"""Tests of emulator/gateway."""
