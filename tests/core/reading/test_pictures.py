"""Reading pictures: their address, description and caption; spacers and trackers are skipped."""

from __future__ import annotations

import base64
import hashlib

import pytest

from bot.core.essay.blocks import Block, Mark, Paragraph, Picture, Span, Table, get_spans_text
from bot.core.read_essay import read_essay
from bot.core.reading.html import read_html
from bot.core.reading.markdown import read_markdown


def read(html: str) -> list[Block]:
    return read_html(html, base="https://a.example/b/").blocks


def shown(blocks: list[Block] | tuple[Block, ...]) -> list[str]:
    """Each block in short: a picture as its file's name, description and caption."""
    lines = []
    for block in blocks:
        match block:
            case Picture():
                name = block.source.rpartition("/")[2]
                parts = (name, block.alt, get_spans_text(block.caption))
                lines.append("!" + "|".join(parts).rstrip("|"))
            case Paragraph():
                lines.append(get_spans_text(block.spans))
            case _:
                lines.append(type(block).__name__)
    return lines


@pytest.mark.parametrize(
    ("attributes", "source"),
    [
        ("src='i.png'", "https://a.example/b/i.png"),
        ("src='//c.example/i'", "https://c.example/i"),
        ("src='placeholder.gif' data-src='/i.png'", "https://a.example/i.png"),
        ("src='/blank.gif' data-lazy-src='/i.png'", "https://a.example/i.png"),
        ("src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' data-original='/i.png'",
         "https://a.example/i.png"),
        ("data-src='/i.png'", "https://a.example/i.png"),
        ("src='/s.png' srcset='/s.png 320w, /m.png 800w,/l.png 9000w'", "https://a.example/m.png"),
        ("srcset='/a,b.png 1x, /c.png 2x'", "https://a.example/c.png"),
        ("srcset='/only.png'", "https://a.example/only.png"),
        ("src='/1x1.png' data-srcset='/m.png 800w'", "https://a.example/m.png"),
    ],
)  # fmt: skip
def test_the_address_of_a_picture_is_found(attributes: str, source: str) -> None:
    assert read(f"<p>a.</p><img {attributes} alt='An eye'>")[1:] == [Picture(source, "An eye")]


@pytest.mark.parametrize(
    "markup",
    [
        "<img src='/i.gif' width=1 height=1>",
        "<img src='/i.gif' width='3px' height=90 alt=''>",
        "<img src='/i.gif' style='width:1px;height:1px'>",
        "<img src='/i.gif' style='display: none'>",
        "<img src='/i.gif' hidden>",
        "<img src='placeholder.gif'>",
        "<img src='/img/spacer.gif' width=100>",
        "<img src='https://ad.doubleclick.net/x'>",
        "<img src='https://www.facebook.com/tr?id=1'>",
        "<img src='https://pixel.wp.com/g.gif'>",
        "<img class='avatar photo' src='/ann.png'>",
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
        "<img>",
    ],
)
def test_what_shows_nothing_is_skipped_without_a_note(markup: str) -> None:
    found = read_html(f"<p>a{markup}</p>", base="https://a.example/")
    assert shown(found.blocks) == ["a"]
    assert found.notes == []


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<picture><source srcset='/w.webp'><img src='/i.png' alt=e></picture>", ["!i.png|e"]),
        ("<picture><source data-srcset='/w.webp 2x'><img alt=e></picture>", ["!w.webp|e"]),
        ("<figure><img src='/i.png' alt=e><figcaption>c <b>d</b></figcaption></figure>",
         ["!i.png|e|c d"]),
        ("<figure><figcaption>c</figcaption><img src='/i.png'></figure>", ["!i.png||c"]),
        ("<figure><a href='/big'><img src='/i.png'></a><figcaption><p>c</p><p>d</p></figure>e",
         ["!i.png||c d", "e"]),
        (("<figure><figure><img src='/i.png'><figcaption>c</figcaption></figure><figure>"
          "<img src='/j.png'></figure><figcaption>d</figcaption></figure>"),
         ["!i.png||c", "!j.png||d"]),
        ("<figure><table><tr><td>1<td>2<tr><td>3<td>4</table><figcaption>c</figcaption></figure>",
         ["Table", "c"]),
        ("<figure><blockquote>b</blockquote><figcaption>c</figcaption></figure>", ["b", "c"]),
        ("<div><img src='/i.png'><p class='wp-caption-text'>c</p></div>d", ["!i.png||c", "d"]),
        ("<p>a.</p><p class=caption>c</p>", ["a.", "c"]),
        ("<p><img src='/i.png'><br><em>c</em></p>d", ["!i.png||c", "d"]),
        ("<p><img src='/i.png'></p><p><em>c</em></p>", ["!i.png", "c"]),
        ("<p><img src='/i.png'> a b c</p>", ["!i.png", "a b c"]),
        ("<p>It ends. <img src='/i.png'> It begins.</p>", ["It ends.", "!i.png", "It begins."]),
        ("<p>one <img src='/i.png'> two<img src='/j.png'></p>", ["one two", "!i.png", "!j.png"]),
        ("<ul><li><img src='/i.png'>a<li>b</ul>", ["!i.png", "a", "b"]),
        ("<p>x <img class=latex src='/l.png' alt='a^2'> y</p>", ["x $a^2$ y"]),
        ("<p>a</p><iframe src='https://b.example/v' title='A film'></iframe>b",
         ["a", "!v|A film", "b"]),
        ("<p>a <video src='/v.mp4'></video> b</p>", ["a b", "!v.mp4"]),
        ("<pre>a<img src='/i.png'>b</pre>", ["Code", "!i.png"]),
    ],
)  # fmt: skip
def test_pictures_and_captions(html: str, expected: list[str]) -> None:
    assert shown(read(html)) == expected


