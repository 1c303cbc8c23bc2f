"""Thread names: the author of the first message and how it begins, or the essay's title."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import regex

from bot.core import limits
from bot.core.text.length import count_utf16_units
from bot.core.text.spoilers import remove_spoilers
from bot.core.text.translate import find_surroundings, gettext_noop
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate

__all__ = [
    "ERASED_THREAD_NAME",
    "has_erased_words",
    "hash_thread_name",
    "is_plain_thread_name",
    "make_essay_thread_name",
    "make_plain_thread_name",
    "make_thread_name",
]

#: The name of a thread whose name contained an erased member's words, as the archive has it;
#: in Discord it is translated.
ERASED_THREAD_NAME = gettext_noop("A reply")

_PLAIN = gettext_noop("A reply to {title}")
_WORDLESS = gettext_noop("{author}’s reply")

_CODE_FENCE = regex.compile(r"```(?:[\w+-]*\n)?(.*?)(?:```|\Z)", regex.DOTALL)
_LINK = regex.compile(r"\[([^\]\n]+)\]\(<?https?://[^)\s]*>?\)")
_MENTION = regex.compile(r"<(?:@[!&]?|#|/[^:>]+:)\d+>|<t:-?\d+(?::\w)?>")
_EMOJI = regex.compile(r"<a?(:\w+:)\d+>")
_LINE_MARK = regex.compile(r"^\s*(?:>{1,3}|#{1,3}|-#|[-*+])\s+", regex.MULTILINE)
_QUOTED_LINE = regex.compile(r"^\s{0,3}> ")
_MARKS = regex.compile(r"\*{1,3}|~~|\|\||__|`+|(?<!\w)_|_(?!\w)")
_ESCAPED = regex.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~:@])")
#: Private characters stand for escaped signs, which are no markup.
_PRIVATE = 0xE000
_STAND_IN = regex.compile(r"[\ue000-\ue07f]")
#: The private character that stands for a spoiler.
_HIDDEN = "\ue0ff"
_INVISIBLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Co}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_SPACE = regex.compile(r"\s+")
_GAPS = regex.compile(r"…(?:\s*…)+")
_SENTENCE = regex.compile(r"^.{12,}?[.!?…。！？]+(?=\s|$|[\p{Lo}])")


def _hide_spoilers(text: str) -> str:
    """The text with :data:`_HIDDEN` in the place of each spoiler.

    Before anything else is taken out: a spoiler may begin in one line and end in another, also in a
    quoted one.
    """
    return remove_spoilers(text.replace(_HIDDEN, ""), _HIDDEN)


def _plain(hidden: str, instead: str = "…") -> str:
    """A text on one line without Discord's Markdown, as one would read it aloud.

    ``hidden``: from :func:`_hide_spoilers`. ``instead``: what is in the place of spoilers.
    """
    return _strip_marks(_GAPS.sub("…", hidden.replace(_HIDDEN, instead)))


def _drop_quotes(text: str) -> str:
    """A message, its spoilers hidden, without its block quotes, unless there is nothing else."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith(">>> "):
            break
        if not _QUOTED_LINE.match(line):
            lines.append(line)
    own = "\n".join(lines)
    return own if _is_visible(_plain(own, " ")) else text


def _strip_marks(text: str) -> str:
    text = _ESCAPED.sub(lambda found: chr(_PRIVATE + ord(found[1])), _STAND_IN.sub("", text))
    text = _CODE_FENCE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _EMOJI.sub(r"\1", text)
    text = _MENTION.sub("…", text)
    text = _LINE_MARK.sub("", text)
    text = _MARKS.sub("", text)
    text = _STAND_IN.sub(lambda found: chr(ord(found[0]) - _PRIVATE), text)
    text = _INVISIBLE.sub(" ", text)
    return _SPACE.sub(" ", text).strip()


def _is_visible(text: str) -> bool:
    return regex.search(r"[\p{L}\p{N}\p{P}\p{S}]", text) is not None


