"""Checks that card and messages of an essay lose, gain and reorder no word, for any file.

``SALON_ESSAYS=FOLDER pytest tests/core/test_completeness.py`` runs it over a folder;
``python -m tests.core.completeness FILE ...`` prints what it finds.

The expected words are found without the bot's code: the plain text, or the text of the HTML that a
plain Markdown renderer makes. A table may repeat a column's name in each row, so with tables only
missing words count.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any

from lxml import html
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from bot.core.essay.essay import Essay
from bot.core.layout.card import render_card
from bot.core.layout.layout import lay_out
from bot.core.layout.parts import Layout
from bot.core.read_essay import read_essay
from tests.core.discord_markdown import read_message

__all__ = ["faults_of", "folder_from_environment", "read_card", "read_passages_on_card"]

READABLE = {".md", ".markdown", ".txt", ".html", ".htm"}
_NUMBER = re.compile(r"^(?:> )?-# ¶[0-9]+\n", re.MULTILINE)
_ADDRESS = re.compile(r"https?://\S+")
_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n.*?\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADER = re.compile(
    r"\A(?:[\w-]+: .*\n)*(?:Slug|Tags|Category): .*\n(?:[\w-]+: .*\n)*\n", re.IGNORECASE
)
_CONTAINERS = re.compile(r"^[ \t]*:{3,}[ \t]*[\w-]*", re.MULTILINE)
#: Tags of site generators: Liquid's and Hugo's.
_TAGS = re.compile(r"\{%-?\s*/?[\w-]+[^%\n]*%\}|\{\{[<%]\s*/?[^\n]*?[>%]\}\}")


def folder_from_environment() -> list[Path]:
    """The essays of the folder that ``SALON_ESSAYS`` names; none without it."""
    folder = os.environ.get("SALON_ESSAYS")
    if not folder:
        return []
    return sorted(path for path in Path(folder).rglob("*") if path.suffix in READABLE)


def _words(text: str, *, addresses: bool = False) -> list[str]:
    shown = text if addresses else _ADDRESS.sub(" ", text)
    plain = unicodedata.normalize("NFKC", shown).replace("\u200b", "")
    return re.findall(r"[^\W_]+", plain.casefold())


def _has_table(text: str) -> bool:
    return "<table" in text or bool(re.search(r"^[>\s]*\|?\s*:?-+:?\s*\|", text, re.MULTILINE))


def _page_words(page: str) -> list[str]:
    page = re.sub(r"(?is)<!--.*?-->|<(script|style|title)\b.*?</\1>", " ", page)
    page = re.sub(r'<img\b[^>]*?alt="([^"]*)"[^>]*>', r" \1 ", page)
    page = re.sub(r'<sup class="footnote-ref">.*?</sup>', " ", page)
    page = re.sub(
        r"<(/?)(p|li|t[dhr]|h\d|br|div|blockquote|pre|[uod]l|hr|d[dt])\b", r" <\1\2", page
    )
    return _words("".join(str(text) for text in html.fromstring(f"<div>{page}</div>").itertext()))


def _expected(path: Path, text: str) -> list[str]:
    if path.suffix == ".txt":
        return _words(text)
    if path.suffix in (".html", ".htm"):
        return _page_words(text)
    body = _HEADER.sub("", _FRONT_MATTER.sub("", text.removeprefix("\ufeff")))
    body = _CONTAINERS.sub("", _TAGS.sub(" ", body))  # a note says that they are left out
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return _page_words(parser.use(footnote_plugin).use(deflist_plugin).render(body))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _remove_first(words: list[str], run: list[str]) -> list[str]:
    """Remove the first occurrence of the run from the words."""
    for place in range(len(words) - len(run) + 1):
        if words[place : place + len(run)] == run:
            return words[:place] + words[place + len(run) :]
    return words


def read_card(essay: Essay) -> str:
    """The text of the card, without the escapes of Markdown."""
    texts: list[str] = []

    def collect(components: list[dict[str, Any]]) -> None:
        for one in components:
            if "content" in one:
                texts.append(one["content"])
            collect(one.get("components", []))

    collect(render_card(essay, "/privacy")["components"])
    return re.sub(r"\\([^\w\s])", r"\1", "\n".join(texts))


def read_passages_on_card(essay: Essay, layout: Layout) -> list[str]:
    """The texts of the passages that no part has: the card shows them whole."""
    carried = {number for part in layout.parts for number in part.passages}
    return [passage.text for passage in essay.passages if passage.number not in carried]


def faults_of(path: Path, *, numbered: bool = False) -> list[str]:
    """Sentences about what is wrong with a file's messages; empty if nothing is.

    ``numbered``: with ¶ numbers shown, which don't count as words.
    """
    data = path.read_bytes()
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    essay = read_essay(data, name=path.name)
    layout = lay_out(essay, numbered=numbered)
    contents = [part.content for part in layout.parts]
    if numbered:
        contents = [_NUMBER.sub("", content) for content in contents]
    shown = [read_message(content) for content in contents]
    faults: list[str] = []
    for number, (part, one) in enumerate(zip(layout.parts, shown, strict=True), 1):
        if len(part.content.encode("utf-16-le")) > 4_000:
            faults.append(f"part {number} is longer than a message")
        faults.extend(f"part {number} brings {living} to life" for living in one.living)
    pieces = [
        "\n".join((one.text, *(picture.alt for picture in part.attached)))
        for part, one in zip(layout.parts, shown, strict=True)
    ]
    on_card = read_passages_on_card(essay, layout)
    card = _words(read_card(essay))
    faults.extend(
        f"neither the card nor a part has: {one}"
        for one in on_card
        if _remove_first(card, _words(one)) == card
    )
    if not _is_utf8(data):
        return faults  # the renderer below doesn't guess encodings
    want, got = _expected(path, text), _words("\n".join([*on_card, *pieces]))
    title = _words(essay.title)
    numbers = Counter(word for word in got if word.isdigit())
    # Notes that nothing refers to and captions are words of the file, but not of a plain rendering.
    written = Counter(_words(unescape(text), addresses=True))
    if want in (got, [*title, *got]) or _remove_first(want, title) == got:
        return faults
    missing = Counter(want) - Counter(got) - Counter(title)
    gained = Counter(got) - Counter(want)
    if path.suffix in (".html", ".htm") or _has_table(text):
        # A column's name is repeated in each row.
        gained = Counter({word: n for word, n in gained.items() if word not in written})
    elif not missing and not gained - numbers:
        ours = [word for word in got if not word.isdigit()]
        theirs = [word for word in want if not word.isdigit()]
        title_words = [word for word in title if not word.isdigit()]
        if ours not in (theirs, _remove_first(theirs, title_words)):
            faults.append("the words are in another order")
    else:
        gained -= written - Counter(want)
    if missing:
        faults.append(f"lost: {dict(missing.most_common(8))}")
    if gained - numbers:
        faults.append(f"gained: {dict(gained.most_common(8))}")
    return faults


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for fault in faults_of(Path(name)):
            print(f"{name}: {fault}")  # noqa: T201
