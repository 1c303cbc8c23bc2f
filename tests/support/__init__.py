"""Helpers of the tests: run the bot and an emulator, in process or as a child process."""
