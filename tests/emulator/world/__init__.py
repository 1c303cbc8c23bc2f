"""Tests of the world: clock, ids, permissions, initial world, saving and loading."""
