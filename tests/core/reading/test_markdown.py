"""Reading Markdown as its writers use it: CJK emphasis, notes, HTML, formulas, markers, verse."""

from __future__ import annotations

import pytest

from bot.core.essay.blocks import Block, Mark, Paragraph, get_block_text
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from bot.core.reading.markdown import read_markdown


def shown(source: str) -> str:
    essay = read_essay(f"# T\n\n{source}", format="markdown")
    return "\n\n".join(part.content for part in lay_out(essay).parts)


def notes(source: str) -> tuple[str, ...]:
    return tuple(map(str, read_essay(f"# T\n\n{source}", format="markdown").notes))


def marked(source: str, mark: Mark) -> list[str]:
    """The pieces of the first paragraph that have a mark."""
    block: Block = read_markdown(source).blocks[0]
    assert isinstance(block, Paragraph)
    return [span.text for span in block.spans if mark in span.marks]


@pytest.mark.parametrize(
    ("source", "bold"),
    [
        ("**注意：**正文", ["注意："]),
        ("これは**太字（テスト）**です", ["太字（テスト）"]),
        ("**강조(괄호)**는", ["강조(괄호)"]),
        ("正文**“引用”**正文", ["“引用”"]),
        ("**注意：**正文**重点。**后面", ["注意：", "重点。"]),
        ("値は**`x`**です", ["x"]),
        ("**a:**b", []),
        ("a**b**c", ["b"]),
        ("**中文**", ["中文"]),
        ("中 ** 文 ** 字", []),
    ],
)
def test_bold_beside_cjk_text_is_read_as_its_writer_means(source: str, bold: list[str]) -> None:
    assert marked(source, Mark.BOLD) == bold


@pytest.mark.parametrize(
    ("source", "italic"),
    [
        ("*「斜体」*正文", ["「斜体」"]),
        ("前*（注）*后", ["（注）"]),
        ("_「斜体」_ 正文", ["「斜体」"]),
        ("snake_case_名前", []),
    ],
)
def test_italics_beside_cjk_text_are_read_as_their_writer_means(
    source: str, italic: list[str]
) -> None:
    assert marked(source, Mark.ITALIC) == italic


def test_struck_out_cjk_text_is_struck_out() -> None:
    assert marked("~~删除。~~后面", Mark.STRIKE) == ["删除。"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A.[^1]\n\n[^1]: One.\n[^2]: Never seen.", ["[1] One.", "[2] Never seen."]),
        ("A.\n\n[^x]: Never seen.", ["[1] Never seen."]),
        ("A.[^A]\n\n[^a]: One.", ["[1] One."]),
        ("A.[^a] B.[^A]\n\n[^A]: One.", ["[1] One."]),
        ("A.[^1]\n\n[^1]: One.\n[^1]: Two.", ["[1] One.", "[2] Two."]),
        ("<div>A.[^h]</div>\n\n[^h]: One.", ["[1] One."]),
        ("<div>A.[^H]</div>\n\nB.[^1]\n\n[^h]: One.\n[^1]: Two.", ["[1] Two.", "[2] One."]),
    ],
)
def test_no_note_is_lost(source: str, expected: list[str]) -> None:
    footnotes = [get_block_text(block) for block in read_markdown(source).footnotes]
    assert footnotes == expected


def test_a_repeated_mark_has_the_number_of_its_note() -> None:
    assert "A\\[1] and\\[2] again\\[1]." in shown("A[^a] and[^b] again[^a].\n\n[^a]: x\n[^b]: y")


def test_a_mark_in_raw_html_has_the_number_of_its_note() -> None:
    assert "A\\[1] b" in shown("<div>A[^h] b</div>\n\n[^h]: One.")


