"""Follow-up prompts: plan, policy, wording, digest, local times and time zones."""