def make_essay_thread_name(title: str) -> str:
    """The name of an essay's own thread or forum post: its title.

    1 to 100 UTF-16 units, one line, never half a grapheme. Nothing is escaped, since thread names
    don't show Markdown.
    """
    said = _SPACE.sub(" ", _INVISIBLE.sub(" ", title)).strip()
    return truncate(said, limits.THREAD_NAME) if _is_visible(said) else _("An essay")


def make_plain_thread_name(title: str) -> str:
    """A thread's name that quotes nothing of its first message; 1 to 100 UTF-16 units."""
    return truncate(_(_PLAIN, title=make_essay_thread_name(title)), limits.THREAD_NAME)


def is_plain_thread_name(name: str) -> bool:
    """Whether a name quotes nothing of its thread's first message."""
    if any(name == erased for _in, erased, _after in find_surroundings("", ERASED_THREAD_NAME)):
        return True
    return any(
        before.strip() and name.startswith(before)
        for _in, before, _after in find_surroundings("title", _PLAIN)
    )


def make_thread_name(author: str, text: str) -> str:
    """A thread's name from its first message: ``Ann: Connection is what it stands for``.

    It has the author's own words, not what they quote above them.

    1 to 100 UTF-16 units, one line, no Markdown, no spoilers, never half a grapheme. If the first
    sentence fits, it is used alone, without its full stop. A message without words, or with no
    others than spoilers, gives ``Ann’s reply``.
    """
    who = _make_author(author)
    hidden = _drop_quotes(_hide_spoilers(text))
    said = _plain(hidden)
    if not _is_visible(_plain(hidden, " ")):
        return _make_wordless(who)
    room = limits.THREAD_NAME - count_utf16_units(who) - 2
    sentence = _SENTENCE.match(said)
    if sentence and count_utf16_units(sentence[0]) <= room:
        said = sentence[0]
        if said.endswith(".") and not said.endswith(".."):
            said = said[:-1]
    return f"{who}: {truncate(said, room)}"


def _make_author(author: str) -> str:
    who = truncate(_strip_marks(author), limits.NICKNAME)
    return who if _is_visible(who) else _("A reader")


def _make_wordless(who: str) -> str:
    return _(_WORDLESS, author=who)


def has_erased_words(name: str, author: str, old_texts: Iterable[str], text: str | None) -> bool:
    """Whether a thread's name quotes its first message, and what it quotes was erased since.

    The name was made by :func:`make_thread_name`, or is how somebody else took words of the message
    for it (Discord's clients suggest that).

    author:     of the first message, at the time
    old_texts:  what it said before
    text:       what it says now; None if it was deleted, and its author isn't to be named either
    """
    who = _make_author(author)
    wordless = find_surroundings("author", _WORDLESS)
    if author and name in {f"{before}{who}{after}" for _in, before, after in wordless}:
        return text is None
    if text is None and any(
        name.startswith(before) and name.endswith(after) for _in, before, after in wordless
    ):
        return True  # the author may have had another name when the thread was named
    said = name.removeprefix(f"{who}: ") if author else name
    stems = [said.rstrip("…").strip()]
    if said == name:
        # The author may have had another name when the thread was named.
        parts = name.split(": ")
        stems += [": ".join(parts[first:]).rstrip("…").strip() for first in range(1, len(parts))]
        old = list(old_texts)
        stems = [stem for stem in stems if stem and any(_is_in(stem, one) for one in old)]
        if not stems:
            return False  # it is somebody's own
    return text is None or not _is_in(stems[0], text)


def _is_in(stem: str, text: str) -> bool:
    plain = remove_spoilers(text, "…")
    hidden = _hide_spoilers(text)
    texts = (plain, _SPACE.sub(" ", plain), _plain(hidden), _plain(_drop_quotes(hidden)))
    return any(stem in one for one in texts)


def hash_thread_name(name: str) -> str:
    """A hash by which a thread's former name is recognized, whatever white space Discord keeps."""
    return hashlib.sha256(_SPACE.sub("", _INVISIBLE.sub("", name)).encode()).hexdigest()
