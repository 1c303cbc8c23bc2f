"""Tests of the control endpoints: faults, clock, recorded traffic, the bot's process."""
