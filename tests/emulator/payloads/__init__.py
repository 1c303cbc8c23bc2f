"""Tests of payloads: every event of the world has a gateway dispatch."""
