"""Tests of the commands of the library."""