@pytest.mark.parametrize("item", ["- x\n    - y", "1. x\n    2. y", "- x\n      - y"])
def test_a_list_in_a_note_keeps_its_marks(item: str) -> None:
    text = shown(f"A.[^1]\n\n[^1]: Two:\n\n    {item}\n\n    Then.")
    marks = ("1. ", "2. ") if item[0] == "1" else ("- ", "- ")
    assert f"{marks[0]}x" in text
    assert f"{marks[1]}y" in text
    assert "\\[1] Two:" in text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            (
                "<table>\n  <tr>\n    <td>a</td><td>b</td>\n\n  </tr>\n\n    <tr>\n    "
                "<td>c</td>\n\n"
                "    <td>d</td>\n  </tr>\n</table>"
            ),
            "```\na  b\nc  d\n```",
        ),
        (
            "<div><pre>\none\n\n  two *x*\n\n# three\n</pre></div>",
            "```\none\n\n  two *x*\n\n# three\n```",
        ),
        ("<div>\n\nSome **md** here.\n\n    <p>in</p>\n\n</div>", "Some **md** here.\n\nin"),
        ("<details>\n<summary>S</summary>\n\nText *x*\n\n</details>", "**S**\n\nText *x*"),
        ("<ul>\n\n    <li>a</li>\n\n    <li>b</li>\n\n</ul>", "- a\n- b"),
        ("<div>\n\n</div>\n\n    <b>code</b>", "```\n<b>code</b>\n```"),
        ("    <table>", "```\n<table>\n```"),
    ],
)
def test_a_block_of_html_goes_on_to_its_end(source: str, expected: str) -> None:
    assert shown(f"Before.\n\n{source}\n\nAfter *it*.") == f"Before.\n\n{expected}\n\nAfter *it*."


def test_html_that_is_never_closed_swallows_no_markdown() -> None:
    assert "**x**" in shown("<div><table>\n\nThen **x**.\n\nMore.")


@pytest.mark.parametrize(
    "source",
    [
        "Let $$a$$, **then** it is ($$b$$).",
        "Here $$x^2$$ and **then** $y$.",
        "So $$ a = b $$ is **then** it.",
        "$$\\frac{a}{b}$$ **then**",
        "Costs $$ and **then** $$ more.",
        "It is $5 or **then** $6.",
    ],
)
def test_formulas_in_a_line_are_literal_and_the_rest_is_markdown(source: str) -> None:
    assert "**then**" in shown(source)


def test_emphasis_signs_in_a_formula_stay() -> None:
    assert shown("A $$a*b*c$$ b.") == "A $$a\\*b\\*c$$ b."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("## Head {#id .x}\n\nA.", "## Head\nA."),
        ("## Head {-}\n\nA.", "## Head\nA."),
        ("[small]{.smallcaps} *text*{: .no}", "small *text*"),
        ("::: {.warning}\nBe *careful*.\n:::", "Be *careful*."),
        ("::: note\n\nTwo.\n\n:::", "Two."),
        ("* TOC\n{:toc}\n\nA.", "A."),
        ("Para one.\n{: .lead}", "Para one."),
        ('{% include x.html a="b" %}\n\nA.', "A."),
        ("Text {% raw %}in{% endraw %} here.", "Text in here."),
        (
            "{% highlight py %}\nprint('*x*')\n\ny\n{% endhighlight %}",
            "```py\nprint('*x*')\n\ny\n```",
        ),
        ("{{< highlight go >}}\nx\n{{< /highlight >}}", "```go\nx\n```"),
        ("{{< youtube abc123 >}}", "https://www.youtube.com/watch?v=abc123"),
        ("{{% notice %}}\nText *x*\n{{% /notice %}}", "Text *x*"),
        ('A [link]({% post_url 2020-01-01-x %}) and [two]({{< ref "x.md" >}}).', "A link and two."),
    ],
)
def test_markers_of_site_generators_are_left_out(source: str, expected: str) -> None:
    assert shown(source) == expected