def test_a_long_caption_is_text() -> None:
    text = "word " * 200
    html = f"<figure><img src='/i.png'><figcaption>{text}</figcaption></figure>"
    assert shown(read(html)) == ["!i.png", text.strip()]


def test_pictures_among_a_tables_words_come_below_it_and_a_grid_of_pictures_is_no_table() -> None:
    cells = "<table><tr><td>a<td>b<tr><td>c<td>d<img src='/i.png'></table>"
    blocks = read(cells)
    assert isinstance(blocks[0], Table)
    assert shown(blocks[1:]) == ["!i.png"]
    grid = "<table><tr><td><img src='/i.png'><td><img src='/j.png'><tr><td>a<td>b</table>"
    assert shown(read(grid)) == ["!i.png", "!j.png", "a", "b"]


def test_a_heading_of_a_picture_alone_is_its_description() -> None:
    essay = read_essay("# ![The bay](https://a.example/b.png)\n\nText.", format="markdown")
    assert essay.title == "The bay"
    assert shown([one.block for one in essay.body]) == ["!b.png", "Text."]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("![a cat](https://a.example/c.png)", ["!c.png|a cat"]),
        ("![a cat](https://a.example/c.png 'Our cat')", ["!c.png|a cat|Our cat"]),
        ("![a cat](https://a.example/c.png)\n*Our cat*", ["!c.png|a cat|Our cat"]),
        ("![][c]\n\n[c]: https://a.example/c.png", ["!c.png"]),
        ("[![](https://a.example/c.png)](https://a.example)", ["!c.png"]),
        ("![](https://a.example/c.png) ![](https://a.example/d.png)", ["!c.png", "!d.png"]),
        ("- one\n- ![](https://a.example/c.png)\n- two", ["one", "!c.png", "two"]),
        ("![here](images/c.png)", ["here"]),
        ('{{< figure src="https://a.example/c.png" alt="a" caption="b" >}}', ["!c.png|a|b"]),
    ],
)
def test_pictures_in_markdown(markdown: str, expected: list[str]) -> None:
    assert shown(read_markdown(markdown).blocks) == expected


def test_a_caption_keeps_its_links_and_loses_the_italics_it_is_all_in() -> None:
    html = (
        "<figure><img src='/i.png'><figcaption><i>By <a href='https://c.example'>Ann</a></i>"
        "</figcaption></figure>"
    )
    (picture,) = read(html)
    assert isinstance(picture, Picture)
    assert picture.caption == (Span("By "), Span("Ann", Mark.NONE, "https://c.example"))


