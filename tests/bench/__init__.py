"""Benches: `scripts/bench NAME`; they print figures and assert nothing but correctness."""
