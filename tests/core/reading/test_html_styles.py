"""Emphasis by styles, Google documents, ruby, embedded players, quotations and tables in HTML."""

from __future__ import annotations

import pytest

from bot.core.essay.essay import Essay
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from bot.core.reading.html_styles import read_style_sheet
from tests.core.reading.test_html import rendered

GOOGLE = (
    "<html><head><style>@import url(https://themes.googleusercontent.com/fonts/css?kit=x);"
    ".lst-kix_a{}.c1{font-style:italic}.c2{color:#000;font-weight:700}.c4{font-weight:400}"
    ".c3{text-decoration:underline;color:#15c}</style></head><body class='c9 doc-content'>"
    "<p class='c5 title'><span class='c4'>The Bay</span></p>"
    "<p class='c5 subtitle'><span>by Ann Lee</span></p>"
    "<p><span class='c4'>The water is </span><span class='c1'>grey</span><span class='c2'> today"
    "</span><sup><a href='#cmnt1' id='cmnt_ref1'>[a]</a></sup>.</p>"
    "<p><span class='c3'><a class='c3' href='https://www.google.com/url?q=https://x.example/y%3Fz"
    "&amp;sa=D'>A link</a></span> is here. What would you ask?</p>HERE</body></html>"
)
COMMENTS = [
    "<div class='c9'><p><a href='#cmnt_ref1' id='cmnt1'>[a]</a><span>Is it right?</span></p></div>",
    (
        "<div class='c9'><p><a href='#cmnt_ref1' id='cmnt1'>[a]</a><span>Is "
        "it?</span></p><p>So?</p></div>"
    ),
    (
        "<div class='c9'><p><a href='#cmnt_ref1' id='cmnt1'>[a]</a>One?</p></div>"
        "<div class='c9'><p><a href='#cmnt_ref2' id='cmnt2'>[b]</a>Two?</p></div>"
    ),
]


def shown(essay: Essay) -> str:
    return "\n\n".join(part.content for part in lay_out(essay).parts)


@pytest.mark.parametrize("comments", COMMENTS)
def test_a_google_document_has_its_title_and_emphasis_and_no_comments(comments: str) -> None:
    essay = read_essay(GOOGLE.replace("HERE", comments), name="a.html")
    assert (essay.title, essay.author) == ("The Bay", "Ann Lee")
    assert essay.questions == ("What would you ask?",)
    assert "The water is *grey* **today**." in shown(essay)
    assert "[A link](https://x.example/y?z) is here." in shown(essay)
    assert shown(essay).endswith("What would you ask?")
    assert any(
        note.startswith("Comments of the document's editors") for note in map(str, essay.notes)
    )


def test_a_google_document_without_comments_needs_no_note() -> None:
    assert read_essay(GOOGLE.replace("HERE", ""), name="a.html").notes == ()


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<span style="font-weight:700">b</span>', "**b**"),
        ('<span style="font-weight: bold">b</span>', "**b**"),
        ('<span style="color:red;font-style:italic">b</span>', "*b*"),
        ('<span style="text-decoration:line-through">b</span>', "~~b~~"),
        ('<span style="text-decoration: underline">b</span>', "__b__"),
        ('<span style="font-weight:400">b</span>', "b"),
        ('<b style="font-weight:normal"><span>a</span> <b>b</b></b>', "a **b**"),
        ('<b>a <span style="font-weight:400">b</span></b>', "**a** b"),
        ('<i style="font-style:normal">b</i>', "b"),
        ('<p style="font-style:italic">b</p>', "*b*"),
        ('<div style="font-weight:bold"><p>b</p></div>', "b"),
    ],
)
def test_inline_styles_are_emphasis(html: str, expected: str) -> None:
    assert rendered(html) == expected


