"""Follow-up prompts: plan, policy, wording, digest, times and time zones."""
