"""The weekly digest: open discussions, threads with new people, unanswered questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core import limits
from bot.core.message_link import make_message_link
from bot.core.text.length import count_utf16_units
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext

__all__ = ["Digest", "DigestEssay", "DigestThread", "OpenQuestion", "make_digest_text"]

_MOST_TITLE = 80
_MOST_QUESTION = 120


@dataclass(frozen=True, slots=True)
class DigestEssay:
    """An open discussion that is new or got replies.

    ``replies``: in the last week; ``by_authors``: those of the essay's authors.
    """

    title: str
    channel_id: int
    card_id: int | None
    replies: int
    by_authors: int = 0


@dataclass(frozen=True, slots=True)
class DigestThread:
    """A thread in which ``new_authors`` people wrote for the first time.

    ``by_author``: the essay's author wrote in it in the last week.
    """

    thread_id: int
    new_authors: int
    by_author: bool = False


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A prompt that no reply answers or mentions, and the question it asked."""

    title: str
    question: str
    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A week of a server's discussions; each list has the most important first."""

    server_id: int
    essays: tuple[DigestEssay, ...]
    threads: tuple[DigestThread, ...]
    questions: tuple[OpenQuestion, ...]


def make_digest_text(digest: Digest) -> str | None:
    """The digest as one message; None if there is nothing to report.

    A list that doesn't fit is cut, with the number of entries left out at its end.
    """
    sections = (
        (_("**This week's discussions**"), [_essay(digest, essay) for essay in digest.essays]),
        (_("**New voices**"), [_thread(thread) for thread in digest.threads]),
        (_("**Open questions**"), [_question(digest, one) for one in digest.questions]),
    )
    filled = [(title, lines) for title, lines in sections if lines]
    if not filled:
        return None
    room = limits.MESSAGE_CONTENT // len(filled)
    return "\n".join(_section(title, lines, room) for title, lines in filled)


def _section(title: str, lines: Sequence[str], room: int) -> str:
    taken = [title]
    left = room - count_utf16_units(title) - 40  # the count at the end
    for number, line in enumerate(lines):
        left -= count_utf16_units(line) + 1
        if left < 0:
            left_out = len(lines) - number
            taken.append(ngettext("-# … and {count} more", "-# … and {count} more", left_out))
            break
        taken.append(line)
    return "\n".join(taken)


def _link(digest: Digest, channel_id: int, message_id: int) -> str:
    return make_message_link(digest.server_id, channel_id, message_id)


def _title(title: str) -> str:
    return escape_title(title, _MOST_TITLE)


def _essay(digest: Digest, essay: DigestEssay) -> str:
    where = f"<#{essay.channel_id}>"
    if essay.card_id is not None:
        where = _link(digest, essay.channel_id, essay.card_id)
    title = _title(essay.title)
    if not essay.replies:
        return _("- {title}: new — {link}", title=title, link=where)
    line = ngettext(
        "- {title}: {count} reply — {link}",
        "- {title}: {count} replies — {link}",
        essay.replies,
        title=title,
        link=where,
    )
    if not essay.by_authors:
        return line
    marked = ngettext("✦ {count} by the author", "✦ {count} by the author", essay.by_authors)
    return f"{line} · {marked}"


def _thread(thread: DigestThread) -> str:
    line = ngettext(
        "- {thread}: {count} person joined in",
        "- {thread}: {count} people joined in",
        thread.new_authors,
        thread=f"<#{thread.thread_id}>",
    )
    return f"{line} · {_('✦ the author answered')}" if thread.by_author else line


def _question(digest: Digest, question: OpenQuestion) -> str:
    link = _link(digest, question.channel_id, question.message_id)
    asked = escape_title(question.question, _MOST_QUESTION)
    return f"- {_title(question.title)}: {asked} — {link}"
