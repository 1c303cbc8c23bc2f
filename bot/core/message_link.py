"""Links to messages in Discord."""

from __future__ import annotations

__all__ = ["make_message_link"]


def make_message_link(server_id: int, channel_id: int, message_id: int) -> str:
    """The link that opens a message in a Discord client; at most 91 characters."""
    return f"https://discord.com/channels/{server_id}/{channel_id}/{message_id}"
