"""Rendering each construct as Discord Markdown."""

from __future__ import annotations

import itertools
import re
from urllib.parse import unquote

import pytest
from wcwidth import wcswidth

from bot.core.essay.blocks import Mark, Span, merge_spans
from bot.core.layout.inline_markdown import render_inline
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from bot.core.text.escape import escape, escape_line_start
from tests.core.discord_markdown import read_message


def rendered(body: str) -> str:
    essay = read_essay(f"---\ntitle: Kept apart\n---\n\n{body}", format="markdown")
    return "\n=====\n".join(part.content for part in lay_out(essay).parts)


@pytest.mark.parametrize(
    "text",
    [
        "snake_case_name", "*stars*", "**a**", "~~a~~", "`a`", "||a||", "<@1>", "<@!1>", "<@&1>",
        "<#1>", "<t:0>", "<t:0:R>", "<:a:1>", "<a:a:1>", "</a:1>", "<id:home>", "@everyone",
        "@here", ":smile:", ":a::b:", "[a](https://a.example)", "\\*", "\\", "# a", "## a", "-# a",
        "> a", ">>> a", "- a", "* a", "+ a", "1. a", "1986. a", "_a_", "__a__", "***", "```a```",
        "<https://a.example>", "see:https://a.example/a_b", "https://a.example/**b**", "C#", "#a",
        "http://a.b/c*dhttp://a.b/c*d", "http://a.b/c<@1>", "(http://a.b)<@1>",
    ],
)  # fmt: skip
def test_literal_text_is_shown_literally_in_every_position(text: str) -> None:
    for shown in (text, f"{text} after", f"before {text} after"):
        read = read_message(escape_line_start(escape(shown)))
        assert read.text == shown
        assert (read.living, read.marked, read.headings, read.quotes, read.items) == (
            [], [], [], 0, 0,
        )  # fmt: skip


def test_a_bare_address_is_left_to_be_a_link() -> None:
    assert escape("see https://a.example/x_y_z?a=b, there") == (
        "see https://a.example/x_y_z?a=b, there"
    )


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# One\n\ntext", "# One\ntext"),
        ("### Three\n\ntext", "### Three\ntext"),
        ("#### Four\n\ntext", "**Four**\ntext"),
        ("*a* _b_ **c** __d__ ***e*** ~~f~~", "*a b* **c d *e*** ~~f~~"),
        ("[a](https://a.example/x 'title')", "[a](https://a.example/x)"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("[a](https://a.example/x_(y))", "[a](https://a.example/x_%28y%29)"),
        ("[a](#there) and [b](mailto:b@a.example)", "a and b"),
        ("**a [b](https://a.example) c**", "**a [b](https://a.example) c**"),
        ("[**a** b](https://a.example)", "[**a** b](https://a.example)"),
        ("[`a`](https://a.example)", "[a](https://a.example)"),
        ("- a\n- b\n  - c\n    1. d", "- a\n- b\n  - c\n    1. d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> a\n>\n> > b", "> a\n> \n> b"),
        ("> # a\n> - b", "> # a\n> - b"),
        ("```py\nx\n```", "```py\nx\n```"),
        ("    x\n      y", "```\nx\n  y\n```"),
        ("a\\\nb", "a\nb"),
        ("a\nb", "a b"),
        ("`` a`b ``", "``a`b``"),
        ("a\n\n---\n\nb", "a\n\n\\* \\* \\*\n\nb"),
        ("a <b>b</b> <i>c</i><br>d <u>e</u> <s>f</s>", "a **b** *c*\nd __e__ ~~f~~"),
        ("x<sup>2</sup> H<sub>2</sub>O", "x² H₂O"),
        ("List<String> of <T>", "List\\<String> of \\<T>"),
        ("a[^1]\n\n[^1]: b", "a\\[1]\n\n\\* \\* \\*\n\n\\[1] b"),
        ("Term\n: one\n: two", "**Term**\n\n- one\n- two"),
        ("$a_b$ and $$c_d$$", "$a\\_b$ and $$c\\_d$$"),
        ("it costs $5 and $10", "it costs $5 and $10"),
        ("a <!-- hidden --> b", "a b"),
        ("\\\\begin{a}x_1\\\\end{a}", "\\\\begin{a}x\\_1\\\\end{a}"),
        ("| a | b |\n|---|---|", "a\n\nb"),
        ("http://a.b/c**d**", "http\\://a.b/c**d**"),
        ("http://a.b/c[d](https://a.b)", "http\\://a.b/c[d](https://a.b)"),
        ("http://a.b/c **d**", "http://a.b/c **d**"),
        ("[ ](https://a.example)x", "x"),
        ("[a ](https://a.example)b", "[a](https://a.example) b"),
        ("`` ` ``", "`` ` ``"),
        ("``` `` ```", "\\`\\`"),
    ],
)  # fmt: skip
def test_constructs_become(markdown: str, expected: str) -> None:
    assert rendered(markdown) == expected


