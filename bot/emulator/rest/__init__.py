"""Discord's REST API: one module a resource, which speaks HTTP and leaves the rules to others."""
