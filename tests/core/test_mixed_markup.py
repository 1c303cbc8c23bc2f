"""Lists, quotations, tables, notes, links, formulas and HTML in each other keep words and shape."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from tests.core.discord_lists import read_lists
from tests.core.discord_markdown import read_message

HEAD = "---\ntitle: Kept apart\n---\n\nBefore.\n\n"


@dataclass
class Mixture:
    """What was written, in order.

    words:    each different; those of the notes come last, in the order of their marks
    levels:   of the list items
    links:    the addresses
    formulas: with their signs
    """

    blocks: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    note_words: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def markdown(self) -> str:
        return HEAD + "\n\n".join([*self.blocks, *self.notes]) + "\n"


class _Writer:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw, self.out = draw, Mixture()

    def pick(self, most: int) -> int:
        return self.draw(st.integers(0, most))

    def add_word(self) -> str:
        self.out.count += 1
        word = f"w{self.out.count}w"
        self.out.words.append(word)
        return word

    def write_line(self, most: int = 6, *, plain: bool = False, noted: bool = True) -> str:
        """A line of Markdown that begins with a word."""
        pieces = [self.add_word()]
        for _ in range(self.pick(most)):
            kind = self.pick(11)
            if kind <= 3 or plain:
                pieces.append(self.add_word())
            elif kind == 4:
                pieces.append(f"**{self.add_word()}** and")
            elif kind == 5:
                pieces.append(f"*{self.add_word()} {self.add_word()}*,")
            elif kind == 6:
                self.out.links.append(f"https://a.example/{self.out.count}")
                pieces.append(f"[{self.add_word()} **{self.add_word()}**]({self.out.links[-1]})")
            elif kind == 7:
                pieces.append(f"`{self.add_word()}`")
            elif kind == 8:
                self.out.formulas.append(f"$x_{{{self.add_word()}}} + 1$")
                pieces.append(self.out.formulas[-1])
            elif kind == 9:
                pieces.append(f"<kbd>{self.add_word()}</kbd> and <b>{self.add_word()}</b>")
            elif kind == 10 and noted:
                pieces[-1] += self.write_note()
            else:
                pieces.append("and so on and on." * self.draw(st.sampled_from([1, 1, 20])))
        return " ".join(pieces)

    def write_note(self) -> str:
        """A mark; its note follows the text."""
        self.out.count += 1
        word = f"w{self.out.count}w"
        self.out.note_words.append(word)
        self.out.notes.append(f"[^{word}]: {word} *here*.")
        return f"[^{word}]"

    def write_block(self, depth: int) -> list[str]:
        """The lines of a block of Markdown."""
        kind = self.pick(10 if depth < 3 else 4)
        if kind <= 2:
            return [self.write_line()]
        if kind == 3:
            return [f"{'#' * (1 + self.pick(5))} {self.write_line(3, noted=False)}"]
        if kind == 4:
            self.out.formulas.append(f"$$x_{{{self.add_word()}}} + 1$$")
            return [self.out.formulas[-1]]
        if kind == 5:
            return ["```", self.add_word(), "", f"  {self.add_word()}", "```"]
        if kind == 6:
            inner = self.write_block(depth + 1)
            return [f"> {line}".rstrip() for line in inner]
        if kind == 7:
            rows = [f"| {self.write_line(2)} | {self.add_word()} |" for _ in range(2)]
            return ["| Boat | Port |", "|---|---|", *rows]  # each row may repeat these
        if kind == 8:
            return self.write_html(0).split("\n")
        return self.write_list(depth + 1, 1)

    def write_list(self, depth: int, level: int) -> list[str]:
        ordered = self.draw(st.booleans())
        lines: list[str] = []
        for number in range(1, 2 + self.pick(2)):
            marker = f"{number}. " if ordered else "- "
            indent = " " * len(marker)
            self.out.levels.append(level)
            lines.append(marker + self.write_line(4))
            kind = self.pick(9)
            if kind == 0:
                lines += ["", indent + self.write_line(3)]
            elif kind <= 4 and level < 5:
                lines += [indent + line for line in self.write_list(depth + 1, level + 1)]
            elif kind == 5:
                lines += ["", f"{indent}```", indent + self.add_word(), f"{indent}```"]
        return lines

    def write_html(self, depth: int) -> str:
        gap = self.draw(st.sampled_from(["", "\n", "\n\n", "\n\n  "]))
        kind = self.pick(7 if depth < 3 else 1)
        if kind == 0:
            return f"<p>{self.add_word()} <b>{self.add_word()}</b></p>"
        if kind == 1:
            self.out.links.append(f"https://b.example/{self.out.count}")
            return f'<p>{self.add_word()} <a href="{self.out.links[-1]}">{self.add_word()}</a></p>'
        if kind == 2:
            return f"<pre>\n{self.add_word()}\n\n  {self.add_word()}\n</pre>"
        if kind <= 4:
            return self.write_html_list(depth, 1, gap)
        if kind == 5:
            rows = [
                f"<tr><td>{self.add_word()}</td>{gap}<td>{self.add_word()}</td></tr>"
                for _ in range(2)
            ]
            return f"<table>{gap}{gap.join(rows)}{gap}</table>"
        box = self.draw(st.sampled_from(["div", "section", "blockquote", "details", "article"]))
        inner = [self.write_html(depth + 1) for _ in range(1 + self.pick(2))]
        return f"<{box}>{gap}{gap.join(inner)}{gap}</{box}>"

    def write_html_list(self, depth: int, level: int, gap: str) -> str:
        tag = self.draw(st.sampled_from(["ul", "ol"]))
        items: list[str] = []
        for _ in range(1 + self.pick(2)):
            self.out.levels.append(level)
            item = self.add_word()
            if level < 3 and self.pick(3) == 0:
                item += gap + self.write_html_list(depth, level + 1, gap)
            items.append(f"<li>{item}{gap}</li>")
        return f"<{tag}>{gap}{gap.join(items)}{gap}</{tag}>"


@st.composite
def mixtures(draw: st.DrawFn) -> Mixture:
    """Essays in which every construct may be in every other."""
    writer = _Writer(draw)
    for number in range(1 + writer.pick(6)):
        writer.out.blocks.append("\n".join(writer.write_block(0)))
        writer.out.blocks.append(f"Between {number}.")
    return writer.out


@given(mixtures())
def test_mixed_markup_keeps_every_word_link_formula_and_level(written: Mixture) -> None:
    essay = read_essay(written.markdown, format="markdown")
    contents = [part.content for part in lay_out(essay).parts]
    assert all(len(content) <= 2_000 for content in contents)
    shown = [read_message(content) for content in contents]
    words = re.findall(r"w\d+w", "\n".join(one.text for one in shown))
    assert words == [*written.words, *written.note_words]
    assert [link for one in shown for link in one.links] == written.links
    for formula in written.formulas:
        assert any(formula in one.text for one in shown), formula
    assert not re.search(r"</?(?:p|b|li|ul|ol|td|tr|table|div|pre|kbd|blockquote)>", str(contents))
    items = [item for content in contents for item in read_lists(content)]
    levels = [level for level, _, text in items if re.match(r"[*`\[]*w\d+w", text)]
    assert levels == written.levels
