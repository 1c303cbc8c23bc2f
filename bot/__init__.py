"""The process: its commands, its settings, and the core that knows no Discord."""
