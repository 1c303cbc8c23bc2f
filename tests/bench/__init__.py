"""Benchmarks: `scripts/bench NAME`; they print figures and check only correctness."""
