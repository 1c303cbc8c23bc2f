"""The core: reading, laying out, routing, timing."""