def test_a_small_table_is_aligned_code() -> None:
    assert rendered("| a | bb |\n|---|---|\n| ccc | d |\n| 字 | e |") == (
        "```\na    bb\n───  ──\nccc  d\n字   e\n```"
    )


def test_a_table_too_wide_for_a_phone_is_a_list_of_labelled_rows() -> None:
    wide = "a sentence that no phone shows on a line beside another"
    assert rendered(f"| Name | About |\n|---|---|\n| Oak | {wide} |\n| Elm | |") == (
        f"**Name:** Oak\n**About:** {wide}\n\n**Name:** Elm"
    )


def test_a_table_with_links_keeps_them() -> None:
    assert "[x](https://a.example)" in rendered(
        "| a | b |\n|--|--|\n| [x](https://a.example) | y |"
    )


def test_three_backticks_in_code_do_not_end_it() -> None:
    content = rendered("~~~\na ``` b\n~~~\n\nafter")
    read = read_message(content)
    assert len(read.codes) == 1
    assert read.text.replace("\u200b", "").split() == ["a", "```", "b", "after"]


def test_emphases_that_touch_are_read_as_meant_or_given_up() -> None:
    for markdown in ("**a***b*", "*a***b**", "***a**b*", "**a*b***", "**a**b*c*", "~~**a**~~*b*"):
        assert read_message(rendered(markdown)).text == "".join(c for c in markdown if c.isalpha())


_MARKS = [
    Mark.NONE, Mark.BOLD, Mark.ITALIC, Mark.STRIKE, Mark.UNDERLINE, Mark.BOLD | Mark.ITALIC,
    Mark.BOLD | Mark.STRIKE, Mark.ITALIC | Mark.STRIKE, Mark.ITALIC | Mark.UNDERLINE,
    Mark.BOLD | Mark.UNDERLINE,
]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "kept"),
    [(("ab", "cd", "ef"), False), (("ab", " cd ", "ef"), True), (("a.", "(b)", "c!"), False)],
)
def test_any_three_emphases_in_a_row_leave_no_sign_behind(
    texts: tuple[str, ...], kept: bool
) -> None:
    for marks in itertools.product(_MARKS, repeat=3):
        spans = merge_spans(Span(text, mark) for text, mark in zip(texts, marks, strict=True))
        read = read_message(render_inline(spans))
        assert read.text == "".join(texts), marks
        if kept:  # with spaces between, none is given up either
            signs = {sign.replace("_", "*") if sign == "_" else sign for sign, _ in read.marked}
            for sign, mark in (("**", Mark.BOLD), ("*", Mark.ITALIC), ("~~", Mark.STRIKE)):
                assert (sign in signs) == any(mark in one for one in marks), marks


def test_a_link_that_shows_another_address_shows_both() -> None:
    read = read_message(rendered("[https://a.example](https://b.example/x)"))
    assert read.links == ["https://a.example", "https://b.example/x"]


def test_a_link_with_a_bracket_alone_keeps_text_and_address() -> None:
    read = read_message(rendered("[a \\] b](https://a.example/x)"))
    assert read.text == "a ] b (https://a.example/x)"
    assert read.links == ["https://a.example/x"]


def test_an_address_too_long_for_a_message_leaves_its_text_and_a_note() -> None:
    essay = read_essay(f"# T\n\na [b](https://a.example/{'x' * 1500}) c", format="markdown")
    layout = lay_out(essay)
    assert layout.parts[0].content == "a b c"
    assert any("too long" in note for note in map(str, layout.notes))


