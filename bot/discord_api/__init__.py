"""Discord's API: limits, errors, retry, rate limit, permissions, webhooks."""
