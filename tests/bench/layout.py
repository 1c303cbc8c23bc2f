"""How fast an essay is read and laid out, and whether time grows as its length does.

``scripts/bench layout`` prints MB/s for essays from 10 KB to 1 MB, then for 500,000 characters of
one kind each, in Markdown and in HTML. The text is made here, of words, marks, links, lists and
code in the proportions of a blog.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from markdown_it import MarkdownIt

from bot.core.essay.source_format import Format
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from bot.errors import UnreadableEssay

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)  # characters
_WORDS = [
    *("the", "of", "a", "walking", "house", "river", "bread", "stone", "light", "under", "because"),
    *("winter", "paper", "snake_case"),
]


def _sentence(chance: random.Random) -> str:
    words = [chance.choice(_WORDS) for _ in range(chance.randint(5, 25))]
    place = chance.randrange(len(words))
    kind = chance.random()
    if kind < 0.1:
        words[place] = f"*{words[place]}*"
    elif kind < 0.15:
        words[place] = f"[{words[place]}](https://example.com/{place})"
    elif kind < 0.2:
        words[place] = f"`{words[place]}`"
    return " ".join(words).capitalize() + "."


def _block(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.06:
        return f"## {_sentence(chance)[:60]}"
    if kind < 0.12:
        return "\n".join(f"- {_sentence(chance)}" for _ in range(chance.randint(2, 8)))
    if kind < 0.16:
        return (
            "```python\n" + "\n".join("    x = 1" for _ in range(chance.randint(2, 30))) + "\n```"
        )
    if kind < 0.22:
        return f"> {_sentence(chance)}"
    return " ".join(_sentence(chance) for _ in range(chance.randint(2, 9)))


def essay_of(size: int) -> str:
    """Markdown of about ``size`` characters; a shorter one is the start of a longer one."""
    chance = random.Random(1)
    blocks = ["# A measured essay"]
    length = 0
    while length < size:
        blocks.append(_block(chance))
        length += len(blocks[-1]) + 2
    return "\n\n".join(blocks)


def _seconds(work: Callable[[], object]) -> float:
    """The best of three: what else the machine does only ever adds."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


_LONG = 500_000  # characters


def list_extremes() -> dict[str, str]:
    """Texts of ``_LONG`` characters that are all of one kind."""
    runs = {
        "italics": "*i* ",
        "bold": "a **b** ",
        "links": "[a](https://example.org/b) ",
        "list": "- a\n",
        "nested lists": "- a\n  - b\n    - c\n",
        "lazy quotation": "> a\nb\n",
        "headings": "# a\n",
        "notes": "a^[b] ",
        "tables": "|a|b|\n|-|-|\n|c|d|\n\n",
        "one line": "word ",
        "Chinese": "海边的小城很安静。",
        "emoji": "👩‍👩‍👧 ",
        "brackets": "[",
    }
    return {name: run * (_LONG // len(run)) for name, run in runs.items()}


_PAGE = "<!doctype html><html><head><title>A measured essay</title></head><body>{}</body></html>"
_MENU = '<nav><a href="/">Home</a></nav>'  # a page of a site, not a document


def list_pages() -> dict[str, str]:
    """The same in HTML."""
    essay = MarkdownIt("commonmark").render(essay_of(_LONG)[:_LONG])[:_LONG]
    runs = {
        "short paragraphs": "<p>A few words of it, and <em>some</em> more.</p>\n",
        "paragraphs, links": '<p>A word <a href="/b">of it</a> and <a href="/c">so on</a>.</p>\n',
        "links in HTML": '<a href="https://example.org/b">a word</a> ',
        "items": "<li>A few words of it</li>\n",
        "lines": "A few words of it here and there<br>\n",
        "spans": '<div class="x"><span style="font-size:1em">A few words of it, so it counts.'
        "</span></div>\n",
        "headings, prose": "<h2>A few words</h2><p>and some more words of it.</p>\n",
        "rows": "<tr><td>A few words</td><td>and some more</td></tr>\n",
    }
    boxes = {"items": "<ul>{}</ul>", "rows": "<table>{}</table>", "links in HTML": "<p>{}</p>"}
    pages = {"HTML": essay, "a page of a site": _MENU + essay}
    for name, run in runs.items():
        pages[name] = boxes.get(name, "{}").format(run * (_LONG // len(run)))
    return {name: _PAGE.format(body) for name, body in pages.items()}


def write_extremes() -> None:
    """Print for each kind how many times as long a character takes as in an ordinary text."""
    sys.stdout.write(f"\n{_LONG:,} characters   CPU s   MB/s   a character, ordinary text = 1\n")
    usual = 0.0
    read_essay("<p>The libraries of HTML are loaded once.</p>", format="html")
    texts: list[tuple[str, Format, str]] = [
        ("an ordinary text", "markdown", essay_of(_LONG)[:_LONG]),
        *((name, "markdown", text) for name, text in list_extremes().items()),
        *((name, "html", text) for name, text in list_pages().items()),
    ]
    for name, form, text in texts:
        start = time.process_time()
        refused = ""
        try:
            lay_out(read_essay(text, format=form))
        except UnreadableEssay:
            refused = "   refused"
        spent = time.process_time() - start
        usual = usual or spent / len(text)
        sys.stdout.write(
            f"{name:<18} {spent:7.2f}   {len(text.encode()) / 1e6 / spent:4.1f}   "
            f"{spent / len(text) / usual:5.1f}{refused}\n"
        )


def main() -> int:
    """Prints a line for each size, and how time grew from the smallest to the largest."""
    out = sys.stdout
    out.write("characters   read s   MB/s   lay out s   MB/s   messages\n")
    laid: dict[int, float] = {}
    for size in SIZES:
        text = essay_of(size)
        essay = read_essay(text, format="markdown")
        read = _seconds(lambda text=text: read_essay(text, format="markdown"))  # type: ignore[misc]
        laid[size] = _seconds(lambda essay=essay: lay_out(essay))  # type: ignore[misc]
        megabytes = len(text.encode()) / 1e6
        out.write(
            f"{len(text):>10,}   {read:6.3f}   {megabytes / read:4.1f}   {laid[size]:9.3f}   "
            f"{megabytes / laid[size]:4.1f}   {len(lay_out(essay).parts):>8,}\n"
        )
    growth = (laid[SIZES[-1]] / SIZES[-1]) / (laid[SIZES[0]] / SIZES[0])
    out.write(
        f"laying out 1 MB takes {growth:.2f} times as long a character as 10 KB (1 is linear)\n"
    )
    write_extremes()
    return 0


if __name__ == "__main__":
    sys.exit(main())
