"""From a due prompt to a planned message."""