def test_relative_links_are_mentioned_in_a_note() -> None:
    essay = read_essay("# T\n\n[a](/there) and [b](other.html)", format="markdown")
    assert any("nowhere" in note and "2" in note for note in map(str, essay.notes))


@pytest.mark.parametrize(
    "address", ["http://a.example/", "https://a.example/x_(y)", "https://a.b/~c"]
)
@pytest.mark.parametrize("after", ["だと", " said", ", so", "**b**", "(c)", ""])
@pytest.mark.parametrize("more", ["", "?side", "#part", "d/e"])
def test_a_link_whose_text_is_the_beginning_of_its_address_ends_where_it_ended(
    address: str, after: str, more: str
) -> None:
    read = read_message(rendered(f"[{address}][1]{after}\n\n[1]: {address}{more}"))
    assert [unquote(link) for link in read.links] == [address + more]
    assert unquote(read.text) == address + more + after.replace("*", "")


@pytest.mark.parametrize(
    "path", ["~ann/", "2020*/x", "a|b", "a`b`c", "**a**", "x~~y~~z", "a||b||c", "f*g*h", "a\\b"]
)
@pytest.mark.parametrize("kind", ["{}", "see <{}>, so", "[{}]({})", "**{}**", "- {} and {}"])
def test_an_address_with_signs_is_percent_encoded_and_stays_a_link(path: str, kind: str) -> None:
    address = f"https://example.edu/{path}"
    safe = re.sub(r"([*|`~\\])", r"\\\1", address)
    read = read_message(rendered(kind.format(*[address if "<" in kind else safe] * 2)))
    assert read.links
    assert {unquote(link) for link in read.links} == {address}
    assert read.living == []


@pytest.mark.parametrize(
    "text", ["snake_case", "a_b_c", "a | b", "2*3", "~5", "a ` b", "f(x)_i and more", "back\\slash"]
)
def test_the_text_of_a_link_has_no_backslash_it_does_not_need(text: str) -> None:
    spans = [Span("See "), Span(text, link="https://a.example"), Span(".")]
    assert render_inline(spans) == f"See [{text}](https://a.example)."


@pytest.mark.parametrize(
    "text",
    ["__init__", "*a*", "2*3*4", "_a_ b", "~~a~~", "||a||", "`a`", "<@1>", "@here", ":a:", "\\*",
     "a\\"],
)  # fmt: skip
@pytest.mark.parametrize("mark", [Mark.NONE, Mark.BOLD, Mark.ITALIC | Mark.STRIKE])
def test_what_could_be_syntax_in_the_text_of_a_link_is_escaped(text: str, mark: Mark) -> None:
    spans = [Span("a", Mark.ITALIC), Span(" b "), Span(text, mark, "https://a.example"), Span(" c")]
    read = read_message(render_inline(spans))
    assert (read.text, read.links, read.living) == (f"a b {text} c", ["https://a.example"], [])


def test_a_bar_alone_needs_no_backslash_and_two_do() -> None:
    assert rendered("a | b or c|d") == "a | b or c|d"
    for spans in (
        [Span("a|"), Span("|", code=True), Span("|b||c")],
        [Span("|"), Span("|``", code=True)],
    ):
        read = read_message(render_inline(spans))
        assert (read.text, read.living) == ("".join(span.text for span in spans), [])


@pytest.mark.parametrize(
    "cell",
    ["👍🏽", "👨\u200d👩\u200d👧", "a\u200bb", "नमस्ते", "한국", "e\u0301", "🇸🇪", "ไทย", "❤\ufe0f"],
)
def test_columns_of_a_table_are_aligned_by_width(cell: str) -> None:
    content = rendered(f"| a | b |\n|---|---|\n| {cell} | x |\n| longer | y |")
    lines = content.split("\n")[3:5]
    assert [wcswidth(line) for line in lines] == [9, 9]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("real\t1\nsys\t2", "real    1\nsys     2"),
        ("\tif x:\n\t\ty", "    if x:\n        y"),
        ("one\ttab", "one    tab"),
        ("字\t1\nabc\t2", "字      1\nabc     2"),
        ("a\tb\tc\naa\tbb\tcc", "a       b       c\naa      bb      cc"),
    ],
)
def test_tabs_in_code_are_expanded_to_columns(code: str, expected: str) -> None:
    assert read_message(rendered(f"```\nfirst\n{code}\n```")).codes == [f"first\n{expected}"]
