"""Test controls: fault injection, time travel, traffic recording, the bot process."""
