"""Recording events and catching up after an outage, with a bot on the emulator."""
