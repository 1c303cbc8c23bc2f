"""Pure decisions: reading an essay, laying it out, routing a reply, timing a prompt."""
