"""Nested lists, and blocks of HTML in Markdown, keep every word in its order and every level."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from tests.core.discord_lists import read_lists

HEAD = "# Kept\n\nBefore.\n\n"


@dataclass
class Written:
    """``words``: those of the text, each different, in order; ``levels``: of the items."""

    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)

    def add_word(self) -> str:
        self.words.append(f"w{len(self.words)}w")
        return self.words[-1]


def read_words(markdown: str) -> list[str]:
    parts = lay_out(read_essay(HEAD + markdown, format="markdown")).parts
    return re.findall(r"w\d+w", "\n".join(part.content for part in parts))


@st.composite
def nested_lists(draw: st.DrawFn) -> Written:
    """Lists of up to five levels, whose items may begin with a list or have a second paragraph."""
    out = Written()

    def write(indent: str, level: int) -> None:
        ordered = draw(st.booleans())
        for number in range(1, draw(st.integers(1, 3)) + 1):
            marker = f"{number}. " if ordered else "- "
            inner = indent + " " * len(marker)
            out.levels.append(level)
            long = " and so on" * draw(st.sampled_from([0, 0, 0, 40]))
            out.lines.append(f"{indent}{marker}{out.add_word()}{long}")
            if draw(st.integers(0, 5)) == 0:
                out.lines += ["", f"{inner}{out.add_word()}", ""]
            if level < 5 and draw(st.integers(0, 2)) == 0:
                write(inner, level + 1)

    write("", 1)
    return out


@given(nested_lists())
def test_every_item_of_nested_lists_keeps_its_level_and_place(written: Written) -> None:
    essay = read_essay(HEAD + "\n".join(written.lines), format="markdown")
    contents = [part.content for part in lay_out(essay).parts]
    assert re.findall(r"w\d+w", "\n".join(contents)) == written.words
    items = [item for content in contents for item in read_lists(content)]
    assert [level for level, _, text in items if re.match(r"w\d+w", text)] == written.levels


_GAPS = st.sampled_from(["", "\n", "\n\n", "\n\n  ", "\n\n\t"])
_BOXES = ("div", "section", "blockquote", "details", "center", "article")


@st.composite
def html_blocks(draw: st.DrawFn) -> Written:
    """Blocks of HTML with empty lines and indents anywhere between their tags, and Markdown."""
    out = Written()

    def gap() -> str:
        return draw(_GAPS)

    def write(depth: int) -> str:
        kind = draw(st.integers(0, 7 if depth < 4 else 1))
        if kind <= 1:
            return f"<p>{out.add_word()} <b>{out.add_word()}</b></p>"
        if kind == 2:
            return f"<pre>\n{out.add_word()}\n\n  {out.add_word()}\n</pre>"
        if kind == 3:
            items = [f"<li>{out.add_word()}{gap()}</li>" for _ in range(draw(st.integers(1, 3)))]
            return f"<ul>{gap()}{gap().join(items)}{gap()}</ul>"
        if kind == 4:
            rows = [
                f"<tr>{gap()}<td>{out.add_word()}</td>{gap()}<td>{out.add_word()}</td>{gap()}</tr>"
                for _ in range(2)
            ]
            return f"<table>{gap()}{gap().join(rows)}{gap()}</table>"
        box = draw(st.sampled_from(_BOXES))
        inner = [write(depth + 1) for _ in range(draw(st.integers(1, 3)))]
        return f"<{box}>{gap()}{gap().join(inner)}{gap()}</{box}>"

    for _ in range(draw(st.integers(1, 4))):
        out.lines.append(write(0) if draw(st.booleans()) else f"{out.add_word()} *and* more.")
    return out


@settings(max_examples=100)
@given(html_blocks())
def test_blocks_of_html_lose_invent_and_reorder_no_word(written: Written) -> None:
    markdown = "\n\n".join(written.lines)
    assert read_words(markdown) == written.words
    content = "\n".join(
        part.content for part in lay_out(read_essay(HEAD + markdown, format="markdown")).parts
    )
    assert not re.search(r"</?(?:p|b|li|ul|td|tr|table|div|pre|blockquote)>", content)