def test_class_rules_of_one_class_count() -> None:
    sheet = read_style_sheet(
        "/* .x{font-weight:700} */ .a{font-style:italic} .b, span.c{font-weight:600}"
        ".d p{font-weight:700} #e{font-weight:700} p.f{font-weight:700} .g{color:red}"
    )
    assert sorted(sheet) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>", "漢（かん）字（じ）"),
        ("<ruby>漢<rt>かん</ruby>x", "漢（かん）x"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "漢(かん)"),
        ("<ruby>WWW<rt>World Wide Web</rt></ruby>", "WWW (World Wide Web)"),
        ("<ruby><rb>漢</rb><rt>かん</rt></ruby>", "漢（かん）"),
        ("<ruby>漢<rp>(</rp><rt>a</rt><rp>)</rp></ruby><ruby>字<rt>b</rt></ruby>", "漢(a)字（b）"),
    ],
)
def test_a_reading_is_in_brackets(html: str, expected: str) -> None:
    assert rendered(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<blockquote>text</blockquote>", "> text"),
        ("<blockquote>text <b>b</b><p>two</p></blockquote>x", "> text **b**\n> two\nx"),
        ("<blockquote><p>one</p>two</blockquote>x", "> one\n> two\nx"),
        ("<blockquote>a<br><br>b</blockquote>", "> a\n> b"),
        ("<blockquote>a<cite>B</cite></blockquote>", "> a*B*"),
        ("<blockquote><span>a</span>", "> a"),
        ("<div>x<blockquote>a</div>b", "x\n> a\nb"),
    ],
)
def test_text_directly_in_a_quotation_is_quoted(html: str, expected: str) -> None:
    assert rendered(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<tr><th>Maker<th>Boat<tr><td rowspan=2>Ann<td>Tern<tr><td>Gull",
            "Maker  Boat\n─────  ────\nAnn    Tern\nAnn    Gull",
        ),
        ("<tr><td>a<td rowspan=0>b<tr><td>c<tr><td>d", "a  b\nc  b\nd  b"),
        ("<tr><td>a<td rowspan=2>b<td>c<tr><td>d<td>e", "a  b  c\nd  b  e"),
        ("<tr><td colspan=2>a<td>b<tr><td>c<td>d<td>e", "a     b\nc  d  e"),
        ("<tr><td rowspan=x>a<td>b<tr><td>c<td>d", "a  b\nc  d"),
    ],
)
def test_a_cell_that_covers_rows_is_repeated_in_them(html: str, expected: str) -> None:
    text = "\n".join(line.rstrip() for line in rendered(f"<table>{html}</table>").split("\n"))
    assert text == f"```\n{expected}\n```"


@pytest.mark.parametrize(
    ("html", "link"),
    [
        (
            "<iframe src='https://www.youtube.com/embed/abc123x?rel=0'></iframe>",
            "https://www.youtube.com/watch?v=abc123x",
        ),
        (
            "<iframe src='//player.vimeo.com/video/42' title='A boat'>x</iframe>",
            "[A boat](https://vimeo.com/42)",
        ),
        ("<iframe src='https://b.example/p'></iframe>", "https://b.example/p"),
        ("<video src='v.mp4' controls>Your browser is old.</video>", "https://a.example/b/v.mp4"),
        (
            "<video><source src='/v.webm'><source src='/v.mp4'>Old.</video>",
            "https://a.example/v.webm",
        ),
        ("<audio controls><source src='s.mp3'></audio>", "https://a.example/b/s.mp3"),
    ],
)
def test_an_embedded_player_is_a_link(html: str, link: str) -> None:
    assert rendered(f"<p>a</p>{html}<p>b</p>") == f"a\n{link}\nb"


@pytest.mark.parametrize(
    "html",
    [
        "<iframe src='https://www.googletagmanager.com/ns.html?id=1'></iframe>",
        "<iframe src='https://b.example/count' width=1 height=1></iframe>",
        "<iframe src='https://b.example/x' style='display:none'></iframe>",
        "<iframe src='https://ann.substack.com/embed'></iframe>",
        "<iframe></iframe>",
        "<video></video>",
    ],
)
def test_a_frame_that_shows_nothing_is_no_link(html: str) -> None:
    assert rendered(f"<p>a</p>{html}<p>b</p>") == "a\nb"


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://www.google.com/url?q=https://x.example/y%3Fz&sa=D", "https://x.example/y?z"),
        ("https://google.de/url?sa=t&url=https://x.example/", "https://x.example/"),
        ("https://www.google.com/search?q=boats", "https://www.google.com/search?q=boats"),
        ("https://x.example/url?q=https://y.example", "https://x.example/url?q=https://y.example"),
    ],
)
def test_a_link_that_counts_clicks_is_unwrapped(address: str, target: str) -> None:
    assert rendered(f'<a href="{address}">a</a>') == f"[a]({target})"
