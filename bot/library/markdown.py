"""The book as Markdown, in which nothing that a member wrote can pass for another entry.

An entry is an item of a list; what its author wrote is quoted in it, with fences closed, and HTML
and link definitions escaped. (docs: CommonMark Spec 0.31.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import regex
from markdown_it import MarkdownIt

from bot.core.essay.blocks import Code, Table, get_block_text
from bot.core.layout.markdown import render_block
from bot.core.text.message_quote import find_mentioned, name_mentioned
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.library.book import Book, Entry, Section, Thread
from bot.library.chart_data import describe_course
from bot.library.message_html import make_clean
from bot.library.templating import Show, get_words, show_emoji

__all__ = ["render_markdown"]

#: Levels of answers that are indented; deeper ones name whom they answer.
_MAX_DEPTH = 6

_PUNCTUATION = regex.compile(r"[\\`*_{}\[\]<>()#+!|~&$^=]")
_LINE_START = regex.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)", regex.MULTILINE)
_FENCE = regex.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})(?P<rest>.*)$")
#: Marks that change the direction of the text after them (Unicode Standard Annex #9).
_DIRECTIONS = regex.compile(r"[\u202A-\u202E\u2066-\u2069]")
_HTML = regex.compile(r"<(?=[A-Za-z/!?])")
#: HTML other than opening tags and addresses in angle brackets.
_NOT_TAG = regex.compile(r"<(?=[/!?])")
_CODE_SPAN = regex.compile(r"(`++)(?:.*?)(?<!`)\1(?!`)")
_BACKTICKS = regex.compile(r"`++")
_ESCAPED = regex.compile(r"\\[!-/:-@\[-`{-~]")
#: What is escaped wherever it is, if escaping it only in places isn't enough.
_LIVE = regex.compile(r"[\\<\[]")
_DEFINITION = regex.compile(r"^(\s*(?:[>\-+*]\s*|\d+[.)]\s*)*)\[(?=[^\]]+\]:)")


#: Without and with tables, which some readers look for before anything else.
_PARSER = MarkdownIt("commonmark", {"html": True})
_TABLE_PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def render_markdown(book: Book) -> bytes:
    """The Markdown as UTF-8."""
    # Line by line: the whole of it as text would take four bytes for each character.
    written = bytearray()
    for line in _write(book):
        written += line.encode("utf-8") + b"\n"
    return bytes(written).rstrip() + b"\n"


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
        yield f"{words['source_label']}: <{words['source']}>"
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
        yield f"### {_escape_line(question.text or words['to_author'])}"
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
            shown = make_clean(render_block(block))
            if not isinstance(block, Code):  # escaped only for Discord, which has no comments
                shown = "\n".join(_escape_html(one, _NOT_TAG) for one in shown.split("\n"))
            yield shown
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
    name = _escape_line(entry.author or "") or words["reader"]
    heading = f"**{name}**, {entry.at:%Y-%m-%d %H:%M}"
    if entry.is_author:
        heading += f" ({words['author_badge']})"
    if entry.to_author:
        heading += f" ({words['question_badge']})"
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
        shown = "  ".join(
            f"{_escape_line(show_emoji(emoji)) or '?'} {count}" for emoji, count in entry.reactions
        )
        yield f"{inner}*{shown}*"
        yield ""


def _quote(text: str, names: Mapping[int, str], prefix: str) -> Iterator[str]:
    """What a member wrote, as a quotation that ends with it."""
    mentioned = {one: names.get(one) or _("member") for one in find_mentioned(text)}
    # Every character that some reader takes for a line break begins a quoted line.
    lines = make_clean(name_mentioned(text, mentioned)).strip().splitlines()
    quoted = _close_fences(lines)
    if ("<" in text or "[" in text) and not _is_harmless(quoted):
        quoted = [_LIVE.sub(r"\\\g<0>", line) for line in lines]
    for line in quoted:
        yield f"{prefix}{line}".rstrip()
    yield ""


def _close_fences(lines: Sequence[str]) -> list[str]:
    """The lines with HTML and definitions escaped outside of fences, and the last fence closed."""
    fence = ""
    closed: list[str] = []
    for line in lines:
        found = _FENCE.match(line)
        if found is not None and not fence:
            if found["fence"][0] == "~" or "`" not in found["rest"]:
                fence = found["fence"]
        elif found is not None and _closes(found, fence):
            fence = ""
        elif not fence:
            line = _escape_html(_DEFINITION.sub(r"\1\\[", line))
        closed.append(line)
    return [*closed, fence] if fence else closed


def _closes(found: regex.Match[str], fence: str) -> bool:
    mark = found["fence"]
    return mark[0] == fence[0] and len(mark) >= len(fence) and not found["rest"].strip()


def _is_harmless(lines: Sequence[str]) -> bool:
    """Whether a parser finds no HTML and no definitions in a text.

    Fences in lists and inline code over several lines are more than the escaping above follows.
    """
    text = "\n".join(f"> {line}" for line in lines)
    parsers = (_PARSER, _TABLE_PARSER) if "|" in text else (_PARSER,)
    return all(_finds_nothing(parser, text) for parser in parsers)


def _finds_nothing(parser: MarkdownIt, text: str) -> bool:
    found: dict[str, object] = {}
    tokens = parser.parse(text, found)
    return not found.get("references") and not any(
        one.type in ("html_block", "html_inline")
        for token in tokens
        for one in (token, *(token.children or ()))
    )


def _escape_html(line: str, html: regex.Pattern[str] = _HTML) -> str:
    """Backslashes before what could begin HTML, outside of inline code."""
    if "<" not in line:
        return line
    pieces: list[str] = []
    place = 0
    while place < len(line):
        found = _ESCAPED.match(line, place) or _CODE_SPAN.match(line, place)
        if found is not None:
            pieces.append(found[0])
            place = found.end()
            continue
        pieces.append("\\" if html.match(line, place) else "")
        # A run of backticks that doesn't begin inline code is text as a whole.
        run = _BACKTICKS.match(line, place)
        pieces.append(line[place] if run is None else run[0])
        place += len(pieces[-1])
    return "".join(pieces)


def _escape_line(text: str) -> str:
    """A name or title as literal text on one line, which doesn't turn what follows around."""
    line = " ".join(_DIRECTIONS.sub("", make_clean(text)).split())
    return _LINE_START.sub(r"\1\\\2", _PUNCTUATION.sub(r"\\\g<0>", line))


def _write_back(book: Book, show: Show, words: Mapping[str, str]) -> Iterator[str]:
    yield f"## {words['course']}"
    yield ""
    yield _escape_line(describe_course(book.course))
    yield ""
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
