"""What the templates of page and EPUB use: environment, sentences, and how parts are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.core.essay.blocks import get_block_text
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.core.text.truncate import truncate
from bot.library.book import Book, Question, RevisionChanges, Section, Thread
from bot.library.chart import LIGHT, draw_chart
from bot.library.essay_html import ShowPicture, render_blocks
from bot.library.message_html import make_clean, render_message
from bot.library.web_addresses import make_web_address

__all__ = ["Show", "get_environment", "get_language_tag", "get_words", "read_style", "show_emoji"]

_FOLDER = Path(__file__).parent / "templates"
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_OWN_EMOJI = re.compile(r"(?P<name>\w+):\d+")
#: Replies after the first one of a thread that are shown without a click.
_COLLAPSE_AFTER = 8


def _finalize(value: Any) -> Any:
    """Text without what XML can't have; HTML of ours is clean already."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return make_clean(value)
    return value


@cache
def get_environment() -> Environment:
    """The environment of the templates, which escape everything that isn't marked as HTML."""
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def read_style() -> str:
    """The style sheet."""
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


def get_language_tag(book: Book) -> str:
    """The essay's language as a BCP 47 tag; English if it isn't known."""
    tag = book.essay.language or ""
    return tag if _TAG.fullmatch(tag) else "en"


def get_words(book: Book) -> dict[str, str]:
    """The sentences of a book, in the current language."""
    volume, volumes = book.volume
    published = ngettext(
        "With {count} reply.",
        "With {count} replies.",
        book.replies,
    )
    if book.published_at is not None:
        published = ngettext(
            "Discussed in {server} from {date}, with {count} reply.",
            "Discussed in {server} from {date}, with {count} replies.",
            book.replies,
            server=book.server,
            date=f"{book.published_at:%Y-%m-%d}",
        )
    byline = book.essay.byline or ""
    if byline in (get_block_text(one.block) for one in book.essay.body[:3]):
        byline = ""  # the essay shows it
    elif not byline and book.essay.author:
        byline = _("By {name}", name=book.essay.author)
    return {
        "byline": byline,
        "published": published,
        "volume": ""
        if volumes == 1
        else _("Part {number} of {count}", number=volume, count=volumes),
        "source": make_web_address(book.essay.source_url or "") or "",
        "source_label": _("Source"),
        "contents": _("Contents"),
        "essay": _("The essay and the replies to its passages"),
        "whole": _("Replies to the whole essay"),
        "questions": _("Questions and answers"),
        "unanswered": _("Nobody has answered this yet."),
        "participants": _("Who took part"),
        "readers": ngettext("{count} reader", "{count} readers", book.readers),
        "changes": _("Changes to the essay"),
        "course": _("How it went"),
        "back": _("Appendix"),
        "reader": _("A reader"),
        "author_badge": _("✦ author"),
        "question_badge": _("question to the author"),
        "to_author": _("Questions to the author"),
        "deleted": _("This reply was deleted."),
        "edited": _("(edited)"),
        "forwarded": _("Forwarded:"),
        "poll": _("Poll:"),
        "sticker": _("Sticker:"),
        "file": _("File:"),
    }


def show_emoji(emoji: str) -> str:
    """A reaction: a server's own emoji by its name."""
    found = _OWN_EMOJI.fullmatch(emoji)
    return emoji if found is None else f":{found['name']}:"


@dataclass(frozen=True)
class Show:
    """How the templates show a book. ``show_picture``: see :mod:`bot.library.essay_html`."""

    book: Book
    show_picture: ShowPicture
    collapse_after: int = _COLLAPSE_AFTER

    @property
    def whole_essay(self) -> bool:
        """Whether this volume has the essay."""
        return self.book.volume[0] == 1

    @property
    def has_back(self) -> bool:
        """Whether this volume has participants and changes."""
        return self.book.volume[0] == self.book.volume[1]

    @cached_property
    def chart(self) -> Markup:
        """How the discussion went, as SVG; empty in all volumes but the last one."""
        if not self.has_back:
            return Markup("")
        return Markup(draw_chart(self.book.course, LIGHT))  # noqa: S704 - its texts are escaped

    @property
    def sections(self) -> list[Section]:
        """The sections of this volume: all in the first one, then those with threads."""
        return [one for one in self.book.sections if self.whole_essay or one.threads]

    @property
    def questions(self) -> list[Question]:
        """The questions of this volume: all in the last one, before those with threads."""
        return [one for one in self.book.questions if self.has_back or one.threads]

    def blocks(self, section: Section) -> Markup:
        """The essay's blocks of a section."""
        return render_blocks(section.blocks, self.show_picture)

    def message(self, text: str) -> Markup:
        """A member's message."""
        return render_message(text, self.book.names)

    def passage(self, section: Section) -> str:
        """The words of the passage that threads are about, where the essay isn't shown."""
        number = section.number or 0
        text = next((one.text for one in self.book.essay.passages if one.number == number), "")
        return f"¶{number}: {truncate(' '.join(text.split()), 160)}"

    def about(self, thread: Thread) -> str:
        """The passages that a thread is about; runs of them as ranges."""
        runs: list[list[int]] = []
        for number in thread.passages:
            if runs and runs[-1][-1] == number - 1:
                runs[-1][1:] = [number]
            else:
                runs.append([number])
        shown = ", ".join("–".join(f"¶{number}" for number in run) for run in runs)
        return _("About {passages}", passages=shown)

    def more(self, count: int) -> str:
        """The line that shows the collapsed rest of a thread."""
        return ngettext("{count} more reply", "{count} more replies", count)

    def when(self, at: datetime) -> str:
        """A time of a reply."""
        return f"{at:%Y-%m-%d %H:%M}"

    def emoji(self, emoji: str) -> str:
        """A reaction: a server's own emoji by its name."""
        return show_emoji(emoji)

    def revision(self, one: RevisionChanges) -> str:
        """The heading of a revision's changes."""
        return _("Revision {number}, {date}", number=one.number, date=f"{one.at:%Y-%m-%d}")
