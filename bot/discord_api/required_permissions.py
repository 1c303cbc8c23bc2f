"""Required permissions: what the bot needs in a channel, depending on the server's settings.

docs: Topics › Permissions. Discord's settings show these names; its API has them in lower case.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.core.text.locale_format import join_words
from bot.core.text.sentences_by_code import PERMISSIONS
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop

__all__ = [
    "TO_ALERT",
    "TO_ATTACH",
    "TO_HOST",
    "TO_INVITE",
    "TO_MOVE",
    "TO_PIN",
    "Permission",
    "get_optional",
    "get_required_to_host",
    "join_names",
]


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission: its name in Discord's settings, its key in Discord's API, what it is for.

    ``name`` and ``purpose``, a sentence, are translated where they are shown.
    """

    name: str
    key: str
    purpose: str


VIEW_CHANNEL = Permission(
    PERMISSIONS["view_channel"], "view_channel", gettext_noop("I need it to see the channel.")
)
SEND_MESSAGES = Permission(
    PERMISSIONS["send_messages"], "send_messages", gettext_noop("I need it to post.")
)
READ_HISTORY = Permission(
    PERMISSIONS["read_message_history"],
    "read_message_history",
    gettext_noop("I need it to read what was said while I was offline."),
)
CREATE_THREADS = Permission(
    PERMISSIONS["create_public_threads"],
    "create_public_threads",
    gettext_noop("I need it to open threads."),
)
SEND_IN_THREADS = Permission(
    PERMISSIONS["send_messages_in_threads"],
    "send_messages_in_threads",
    gettext_noop("I need it to add members to their threads."),
)
MANAGE_THREADS = Permission(
    PERMISSIONS["manage_threads"],
    "manage_threads",
    gettext_noop("I need it to lock the threads of a withdrawn essay."),
)
ATTACH_FILES = Permission(
    PERMISSIONS["attach_files"],
    "attach_files",
    gettext_noop("I need it for essays with pictures."),
)
MANAGE_WEBHOOKS = Permission(
    PERMISSIONS["manage_webhooks"],
    "manage_webhooks",
    gettext_noop("I need it to move replies under their author's name."),
)
MANAGE_MESSAGES = Permission(
    PERMISSIONS["manage_messages"],
    "manage_messages",
    gettext_noop("I need it to delete the original of a moved reply."),
)
SEND_POLLS = Permission(
    PERMISSIONS["send_polls"],
    "send_polls",
    gettext_noop("I need it for the polls in your plan."),
)
PIN_MESSAGES = Permission(
    PERMISSIONS["pin_messages"],
    "pin_messages",
    gettext_noop("I need it to pin the cards of open discussions."),
)

#: Without one of these no essay can be hosted in a text or announcement channel.
TO_HOST = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY, CREATE_THREADS, SEND_IN_THREADS)
#: What the invite link asks for. The settings that need more say so.
TO_INVITE = (*TO_HOST, MANAGE_THREADS, ATTACH_FILES)
#: TO_HOST for a forum: who may send messages there may also start a post (docs: Channel Resource ›
#: Start Thread in Forum or Media Channel).
_TO_HOST_IN_FORUM = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY, SEND_IN_THREADS)
#: Without one of these, replies get a link to their thread instead of being moved.
TO_MOVE = (MANAGE_WEBHOOKS, MANAGE_MESSAGES)
#: Without it, messages with pictures wait until it is given.
TO_ATTACH = (ATTACH_FILES,)
#: Without it, cards aren't pinned.
TO_PIN = (PIN_MESSAGES,)
#: To alert admins in a channel, and to look there before sending an alert twice.
TO_ALERT = (VIEW_CHANNEL, SEND_MESSAGES, READ_HISTORY)


def get_required_to_host(style: str) -> tuple[Permission, ...]:
    """What hosting an essay needs. ``style``: 'threads', 'thread' or 'forum'."""
    return _TO_HOST_IN_FORUM if style == "forum" else TO_HOST


def get_optional(
    style: str, *, moves: bool, polls: bool, pins: bool = False
) -> tuple[Permission, ...]:
    """What else is used in a channel with essays; nothing is refused without these.

    ``moves``: channel replies are moved into their threads. ``polls``: the plan of prompts has
    one. ``pins``: cards are pinned.
    """
    optional = [MANAGE_THREADS, ATTACH_FILES]
    if moves and style != "forum":
        optional += TO_MOVE
    if pins and style != "forum":
        optional += TO_PIN
    if polls:
        optional.append(SEND_POLLS)
    return tuple(optional)


def join_names(permissions: Collection[Permission]) -> str:
    """``*View Channel*, *Send Messages* and *Manage Threads*``, in the current language."""
    return join_words([f"*{_(permission.name)}*" for permission in permissions])
