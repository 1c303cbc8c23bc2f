"""Reading HTML, well-formed or not: no word is lost."""

from __future__ import annotations

import pytest

from bot.core.essay.blocks import Block, Rule, Table, get_spans_text
from bot.core.layout.markdown import render_block
from bot.core.layout.tables import replace_table
from bot.core.reading.html import read_html
from bot.core.reading.markdown import read_markdown


def rendered(html: str, **how: object) -> str:
    read = read_html(html, base="https://a.example/b/", foreign=bool(how.get("foreign")))
    blocks: list[Block] = [*read.blocks, *read.footnotes]
    return "\n".join(render_block(one) for block in blocks for one in replace_table(block))


@pytest.mark.parametrize(
    "html",
    [
        '<p class="x">a <a href="https://b.example/x">b</a> c</p>',
        '<a href="/c?d=e#f" class="">a</a>',
        '<ol start="3" class="x"><li value="5">a</li></ol>',
        '<p><span style="font-weight:700">a</span> <sup class="y">2</sup></p>',
        '<table class="t"><tr><td colspan="2" id="a">b</td></tr></table>',
        '<pre class="brush: py">a</pre>',
        '<a href="https://b.example/x" href="https://c.example">a</a>',
        '<blockquote\n cite="x">a</blockquote>',
    ],
)
def test_simple_tags_are_read_like_any_others(html: str) -> None:
    assert rendered(html) == rendered(html.replace('"', "'"))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2><div>One</div></h2>", "## One"),
        ("<p>a<div>b</div>c</p>d", "a\nb\nc\nd"),
        ("a</p>b", "a\nb"),
        ("a<br/>b<br>c", "a\nb\nc"),
        ("a</br>b", "a\nb"),
        ("<p> a  \n b </p>", "a b"),
        ("<p>a<b> b </b>c</p>", "a **b** c"),
        ("<b>a<p>b</b> c</p>", "**a**\n**b**\nc"),
        ("<q>a</q> <cite>b</cite> <mark>c</mark>", "“a” *b* c"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n  - c"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n  b"),
        ("<ol start=3><li>a<li value=7>b<li>c</ol>", "3. a\n7. b\n8. c"),
        ("<ol start=x><li>a</ol>", "1. a"),
        ("<li>a", "a"),
        ("<ul><li><h3>a</h3>b</li></ul>", "- **a**\n  b"),
        ("<ul><li><pre>a</pre></li></ul>", "```\na\n```"),
        ("<dl><dt>a<dd>b<dt>c<dd>d<dd>e</dl>", "**a**\n- b\n**c**\n- d\n- e"),
        ("<ul><li><dl><dt>a<dd>b</dl></ul>", "- **a**\n  - b"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n> b"),
        ("<blockquote><pre>a\n b</pre></blockquote>", "> ```\n> a\n>  b\n> ```"),
        ("<blockquote><hr></blockquote>a", "> \\* \\* \\*\na"),
        ("<pre>a<br>b\tc</pre>", "```\na\nb    c\n```"),
        ("<pre class='brush: py'>a</pre>", "```py\na\n```"),
        ("<pre><code class='language-c++'>a</code></pre>", "```c++\na\n```"),
        ("<pre>  \n </pre>a", "a"),
        ("<pre>&lt;b&gt; <i>x</i></pre>", "```\n<b> x\n```"),
        ("<code>a\nb</code>", "`a b`"),
        ("<kbd>Ctrl</kbd>+<samp>x</samp>", "`Ctrl`+`x`"),
        ("<table><tr><td>a<td>b<tr><td>c<td>d</table>", "```\na  b\nc  d\n```"),
        ("<table><tr><th>a<th>b<tr><td>c<td>d</table>", "```\na  b\n─  ─\nc  d\n```"),
        ("<table><td>a<td>b</table>", "a\nb"),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "a\nb"),
        ("<table><tr><td><p>a</p><p>b</p><td>c<tr><td>d<td>e</table>", "```\na b  c\nd    e\n```"),
        (
            "<table><tr><td><table><tr><td>a<td>b</table><td>c<tr><td>d<td>e</table>",
            "```\na b  c\nd    e\n```",
        ),
        ("<table><tr><td><pre>x</pre><td>c<tr><td>d<td>e</table>", "```\nx  c\nd  e\n```"),
        (
            "<table><caption>a</caption><tr><td>b<td>c<tr><td>d<td>e</table>",
            "a\n```\nb  c\nd  e\n```",
        ),
        ("<table></table>a", "a"),
        ("a<br><br>b<br> <br><br>c<br>d", "a\nb\nc\nd"),
        (
            "<table><tr><td><h2>a</h2><ul><li>b</ul><p>c<td><pre>d</pre></table>",
            "## a\n- b\nc\n```\nd\n```",
        ),
        (
            "<table><tr><td>a<td>b<tr><td>c<td><table><tr><td>d<td>e<tr><td>f<td>g</table></table>",
            "```\na  b\nc  d e f g\n```",
        ),
        (
            f"<table><tr><td>a<td>b<tr><td><hr>c<td>{'word ' * 130}</table>",
            f"a\nb\n\\* \\* \\*\nc\n{('word ' * 130).strip()}",
        ),
        ("<a href='/x'>a</a> <a href='c'>b</a>", "[a](https://a.example/x) [b](https://a.example/b/c)"),
        ("<a>a</a> <a href='javascript:x()'>b</a> <a href='http://[x'>c</a>", "a b c"),
        ("<a href='/x'><h3>a</h3><p>b</p></a>", "### [a](https://a.example/x)\n[b](https://a.example/x)"),
        ("a<sup>2</sup> b<sup>th</sup> c<sub>2</sub> d<sub>i</sub>", "a² bth c₂ di"),
        ("<p>a<img src='/i.png' alt='An  eye'>b</p>", "a b\n[An eye](https://a.example/i.png)"),
        ("<p>A.<img src='/i.png' alt='An  eye'>b</p>", "A.\n[An eye](https://a.example/i.png)\nb"),
        ("a <img src='/e.png' alt='🙂'> b", "a 🙂 b"),
        ("<img data-src='/i.png' alt='An eye'>", "[An eye](https://a.example/i.png)"),
        ("<img src='data:image/png;base64,AAAA' alt='An eye'>a", "An eye\na"),
        ("<img src='data:image/png;base64,AAAA'>a", "a"),
        ("<figure><img src='/i.png' alt='e'><figcaption>c</figcaption></figure>",
         "[e](https://a.example/i.png)\n-# c"),
        ("<input type=checkbox checked> a <input type=checkbox> b", "☑ a ☐ b"),
        ("<details><summary>a</summary>b</details>", "**a**\nb"),
        ("a<script>b</script><style>c</style><button>d</button>e", "ae"),
        ("<html><head><title>x</title><body>a", "a"),
        ("<head><title>x</title><p>a", "a"),
        ("a<wbr>b&shy;c&nbsp;d &amp;amp; &#x201c;e&rdquo;", "ab\xadc\xa0d &amp; “e”"),
        ("a<!-- b -->c<?php d ?>e", "ace"),
        ("a <b", "a \\<b"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("<svg><text>a</text></svg>b<my-widget>c</my-widget>", "bc"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢(kan)"),
        ("</div></ul></li></b>a", "a"),
        ("<ul></ul><ul><li></li></ul>a", "a"),
        (
            "<p>a<a href='#fn2'>2</a><ol><li id='fn2' value=2><p>b</p><p>c</p></ol><p>d</p>",
            "a\\[2]\nd\n\\[2] b\nc",
        ),
        (
            "a<ol><li id='x' class='footnote-item'>b<a class='footnote-backref'>back</a></ol>",
            "a\n\\[1] b",
        ),
    ],
)  # fmt: skip
def test_html_becomes(html: str, expected: str) -> None:
    assert rendered(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a List<String> b</String>", "a List\\<String> b\\</String>"),
        ("<foo/> <b>c</b>", "\\<foo/> **c**"),
    ],
)
def test_tags_that_html_does_not_know_may_be_words(html: str, expected: str) -> None:
    assert rendered(html, foreign=True) == expected


