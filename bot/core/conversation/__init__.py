"""What members write: events, routing into threads, passage references, names and limits."""
