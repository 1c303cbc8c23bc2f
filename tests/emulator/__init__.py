"""Tests of the emulator's rules against Discord's documentation; most don't involve the bot."""
