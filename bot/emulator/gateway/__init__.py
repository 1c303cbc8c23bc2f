"""The gateway: sessions, intents, dispatch, opcodes."""
