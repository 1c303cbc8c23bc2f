"""Discord's REST API: HTTP handlers, one module per resource; the rules are in ``rules``."""
