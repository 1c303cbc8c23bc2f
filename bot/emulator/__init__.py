"""The emulator: a local Discord with its rules, for tests and for trying Salon out."""
