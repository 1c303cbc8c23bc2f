"""Client libraries that nobody here wrote, against the emulator."""
