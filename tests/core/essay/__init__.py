"""Tests of core/essay."""