def test_pictures_do_not_hide_title_byline_or_questions() -> None:
    picture = "![x](https://a.example/x.png)"
    text = f"{picture}\n\n# The bay\n\n{picture}\n\nby Ann Lee\n\n{picture}\n\nProse of it.\n\n"
    essay = read_essay(f"{text}Where do you swim?\n\n{picture}", format="markdown")
    assert (essay.title, essay.byline, essay.author) == ("The bay", "by Ann Lee", "Ann Lee")
    assert essay.questions == ("Where do you swim?",)
    assert sum(isinstance(one.block, Picture) for one in essay.body) == 4
    assert [passage.number for passage in essay.passages] == [1, 2, 3]


def test_an_essay_of_pictures_alone_is_none_without_words() -> None:
    essay = read_essay("![A needle](https://a.example/x.png)", format="markdown", name="needle.md")
    assert essay.title == "Needle"
    assert len(essay.body) == 1


EMBEDDED = f"data:image/png;base64,{base64.b64encode(bytes(range(256)) * 2).decode()}"
NAMED = f"data:{hashlib.sha256(bytes(range(256)) * 2).hexdigest()[:32]}"


@pytest.mark.parametrize(
    "markup",
    [
        f"<img src='{EMBEDDED}' alt='An eye'>",
        f"<img src='{EMBEDDED[:60]}\n  {EMBEDDED[60:]}' alt='An eye'>",
        f"<img src='{EMBEDDED.replace('png;', 'PNG;charset=utf-8;')}' alt='An eye'>",
    ],
)
def test_a_picture_in_a_data_url_is_named_by_the_hash_of_its_bytes(markup: str) -> None:
    assert read(f"<p>a.</p>{markup}")[1:] == [Picture(NAMED, "An eye")]


def test_a_picture_in_a_data_url_of_markdown_is_shown() -> None:
    assert read_markdown(f"a.\n\n![An eye]({EMBEDDED})").blocks[1:] == (Picture(NAMED, "An eye"),)


@pytest.mark.parametrize(
    "address",
    ["data:image/png;base64," + "!" * 500, "data:image/svg+xml;base64," + "A" * 500,
     "data:text/html;base64," + "A" * 500],
)  # fmt: skip
def test_a_data_url_without_such_a_picture_is_noted_and_its_description_stays(address: str) -> None:
    found = read_html(f"<p>a.</p><img src='{address}' alt='An eye'>")
    assert shown(found.blocks) == ["a.", "An eye"]
    assert len(found.notes) == 1


PAGE = "<title>The bay</title><h1>The bay</h1><p>A long first paragraph of the page.</p>{}<p>b</p>"


@pytest.mark.parametrize(
    ("markup", "sources"),
    [
        ("<noscript><img src='/i.png' alt='e'></noscript>", ["i.png"]),
        ("<p>c <noscript><picture><img src='/i.png'></picture></noscript></p>", ["i.png"]),
        ("<img src='/blank.gif' alt='e'><noscript><img src='/i.png' alt='e'></noscript>",
         ["i.png"]),
        ("<img data-src='/i.png' alt='e'><noscript><img src='/large.png' alt='e'></noscript>",
         ["i.png"]),
        ("<noscript><img src='/large.png' alt='e'></noscript><img data-src='/i.png' alt='e'>",
         ["i.png"]),
        ("<noscript><img height='1' width='1' src='https://t.example/tr?id=1'></noscript>", []),
        ("<noscript>Turn scripts on. <img src='/i.png'></noscript>", []),
    ],
)  # fmt: skip
def test_a_picture_for_readers_without_scripts_is_shown_once(
    markup: str, sources: list[str]
) -> None:
    essay = read_essay(PAGE.format(markup), format="html", address="https://a.example/")
    pictures = [one.block for one in essay.body if isinstance(one.block, Picture)]
    assert [one.source.rpartition("/")[2] for one in pictures] == sources


def test_a_picture_for_readers_without_scripts_is_shown_in_markdown_too() -> None:
    text = "a.\n\n<p><noscript><img src='https://a.example/i.png' alt='e'></noscript></p>\n\nb."
    assert shown(read_markdown(text).blocks) == ["a.", "!i.png|e", "b."]