@pytest.mark.parametrize(
    "kept",
    ["`{% keep %}`", "```\n{{< keep >}} {% keep %} {: .keep}\n:::\n```", "`{: .x}` and `{% y %}`",
     "A set {a, b} of {not attrs}.", "A ratio of 1:::2."],
)  # fmt: skip
def test_what_is_only_like_a_marker_stays(kept: str) -> None:
    assert shown(kept) == kept
    assert notes(kept) == ()


def test_a_note_says_what_was_left_out() -> None:
    found = notes("{% include x %}\n\nA.\n{: .lead}")
    assert [one.rpartition(": ")[2] for one in found] == ["1.", "1."]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("> [!NOTE]\n> Text *here*.", "> **Note**\n> \n> Text *here*."),
        ("> [!tip] My title\n> Text.", "> **My title**\n> \n> Text."),
        ("> [!quote]\n> Be still.", "> Be still."),
        ("> [!WARNING]", "> **Warning**"),
        ("> [!faq]- Why?\n> Because.", "> **Why?**\n> \n> Because."),
        ("> See [!NOTE] here.", "> See \\[!NOTE] here."),
    ],
)
def test_a_callout_has_its_label_as_a_line(source: str, expected: str) -> None:
    assert shown(f"A.\n\n{source}\n\nB.") == f"A.\n\n{expected}\n\nB."


def test_a_callout_may_follow_the_closing_question() -> None:
    essay = read_essay("# T\n\nA.\n\nWhy?\n\n> [!note]\n> At night.", format="markdown")
    assert essay.questions == ("Why?",)


WRAPPED = (
    "This is some prose that runs on and on and is\nwrapped at a narrow width of columns, as the\n"
    "writers of mail like to have it done to them\nall the time."
)


@pytest.mark.parametrize(
    "verse",
    [
        "The sea is wide\nand I am small,\nmy boat is old,\nand that is all.",
        "The sea is wide  \nand I am small,  \nmy boat is old,  \nand that is all.",
        "Öde hav\nstor och grå\nnatt",
        "古池や\n蛙飛びこむ\n水の音",
    ],
)
@pytest.mark.parametrize(
    "beside", ["", WRAPPED, "One long line of prose that nobody has wrapped, " * 4]
)
def test_verse_keeps_its_lines(verse: str, beside: str) -> None:
    lines = [line.strip() for line in verse.split("\n")]
    texts = [get_block_text(block) for block in read_markdown(f"{verse}\n\n{beside}").blocks]
    assert texts[0] == "\n".join(lines)
    assert texts[1:] == ([" ".join(beside.split())] if beside else [])


def test_verse_keeps_its_indents_and_its_stanzas_of_two_lines() -> None:
    source = "The sea is wide\n  and I am small,\nmy boat is old.\n\nIt rains today\nupon the bay."
    texts = [get_block_text(block) for block in read_markdown(source).blocks]
    assert texts == [
        "The sea is wide\n\xa0\xa0and I am small,\nmy boat is old.",
        "It rains today\nupon the bay.",
    ]


@pytest.mark.parametrize(
    "prose",
    [
        WRAPPED,
        "One sentence is here.\nAnother is there, longer.\nThird.\nFourth one is it.",
        "A first line\nand a second.",
        (
            f"{'A clause that is very long, ' * 5}\nand a short one,\nand more.\n\n"
            f"{'A clause that is very long, ' * 5}\nand one,\nand two,\nand three."
        ),
    ],
)
def test_the_lines_of_prose_are_joined(prose: str) -> None:
    assert all("\n" not in get_block_text(block) for block in read_markdown(prose).blocks)


@pytest.mark.parametrize(
    ("matter", "author"),
    [
        ('author: "[[Ann Lee]]"', "Ann Lee"),
        ("author: [[Ann Lee]]", "Ann Lee"),
        ("author:\n- '[[people/ann|Ann Lee]]'\n- Ben", "Ann Lee, Ben"),
        ("author: Ann &amp; Ben", "Ann & Ben"),
    ],
)
def test_front_matter_may_have_links_and_character_references(matter: str, author: str) -> None:
    assert read_markdown(f"---\ntitle: T\n{matter}\n---\nA.\n").metadata.author == author


