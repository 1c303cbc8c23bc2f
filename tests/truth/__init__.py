"""The truth test: whatever members do and the connection suffers, the archive ends up right."""
