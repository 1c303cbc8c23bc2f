"""Prompt plans, policy, wording, the digest, local times and time zones."""
