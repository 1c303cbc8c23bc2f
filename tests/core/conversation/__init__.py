"""Tests of core/conversation."""
