"""``/prompts``: list, plan, change, pause and send follow-up prompts."""
