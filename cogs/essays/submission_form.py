"""The form for a submission, and the submission made of a command or a form."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import ui

from bot.core import limits
from bot.core.conversation.styles import TargetChannel
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.publishing.cover import ChosenCover, UploadedCover
from bot.publishing.publish import MAX_FILE_BYTES
from cogs.ui.forms import SubmittedForm, Upload, make_text_field
from storage.essays.submissions import ALL_CHAPTERS, Submission, SubmittedCover

__all__ = [
    "make_submission",
    "make_submission_fields",
    "make_tags_fields",
    "parse_chapter",
    "read_submission_form",
    "read_submitted_cover",
    "read_text_form",
]

_CHAPTER = re.compile(r"(?:chapter\s*)?#?(0*[1-9]\d{0,3})\.?", re.IGNORECASE)
_NO_COMMON_TITLE = gettext_noop(
    "Leave the title empty if each chapter is to become a draft. Nothing was saved."
)


def parse_chapter(typed: str | None) -> int | None:
    """The chapter that was typed: its number, ALL_CHAPTERS for `all`, None if nothing was.

    Raises UserError for anything else.
    """
    text = (typed or "").strip()
    if not text:
        return None
    if text.casefold() == "all":
        return ALL_CHAPTERS
    found = _CHAPTER.fullmatch(text)
    if found is None:
        raise UserError(
            _(
                "I don't understand the chapter “{chapter}”. Give its number, such as `3`, or "
                "`all` for a draft of each chapter. Nothing was saved.",
                chapter=truncate(text, 50),
            )
        )
    return int(found[1])


def make_submission_fields(
    text: str | None = None, title: str | None = None, question: str | None = None
) -> list[ui.Label[Any]]:
    """The fields of the form for an essay as a file or a text, with their current values."""
    return [
        ui.Label(
            text=_("A file"),
            description=_("Text, Markdown, HTML, Word, PDF or EPUB. Or paste the text below."),
            component=ui.FileUpload(custom_id="file", required=False, max_values=1),
        ),
        make_text_field(
            "text",
            _("Or the text"),
            text,
            most=limits.FIELD_TEXT,
            long=True,
            description=_("With its title on the first line. Markdown is kept."),
        ),
        make_text_field(
            "title",
            _("Title"),
            title,
            most=500,
            description=_("Empty: the title found in the text."),
        ),
        make_text_field(
            "question",
            _("Closing question"),
            question,
            most=1000,
            long=True,
            description=_("One per line. Empty: the essay's own."),
        ),
    ]


def make_tags_fields(target_channel: TargetChannel | None, tags: str | None) -> list[ui.Label[Any]]:
    """The field for the tags of a forum post; empty if the channel has none."""
    if target_channel is None or not target_channel.tags:
        return []
    there = truncate(", ".join(tag.name for tag in target_channel.tags), limits.FIELD_DESCRIPTION)
    return [make_text_field("tags", _("Tags"), tags, most=300, description=there)]


def _get_uploaded_file(entered: SubmittedForm, before: str | None = None) -> Upload | None:
    """The file uploaded in the form, None if it is a text; UserError if neither or both.

    ``before``: the text that the form was shown with; unchanged, it doesn't count.
    """
    files, text = entered.files["file"], entered.texts["text"].strip()
    if files and before is not None and text == before.strip():
        text = ""
    if not files and not text:
        raise UserError(_("The form was empty. Upload a file, or paste the text."))
    if files and text:
        raise UserError(_("Give either a file or a text, not both."))
    if not files:
        return None
    return files[0]


def make_submission(
    interaction: discord.Interaction[Any],
    channel_id: int,
    *,
    file: Upload | discord.Attachment | None = None,
    page_url: str | None = None,
    text: str | None = None,
    title: str | None = None,
    question: str | None = None,
    style: str | None = None,
    tags: tuple[int, ...] = (),
    essay_id: int | None = None,
    chapter: int | None = None,
    cover: SubmittedCover | None = None,
    ping_role: int | None = None,
) -> Submission:
    """A submission of a file, a page or a text. UserError if the file is too large."""
    assert interaction.guild is not None
    if file is not None and file.size > MAX_FILE_BYTES:
        raise UserError(
            _(
                "{name} is larger than {size} MiB. An essay has to be smaller. Nothing was "
                "changed.",
                name=truncate(file.filename, 80),
                size=MAX_FILE_BYTES // 1024 // 1024,
            )
        )
    return Submission(
        id=interaction.id,
        server_id=interaction.guild.id,
        server_name=interaction.guild.name,
        channel_id=channel_id,
        member_id=interaction.user.id,
        member_name=interaction.user.display_name,
        file_name=None if file is None else file.filename,
        file_url=None if file is None else file.url,
        page_url=page_url,
        text=text,
        title=title,
        question=question,
        style=style,
        tags=tags,
        essay_id=essay_id,
        chapter=chapter,
        cover=cover,
        ping_role=ping_role,
    )


def read_submitted_cover(
    upload: discord.Attachment | None, address: str | None
) -> SubmittedCover | None:
    """The cover given with an essay, None if there is none; UserError if it can't be one."""
    address = (address or "").strip() or None
    if upload is None and address is None:
        return None
    # It says what is wrong before anything is saved.
    ChosenCover(
        None if upload is None else UploadedCover(upload.filename, upload.size, upload.url),
        address,
    )
    if upload is None:
        return SubmittedCover(address)
    return SubmittedCover(None, upload.filename, upload.url, upload.size)


def read_submission_form(
    interaction: discord.Interaction[Any],
    channel_id: int,
    entered: SubmittedForm,
    *,
    before: str | None = None,
    style: str | None = None,
    tags: tuple[int, ...] = (),
    essay_id: int | None = None,
    chapter: int | None = None,
    ping_role: int | None = None,
) -> Submission:
    """The submission made with the form; UserError if it has neither file nor text, or both.

    ``before``: the text that the form was shown with.
    """
    file = _get_uploaded_file(entered, before)
    if chapter == ALL_CHAPTERS and entered.texts["title"].strip():
        raise UserError(_(_NO_COMMON_TITLE))
    return make_submission(
        interaction,
        channel_id,
        file=file,
        text=entered.texts["text"] if file is None else None,
        title=entered.texts["title"],
        question=entered.texts["question"],
        style=style,
        tags=tags,
        essay_id=essay_id,
        chapter=chapter,
        ping_role=ping_role,
    )


def read_text_form(
    interaction: discord.Interaction[Any],
    channel_id: int,
    entered: SubmittedForm,
    *,
    before: str,
    essay_id: int,
) -> Submission:
    """The submission of another text for a draft; UserError as for :func:`read_submission_form`.

    Title and question aren't asked for: the draft keeps those that an admin gave.
    """
    file = _get_uploaded_file(entered, before)
    return make_submission(
        interaction,
        channel_id,
        file=file,
        text=entered.texts["text"] if file is None else None,
        essay_id=essay_id,
    )
