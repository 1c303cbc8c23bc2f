"""Tests: real SQLite, real discord.py, real HTTP and WebSocket to the emulator."""
