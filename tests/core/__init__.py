"""Tests of the pure core, from bytes to messages, by package; here those of all of it."""
