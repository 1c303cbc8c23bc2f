"""The book as Markdown, in which nothing that a member wrote can pass for another entry.

An entry is an item of a list; what its author wrote is quoted in it, with fences closed, and HTML
and link definitions escaped. (docs: CommonMark Spec 0.31.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import regex

from bot.core.essay.blocks import Code, Table, get_block_text
from bot.core.layout.markdown import render_block
from bot.core.text.message_quote import name_mentioned
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.library.book import Book, Entry, Section, Thread
from bot.library.message_html import make_clean
from bot.library.templating import Show, get_words

__all__ = ["render_markdown"]

#: Levels of answers that are indented; deeper ones name whom they answer.
_MAX_DEPTH = 6

_PUNCTUATION = regex.compile(r"[\\`*_{}\[\]<>()#+!|~&$^=]")
_LINE_START = regex.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)", regex.MULTILINE)
_FENCE = regex.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})(?P<rest>.*)$")
_NOT_IN_ADDRESS = regex.compile(r"[<>\s]")
_HTML = regex.compile(r"<(?=[A-Za-z/!?])")
_CODE_SPAN = regex.compile(r"(?<!`)(`+)(?!`)(?:.*?)(?<!`)\1(?!`)")
_DEFINITION = regex.compile(r"^(\s*(?:[>\-+*]\s*|\d+[.)]\s*)*)\[(?=[^\]]+\]:)")


def render_markdown(book: Book) -> bytes:
    """The Markdown as UTF-8."""
    return ("\n".join(_write(book)).rstrip() + "\n").encode("utf-8")


def _write(book: Book) -> Iterator[str]:
    words = get_words(book)
    show = Show(book, _show_no_picture)
    yield f"# {_escape_line(book.essay.title)}"
    yield ""
    if words["byline"]:
        yield _escape_line(words["byline"])
        yield ""
    yield f"{_('Essay {number}', number=book.id)}. {_escape_line(words['published'])}"
    yield ""
    if words["volume"]:
        yield words["volume"]
        yield ""
    if words["source"]:
        address = _NOT_IN_ADDRESS.sub("", words["source"])
        yield f"{words['source_label']}: <{address}>"
        yield ""
    for section in show.sections:
        yield from _write_section(book, section, show)
    if book.whole:
        yield f"## {words['whole']}"
        yield ""
        yield from _write_threads(book, book.whole, words)
    if show.questions:
        yield f"## {words['questions']}"
        yield ""
    for question in show.questions:
        yield f"### {_escape_line(question.text)}"
        yield ""
        if question.threads:
            yield from _write_threads(book, question.threads, words)
        else:
            yield words["unanswered"]
            yield ""
    if show.has_back:
        yield from _write_back(book, show, words)


def _show_no_picture(name: str) -> None:
    """A picture is a link in Markdown."""
    del name


def _write_section(book: Book, section: Section, show: Show) -> Iterator[str]:
    if show.whole_essay:
        for one in section.blocks:
            block = one.block
            if isinstance(block, Table):
                block = Code(get_block_text(block), frame=block.frame)
            yield make_clean(render_block(block))
            yield ""
    if section.threads:
        if section.number is not None and not show.whole_essay:
            yield f"**{_escape_line(show.passage(section))}**"
            yield ""
        yield from _write_threads(book, section.threads, get_words(book), show)


def _write_threads(
    book: Book, threads: Sequence[Thread], words: Mapping[str, str], show: Show | None = None
) -> Iterator[str]:
    before: tuple[int, ...] = ()
    names = {key: _escape_line(name) for key, name in book.names.items()}
    for thread in threads:
        if show is not None and thread.passages != before:
            yield f"**{show.about(thread)}**"
            yield ""
        before = thread.passages
        for entry in thread.entries:
            yield from _write_entry(entry, names, words)


def _write_entry(entry: Entry, names: Mapping[int, str], words: Mapping[str, str]) -> Iterator[str]:
    indent = "  " * min(entry.depth, _MAX_DEPTH)
    if entry.is_deleted:
        yield f"{indent}- *{words['deleted']}*"
        yield ""
        return
    name = _escape_line(entry.author or words["reader"])
    heading = f"**{name}**, {entry.at:%Y-%m-%d %H:%M}"
    if entry.is_author:
        heading += f" ({words['author_badge']})"
    if entry.is_edited:
        heading += f" {words['edited']}"
    if entry.depth > _MAX_DEPTH and entry.answers:
        heading += f" {_('to {name}', name=_escape_line(entry.answers))}"
    yield f"{indent}- {heading}"
    yield ""
    inner = f"{indent}  "
    if entry.text.strip():
        yield from _quote(entry.text, names, f"{inner}> ")
    forward, poll = entry.extras.forward, entry.extras.poll
    if forward is not None:
        yield f"{inner}*{words['forwarded']}*"
        yield ""
        if forward.text.strip():
            yield from _quote(forward.text, names, f"{inner}> > ")
        for sticker in forward.stickers:
            yield f"{inner}*{words['sticker']} {_escape_line(sticker)}*"
            yield ""
    if poll is not None:
        yield f"{inner}*{words['poll']} {_escape_line(poll.question)}*"
        yield ""
        for answer in poll.answers:
            shown = _escape_line(" ".join(one for one in (answer.emoji, answer.text) if one))
            votes = ""
            if answer.votes is not None:
                votes = ": " + ngettext("{count} vote", "{count} votes", answer.votes)
            yield f"{inner}*{shown}{votes}*"
            yield ""
    for sticker in entry.extras.stickers:
        yield f"{inner}*{words['sticker']} {_escape_line(sticker)}*"
        yield ""
    for file in entry.files:
        size = ngettext("{count} byte", "{count} bytes", file.size)
        yield f"{inner}*{words['file']} {_escape_line(file.name)}, {size}*"
        yield ""
    if entry.reactions:
        shown = "  ".join(f"{_escape_line(emoji)} {count}" for emoji, count in entry.reactions)
        yield f"{inner}*{shown}*"
        yield ""


def _quote(text: str, names: Mapping[int, str], prefix: str) -> Iterator[str]:
    """What a member wrote, as a quotation that ends with it."""
    fence = ""
    # Every character that some reader takes for a line break begins a quoted line.
    for line in make_clean(name_mentioned(text, names)).strip().splitlines():
        found = _FENCE.match(line)
        if found is not None and not fence:
            if found["fence"][0] == "~" or "`" not in found["rest"]:
                fence = found["fence"]
        elif found is not None and _closes(found, fence):
            fence = ""
        elif not fence:
            line = _escape_html(_DEFINITION.sub(r"\1\\[", line))
        yield f"{prefix}{line}".rstrip()
    if fence:
        yield f"{prefix}{fence}"
    yield ""


def _closes(found: regex.Match[str], fence: str) -> bool:
    mark = found["fence"]
    return mark[0] == fence[0] and len(mark) >= len(fence) and not found["rest"].strip()


def _escape_html(line: str) -> str:
    """Backslashes before what could begin HTML, outside of inline code."""
    pieces, position = [], 0
    for found in _CODE_SPAN.finditer(line):
        pieces += [_HTML.sub(r"\\<", line[position : found.start()]), found[0]]
        position = found.end()
    pieces.append(_HTML.sub(r"\\<", line[position:]))
    return "".join(pieces)


def _escape_line(text: str) -> str:
    """A name or title as literal text on one line."""
    line = make_clean(" ".join(text.split()))
    return _LINE_START.sub(r"\1\\\2", _PUNCTUATION.sub(r"\\\g<0>", line))


def _write_back(book: Book, show: Show, words: Mapping[str, str]) -> Iterator[str]:
    people = [_escape_line(name) for name in book.participants]
    if book.readers:
        people.append(words["readers"])
    if people:
        yield f"## {words['participants']}"
        yield ""
        yield ", ".join(people)
        yield ""
    if book.changes:
        yield f"## {words['changes']}"
        yield ""
    for one in book.changes:
        yield f"### {show.revision(one)}"
        yield ""
        for change in one.changes:
            if change.before is not None:
                yield f"- ~~{_escape_line(change.before)}~~"
            if change.after is not None:
                yield f"- {_escape_line(change.after)}"
        yield ""