@pytest.mark.parametrize("key", ["subtitle", "tagline"])
@pytest.mark.parametrize("again", ["", "# T\n\n", "# T\n\nOn a bay\n\n"])
def test_a_subtitle_is_the_first_line_of_the_text_once(key: str, again: str) -> None:
    essay = read_essay(f"---\ntitle: T\n{key}: On a bay\n---\n{again}A.\n\nB.", format="markdown")
    assert [passage.text for passage in essay.passages] == ["On a bay", "A.", "B."]


@pytest.mark.parametrize(
    "head",
    [
        "Title: The Bay\nAuthor: Ann Lee",
        "# The Bay\n\nAuthor: Ann Lee  \nDate: 3 March 2024",
        "# The Bay\nAuthor: Ann Lee\nDate: 3 March 2024",
        "**Title:** The Bay\n**Author:** Ann Lee",
        "标题：The Bay\n作者：Ann Lee",
    ],
)
def test_labelled_lines_at_the_start_are_read_one_by_one(head: str) -> None:
    essay = read_essay(f"{head}\n\nGrass is green.\n\nMore.", format="markdown")
    assert (essay.title, essay.author) == ("The Bay", "Ann Lee")
    assert [passage.text for passage in essay.passages][-2:] == ["Grass is green.", "More."]


@pytest.mark.parametrize(
    "source", ["Ann: a line,\nand another: so.", "One: two\nis prose that goes on."]
)
def test_other_lines_with_colons_are_joined(source: str) -> None:
    essay = read_essay(f"# T\n\n{source}\n\nMore.", format="markdown")
    assert essay.passages[0].text == source.replace("\n", " ")


@pytest.mark.parametrize("code", ["youtube abc", 'youtube id="abc"', "vimeo 123"])
def test_a_video_of_a_site_generator_shows_its_preview(code: str) -> None:
    essay = read_essay(f"# T\n\nOne [link](https://a.example/).\n\n{{{{< {code} >}}}}\n\nTwo.")
    first, second = lay_out(essay).parts
    assert first.previews
    assert first.content.startswith("One [link](<https://a.example/>).")
    assert not second.previews


def test_a_figure_of_a_site_generator_keeps_its_caption_and_description_apart() -> None:
    code = '{{< figure src="https://a.example/a.png" alt="Nets" caption="Drying *nets*" >}}'
    part = lay_out(read_essay(f"# T\n\nOne.\n\n{code}", format="markdown")).parts[0]
    assert [picture.alt for picture in part.attached] == ["Nets"]
    assert part.content == "One.\n-# Drying \\*nets\\*"
    part = lay_out(
        read_essay(f"# T\n\nOne.\n\n{code.replace('alt=', 'class=')}", format="markdown")
    ).parts[0]
    assert part.content == "One.\n-# Drying \\*nets\\*"


@pytest.mark.parametrize("gap", ["{: .x}", "::: tip", "\u3000", "\u00a0", "{% x %}"])
def test_a_line_of_nothing_but_a_marker_or_white_space_in_a_paragraph_is_no_line(gap: str) -> None:
    assert " ".join(shown(f"One line\n{gap}\nand two\nand three.").split()) == (
        "One line and two and three."
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("::: tip My *title*\nText.\n:::", "**My title**\nText."),
        ("::: details More\n\nText.\n\n:::", "**More**\n\nText."),
        (":::note{.x}\nText.\n:::", "Text."),
        ("::::: {.a}\n::: {.b title='x'}\nText.\n:::\n:::::", "Text."),
        ('{{< code lang="html" >}}\n<b>x</b> y\n{{< /code >}}', "```html\n<b>x</b> y\n```"),
        ("{{< code file=a.py >}}\nx\n{{< /code >}}", "```\nx\n```"),
    ],
)
def test_titles_of_containers_and_code_of_site_generators_are_kept(
    source: str, expected: str
) -> None:
    assert shown(source) == expected


