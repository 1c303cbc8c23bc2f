"""Everything that is Discord's: limits, errors, retry, rate limit, permissions, webhooks."""
