"""The JSON body of the message that carries a part of an essay, with its pictures."""

from __future__ import annotations

from bot.core.layout.parts import Part
from bot.core.layout.pictures import describe
from bot.core.payload import SUPPRESS_EMBEDS, Payload, make_plain_message

__all__ = ["make_part_message"]


def make_part_message(part: Part, content: str | None = None) -> Payload:
    """The body of a part's message (docs: Message Resource › Create Message).

    Each attachment is named after the archive's copy, which is uploaded with it.

    content: the part's text with links to other parts, if it has any
    """
    payload = make_plain_message(part.content if content is None else content, silent=True)
    if part.previews:
        payload["flags"] &= ~SUPPRESS_EMBEDS
    if part.attached:
        payload["attachments"] = [
            {"id": number, "filename": picture.file}
            | ({"description": describe(picture)} if picture.alt else {})
            for number, picture in enumerate(part.attached)
        ]
    return payload
