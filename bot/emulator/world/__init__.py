"""The emulated world: users, servers, channels, messages, permissions, clock."""
