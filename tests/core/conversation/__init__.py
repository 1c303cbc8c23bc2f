"""Routing, passage references, thread names, copies of replies and discussion styles."""
