"""Discord's rules: what a request may contain and who may make it."""
