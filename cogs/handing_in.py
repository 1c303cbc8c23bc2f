"""What a form for handing in an essay asks, and what was given in it."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.discussion.shortening import cut
from bot.discussion.styles import Venue
from bot.errors import Refused
from bot.publishing import MOST_BYTES
from cogs.forms import Entered, Upload, text_field

__all__ = ["TEXT_LIMIT", "form_fields", "handed_in", "hold_size", "tags_field"]

#: Characters that a form takes (docs: Component Reference › Text Input).
TEXT_LIMIT = 4000
#: Characters of a field's description (docs: Components Reference › Label).
_MOST_DESCRIBED = 100


def form_fields(text: str | None = None) -> list[ui.Label[Any]]:
    """The fields of the form that takes an essay as a file or a text; ``text`` is there already."""
    return [
        ui.Label(
            text="A file",
            description="Text, Markdown, HTML or Word; or paste the text below.",
            component=ui.FileUpload(custom_id="file", required=False, max_values=1),
        ),
        text_field(
            "text",
            "Or the text",
            text,
            most=TEXT_LIMIT,
            long=True,
            description="Its title on the first line; Markdown is kept.",
        ),
        text_field("title", "Title", most=500, description="Empty: the one found in it."),
        text_field(
            "question", "Closing question", most=1000, description="Empty: the essay's own."
        ),
    ]


def tags_field(venue: Venue | None, tags: str | None) -> list[ui.Label[Any]]:
    """The field for the tags of a forum's post, where the channel has such."""
    if venue is None or not venue.tags:
        return []
    there = cut(", ".join(tag.name for tag in venue.tags), _MOST_DESCRIBED)
    return [text_field("tags", "Tags", tags, most=300, description=there)]


def handed_in(entered: Entered, before: str | None = None) -> Upload | None:
    """The file given in the form, None where it is a text; Refused where it is neither or both.

    ``before``: the text that the form was shown with; left as it is, it does not count.
    """
    files, text = entered.files["file"], entered.texts["text"].strip()
    if files and before is not None and text == before.strip():
        text = ""
    if not files and not text:
        raise Refused("The form was empty: upload a file, or paste the text.")
    if files and text:
        raise Refused("Both a file and a text were given; which of the two is the essay?")
    if not files:
        return None
    hold_size(files[0].filename, files[0].size)
    return files[0]


def hold_size(name: str, size: int) -> None:
    """Refused where a file is larger than an essay can be; ``size`` in bytes."""
    if size > MOST_BYTES:
        raise Refused(
            f"{name} is larger than {MOST_BYTES // 1024 // 1024} MiB, which no essay is. "
            "Nothing was changed."
        )