def test_relative_links_without_a_page_are_shown_as_text_and_noted() -> None:
    read = read_html("<a href='/x'>a</a> <a href='#y'>b</a> <img src='/z' alt='c'>")
    assert [len(read.blocks), len(read.notes)] == [1, 2]


def test_a_rule_is_a_block_of_its_own() -> None:
    assert read_html("<p>a<hr>b").blocks[1] == Rule()


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("| a | `c|d` |", ["a", "c|d"]),
        ("| `a|b` | c |", ["a|b", "c"]),
        ("| a | b | c | d |", ["a", "b | c | d"]),
        ("a|b|c", ["a", "b|c"]),
        ("| a | b | |", ["a", "b"]),
        ("| a \\| b | c | d", ["a | b", "c | d"]),
        ("| a |", ["a", ""]),
    ],
)
@pytest.mark.parametrize("lead", ["", "> "])
def test_a_row_with_more_cells_than_its_header_loses_no_word(
    row: str, cells: list[str], lead: str
) -> None:
    source = "\n".join(f"{lead}{line}" for line in ("| H | I |", "|---|---|", row, "| y | z |"))
    (table,) = read_markdown(source).blocks
    assert isinstance(table, Table)
    shown = [[get_spans_text(cell) for cell in line] for line in (table.header, *table.rows)]
    assert shown == [["H", "I"], cells, ["y", "z"]]
