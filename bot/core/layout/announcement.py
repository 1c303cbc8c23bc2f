"""The message that is published to the followers of an announcement channel.

A plain message with a link to the card: copies of components in other servers lose them. It is
edited only when the essay is withdrawn, since a published message allows few edits.
"""

from __future__ import annotations

from bot.core.payload import Payload, make_plain_message
from bot.core.text.escape import escape, escape_line_start
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate

__all__ = ["make_announcement", "make_withdrawn_announcement"]

#: UTF-16 units of the line with the author.
_MAX_CREDIT = 300


def make_announcement(title: str, credit: str, link: str) -> Payload:
    """The payload of the message. ``credit``: byline and author, "" if neither is known."""
    lines = [f"**{escape_title(title)}**"]
    if credit:
        lines.append(escape_line_start(escape(truncate(" ".join(credit.split()), _MAX_CREDIT))))
    return make_plain_message("\n".join([*lines, link]), silent=False)


def make_withdrawn_announcement() -> Payload:
    """The body that takes the title and the author back."""
    return {"content": _("The essay that was announced here was withdrawn.")}
