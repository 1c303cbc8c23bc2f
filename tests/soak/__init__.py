"""The soak test: what the process still holds after days of load."""
