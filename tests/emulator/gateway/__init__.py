"""Tests of the gateway: sessions, close codes, intents, resuming, compression."""
