"""What Salon has to be allowed in a channel, by Discord's own names, for what a server chose.

docs: Topics › Permissions. Discord's settings show these names; its API has them in lower case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

__all__ = ["TO_HOST", "TO_MOVE", "TO_TELL", "Right", "names_of", "to_host", "to_look_after"]


@dataclass(frozen=True, slots=True)
class Right:
    """A permission: its name in Discord's settings, its key in Discord's API, what it is for."""

    name: str
    key: str
    purpose: str


VIEW_CHANNEL = Right("View Channel", "view_channel", "to be there at all")
SEND_MESSAGES = Right("Send Messages", "send_messages", "to post")
READ_HISTORY = Right(
    "Read Message History", "read_message_history", "to read what was said while I was away"
)
CREATE_THREADS = Right("Create Public Threads", "create_public_threads", "to open threads")
SEND_IN_THREADS = Right(
    "Send Messages in Threads", "send_messages_in_threads", "to bring members into their threads"
)
MANAGE_THREADS = Right(
    "Manage Threads", "manage_threads", "to lock the threads of an essay that is withdrawn"
)
MANAGE_WEBHOOKS = Right(
    "Manage Webhooks", "manage_webhooks", "to move a reply under its author's name"
)
MANAGE_MESSAGES = Right(
    "Manage Messages", "manage_messages", "to remove the original of a moved reply"
)
SEND_POLLS = Right("Create Polls", "send_polls", "for the polls of your plan")

#: Without one of these no essay can be hosted in a text or announcement channel.
TO_HOST = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY, CREATE_THREADS, SEND_IN_THREADS)
#: The same in a forum, where whoever may send messages may also start a post (docs: Channel
#: Resource › Start Thread in Forum or Media Channel).
_TO_HOST_A_POST = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY, SEND_IN_THREADS)
#: Without one of these replies are pointed at where they are to be moved.
TO_MOVE = (MANAGE_WEBHOOKS, MANAGE_MESSAGES)
#: To tell admins of problem in a channel, and to look there before telling it twice.
TO_TELL = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY)


def to_host(style: str) -> tuple[Right, ...]:
    """What hosting an essay needs. ``style``: 'threads', 'thread' or 'forum'."""
    return _TO_HOST_A_POST if style == "forum" else TO_HOST


def to_look_after(style: str, *, moves: bool, polls: bool) -> tuple[Right, ...]:
    """What else is used where essays stand: nothing is refused for want of these.

    ``moves``: channel replies are moved into their threads. ``polls``: the plan of prompts has
    one.
    """
    rights = [MANAGE_THREADS]
    if moves and style != "forum":
        rights += TO_MOVE
    if polls:
        rights.append(SEND_POLLS)
    return tuple(rights)


def names_of(rights: Collection[Right]) -> str:
    """``*View Channel*, *Send Messages* and *Manage Threads*``."""
    names: Sequence[str] = [f"*{right.name}*" for right in rights]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
