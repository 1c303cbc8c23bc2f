"""Tests of Discord's rules over HTTP: messages, threads, interactions, webhooks, rate limits."""
