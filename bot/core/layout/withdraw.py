"""The edits that empty messages of a withdrawn essay: a forum post's, and announcements."""

from __future__ import annotations

from bot.core.layout.announcement import make_withdrawn_announcement
from bot.core.payload import Payload
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop

__all__ = ["make_withdrawn_body"]

_WITHDRAWN = gettext_noop("-# This essay was withdrawn.")
#: docs: Components Reference › Text Display.
_TEXT_DISPLAY = 10


def make_withdrawn_body(purpose: str, payload: Payload) -> Payload | None:
    """The body that removes a message's text; None where the message is deleted instead.

    The message itself stays, since a forum post without its first message shows only a
    placeholder. A poll can't be edited away, so a message with one is deleted.
    """
    body: Payload
    if purpose == "card":
        body = {"components": [{"type": _TEXT_DISPLAY, "content": _(_WITHDRAWN)}]}
    elif purpose == "announcement":
        body = make_withdrawn_announcement()
    elif purpose not in ("part", "closing", "prompt") or "poll" in payload:
        return None
    else:
        body = {"content": _(_WITHDRAWN)}
    for name in ("attachments", "components"):
        if payload.get(name) and name not in body:
            body[name] = []
    return body
