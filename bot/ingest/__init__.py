"""From Discord to the archive: recording events, and catching up after an outage."""
