"""Tests of the page's endpoints without a browser; tests/room has those with one."""
