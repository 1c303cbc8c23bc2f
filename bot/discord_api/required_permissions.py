"""Required permissions: what the bot needs in a channel, depending on the server's settings.

docs: Topics › Permissions. Discord's settings show these names; its API has them in lower case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

__all__ = [
    "TO_ALERT",
    "TO_HOST",
    "TO_MOVE",
    "Permission",
    "get_optional",
    "get_required_to_host",
    "join_names",
]


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission: its name in Discord's settings, its key in Discord's API, what it is for."""

    name: str
    key: str
    purpose: str


VIEW_CHANNEL = Permission("View Channel", "view_channel", "to be there at all")
SEND_MESSAGES = Permission("Send Messages", "send_messages", "to post")
READ_HISTORY = Permission(
    "Read Message History", "read_message_history", "to read what was said while I was away"
)
CREATE_THREADS = Permission("Create Public Threads", "create_public_threads", "to open threads")
SEND_IN_THREADS = Permission(
    "Send Messages in Threads", "send_messages_in_threads", "to bring members into their threads"
)
MANAGE_THREADS = Permission(
    "Manage Threads", "manage_threads", "to lock the threads of an essay that is withdrawn"
)
MANAGE_WEBHOOKS = Permission(
    "Manage Webhooks", "manage_webhooks", "to move a reply under its author's name"
)
MANAGE_MESSAGES = Permission(
    "Manage Messages", "manage_messages", "to remove the original of a moved reply"
)
SEND_POLLS = Permission("Create Polls", "send_polls", "for the polls of your plan")

#: Without one of these no essay can be hosted in a text or announcement channel.
TO_HOST = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY, CREATE_THREADS, SEND_IN_THREADS)
#: The same in a forum, where whoever may send messages may also start a post (docs: Channel
#: Resource › Start Thread in Forum or Media Channel).
_TO_HOST_IN_FORUM = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY, SEND_IN_THREADS)
#: Without one of these, replies get a link to their thread instead of being moved.
TO_MOVE = (MANAGE_WEBHOOKS, MANAGE_MESSAGES)
#: To alert admins in a channel, and to look there before sending an alert twice.
TO_ALERT = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY)


def get_required_to_host(style: str) -> tuple[Permission, ...]:
    """What hosting an essay needs. ``style``: 'threads', 'thread' or 'forum'."""
    return _TO_HOST_IN_FORUM if style == "forum" else TO_HOST


def get_optional(style: str, *, moves: bool, polls: bool) -> tuple[Permission, ...]:
    """What else is used in a channel with essays; nothing is refused without these.

    ``moves``: channel replies are moved into their threads. ``polls``: the plan of prompts has
    one.
    """
    optional = [MANAGE_THREADS]
    if moves and style != "forum":
        optional += TO_MOVE
    if polls:
        optional.append(SEND_POLLS)
    return tuple(optional)


def join_names(permissions: Collection[Permission]) -> str:
    """``*View Channel*, *Send Messages* and *Manage Threads*``."""
    names: Sequence[str] = [f"*{permission.name}*" for permission in permissions]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
