"""The bot: command line, settings, the running process, and the core that doesn't know Discord."""