def test_the_header_of_a_site_generator_is_no_text() -> None:
    header = "Title: The Bay\nDate: 2023-03-17\nTags: sea\nSlug: the-bay\nAuthor: Ann Lee\n\n"
    essay = read_essay(f"{header}It rained.\n\nIt rained again.", format="markdown")
    assert (essay.title, essay.author, essay.date) == ("The Bay", "Ann Lee", "2023-03-17")
    assert [passage.text for passage in essay.passages] == ["It rained.", "It rained again."]


@pytest.mark.parametrize(
    "header", ["Tags: sea\nWho: me", "Where: here\nWhen: now", "Slug : x y\n* a"]
)
def test_lines_with_other_labels_are_text(header: str) -> None:
    essay = read_essay(f"# T\n\n{header}\n\nIt rained.", format="markdown")
    assert header.split("\n")[0] in "\n".join(one.text for one in essay.passages)
    essay = read_essay(
        f"{header}\n\nIt rained.\n\nIt rained again.", format="markdown", name="t.md"
    )
    words = " ".join([essay.title, *(one.text for one in essay.passages)])
    assert header.split(":")[0].strip() in words


@pytest.mark.parametrize("picture", ["![](/a.png)", "<img src='a.png'>", "![](data/x.svg)"])
def test_words_around_a_picture_without_an_address_stay_two(picture: str) -> None:
    assert shown(f"Press the{picture}in your list.") == "Press the in your list."


def texts(source: str) -> list[str]:
    read = read_markdown(source)
    return [get_block_text(block) for block in (*read.blocks, *read.footnotes)]


@pytest.mark.parametrize("tag", ['<div markdown="1">', "<section class='a' markdown=1>",
                                 "<aside markdown>", '<DIV markdown="block" id="x">'])  # fmt: skip
def test_markdown_below_a_tag_that_announces_it_is_read(tag: str) -> None:
    closing = f"</{tag[1:].split()[0].lower()}>"
    assert texts(f"{tag}\n**one**\n\n- two\n{closing}\n\n*three*") == ["one", "two", "three"]
    assert texts(f"```\n{tag}\nx\n```") == [f"{tag}\nx"]


@pytest.mark.parametrize(
    "formula",
    [r"\(x_1\)", r"\(a^2 + b^2 = c^2\)", r"\[ E = mc^2 \]", r"\(\alpha\)", r"\(x*y*z=1\)"],
)
def test_a_formula_in_brackets_is_kept_verbatim(formula: str) -> None:
    assert texts(f"Let {formula} be, and *so* {formula}.") == [
        f"Let {formula} be, and so {formula}."
    ]


def test_a_formula_in_brackets_may_have_lines() -> None:
    assert texts("\\[\nx = \\frac{a}{b} \\\\\n= c\n\\]") == ["\\[\nx = \\frac{a}{b} \\\\\n= c\n\\]"]


@pytest.mark.parametrize("escaped", [r"\[1\]", r"\(see\)", r"\(snake_case\)", r"\[a link\]"])
def test_escaped_brackets_without_signs_of_tex_are_brackets(escaped: str) -> None:
    assert texts(f"Let {escaped} be.") == [f"Let {escaped.replace(chr(92), '')} be."]


def test_a_notes_label_may_have_spaces() -> None:
    source = "A[^My note] and b[^my  note].\n\n[^my note]: One.\n"
    assert texts(source) == ["A[1] and b[1].", "", "[1] One."]


def test_a_line_that_begins_with_a_tilde_is_no_definition() -> None:
    assert texts("> A sea.\n> ~ Rumi")[0].split() == ["A", "sea.", "~", "Rumi"]
    assert texts("The sea\n\n~ Rumi") == ["The sea", "~ Rumi"]
    assert texts("Sea\n: a road\n\nBay\n\n: an inlet") == ["Sea", "a road", "Bay", "an inlet"]
