"""Discord's API: errors, retry, rate limit, permissions, parsing, webhooks."""
