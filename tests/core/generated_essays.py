"""Hypothesis strategy for essays: Markdown, and what a reader should see of it.

The Markdown is escaped by its own rule: a backslash makes any ASCII punctuation literal
(CommonMark: 2.4 Backslash escapes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hypothesis import strategies as st

__all__ = ["Written", "written_essays"]


@dataclass
class Written:
    """markdown, the text it shows, and what of it is linked, bold, or code, in order."""

    markdown: str = ""
    shown: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)


_LITERAL = [
    "snake_case_name", "*stars*", "**more**", "2*3*4", "__init__", "<@1>", "<@&22>", "<#3>",
    "@everyone", "@here", "<t:0>", "<t:1618953630:R>", ":smile:", "<:pepe:123>", "||hidden||",
    "~~gone~~", "`tick`", "```", "back\\slash", "\\", "[a](b)", "[brackets]", "a|b", "C#", "#1",
    "https://example.org/a_b_c", "5<6", "R&D", "&amp;", "&lt;b&gt;", "<b>", "</p>", "$5", "^up",
    "!", "(so)", "e.g.", "Mr.", "10:30:45", "~", "_", "*", ">", "-", "+", "1.", "1986.", "#", "-#",
    "###", ">>>", "—", "“quoted”", "it’s", "naïve", "Straße", "слово", "家族", "字。",
    "한국어", "שלום", "مرحبا", "👩‍👩‍👧", "e\u0301", "a\u00a0b", "x²", "¿qué?", "…",
    "***", "___", "|", "||", "~~",
]  # fmt: skip
_PLAIN = [
    *("the", "a", "of", "walking", "house", "river", "bread", "why", "stone", "light", "under"),
    *("because", "winter", "Anna", "paper"),
]


def _escaped(text: str) -> str:
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


_words = st.one_of(
    st.sampled_from(_PLAIN), st.sampled_from(_PLAIN), st.sampled_from(_LITERAL),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=6),
)  # fmt: skip
_safe_words = st.sampled_from([*_PLAIN, "snake_case_name", "2*3*4", "@here", "naïve", "字字", "C#"])
_phrases = st.lists(_safe_words, min_size=1, max_size=5).map(" ".join)
_code_texts = st.sampled_from(
    ["x", "a_b", "f(*args)", "x = `y`", "<@1>", "||", "~~", "\\n", "a  b", "@everyone", "`", "*"]
)


@st.composite
def _pieces(draw: st.DrawFn, out: Written, most: int) -> tuple[str, str]:
    """One line: its Markdown, and the text it shows."""
    markdown: list[str] = []
    shown: list[str] = []
    for _ in range(draw(st.integers(1, most))):
        kind = draw(st.integers(0, 11))
        if kind <= 6:
            word = draw(_words)
            markdown.append(_escaped(word))
            shown.append(word)
            continue
        phrase = draw(_phrases)
        safe = _escaped(phrase)
        if kind == 7:
            markdown.append(f"**{safe}**")
            out.bold.append(phrase)
        elif kind == 8:
            markdown.append(f"*{safe}*")
        elif kind == 9:
            markdown.append(f"~~{safe}~~")
        elif kind == 10:
            address = draw(st.sampled_from(["https://a.example/x", "https://b.example/y?z=1#t"]))
            markdown.append(f"[{safe}]({address})")
            out.links.append(address)
        else:
            phrase = draw(_code_texts)
            markdown.append(f"``` {phrase} ```")
        shown.append(phrase)
    return " ".join(markdown), " ".join(shown)


@st.composite
def written_essays(draw: st.DrawFn) -> Written:
    """Essays of up to a few messages, with every construct in every order."""
    out = Written()
    blocks: list[str] = []
    for _ in range(draw(st.integers(1, 9))):
        kind = draw(st.integers(0, 11))
        if kind <= 4:
            line, shown = draw(_pieces(out, 12))
            times = draw(st.sampled_from([1, 1, 2, 30]))
            if times > 1 and not re.search(r"[*\]]", re.sub(r"\\.", "", line)):
                line, shown = " ".join([line] * times), " ".join([shown] * times)
            blocks.append(line)
            out.shown.append(shown)
        elif kind == 5:
            line, shown = draw(_pieces(Written(), 5))
            plain = re.sub(r"\s+", " ", shown)
            blocks.append(f"{'#' * draw(st.integers(1, 6))} {_escaped(plain)}")
            out.shown.append(plain)
        elif kind == 6:
            line, shown = draw(_pieces(out, 10))
            blocks.append(f"{'> ' * draw(st.integers(1, 4))}{line}")
            out.shown.append(shown)
        elif kind <= 8:
            items: list[str] = []
            sign = draw(st.sampled_from(["-", "1."]))
            for level in draw(st.lists(st.integers(0, 2), min_size=1, max_size=6)):
                level_now = min(level, len(items) and 2)
                if items and level_now > _level(items[-1]) + 1:
                    level_now = _level(items[-1]) + 1
                line, shown = draw(_pieces(out, 6))
                items.append(f"{'   ' * level_now}{sign} {line}")
                out.shown.append(shown)
            blocks.append("\n".join(items))
            blocks.append("<!-- the list ends -->")
        elif kind == 9:
            rows = draw(st.lists(st.sampled_from(
                ["x = 1", "    return `x`", "", "**no**", "# no", "> no", "<@1>", "a" * 90, "\\*"]
            ), min_size=1, max_size=60))  # fmt: skip
            text = "\n".join(["begin", *rows, "end"])
            blocks.append(f"~~~~python\n{text}\n~~~~")
            out.codes.append(text)
            out.shown.append(text)
        elif kind == 10:
            blocks.append("---")
            out.shown.append("***")
        else:
            line, shown = draw(_pieces(out, 4))
            other, more = draw(_pieces(out, 4))
            blocks.append(f"{line}\\\n{other}")
            out.shown.extend((shown, more))
    while blocks and blocks[-1] == "---":  # a rule at the end parts nothing
        blocks.pop()
        out.shown.pop()
    out.markdown = "---\ntitle: Kept apart\n---\n\n" + "\n\n".join(blocks) + "\n"
    return out


def _level(item: str) -> int:
    return (len(item) - len(item.lstrip(" "))) // 3
