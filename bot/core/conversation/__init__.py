"""Members' messages: events, routing, passage references, thread names."""
