"""Title, byline, author and epigraph, found in plain text and in Markdown."""

from __future__ import annotations

from typing import Literal

import pytest

from bot.core.essay.essay import Epigraph, Essay
from bot.core.read_essay import read_essay

BODY = "Grass is a crop nobody eats. We mow it anyway.\n\nThe mower is louder than the street."


def text(head: str, body: str = BODY) -> Essay:
    return read_essay(f"{head}\n\n{body}", format="text", name="lawns-again.txt")


def markdown(source: str) -> Essay:
    return read_essay(source, format="markdown", name="lawns-again.md")


def test_the_first_short_line_is_the_title_and_leaves_the_body() -> None:
    essay = text("The Trouble with Lawns")
    assert essay.title == "The Trouble with Lawns"
    assert [passage.number for passage in essay.passages] == [1, 2]
    assert essay.passages[0].text.startswith("Grass")


def test_a_title_may_be_a_question() -> None:
    assert text("Who owns the night?").title == "Who owns the night?"


def test_a_line_in_small_letters_before_the_title_is_the_byline() -> None:
    essay = text("gardener, letter writer\n\nThe Trouble with Lawns")
    assert (essay.title, essay.byline) == ("The Trouble with Lawns", "gardener, letter writer")
    assert essay.author is None


def test_a_name_before_the_title_is_the_author() -> None:
    essay = text("Maria Okafor\n\nThe Trouble with Lawns")
    assert (essay.title, essay.author) == ("The Trouble with Lawns", "Maria Okafor")


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("By Maria Okafor", "Maria Okafor"),
        ("by Maria Okafor, gardener", "Maria Okafor"),
        ("von Jürgen Weiß", "Jürgen Weiß"),
        ("Maria Okafor", "Maria Okafor"),
        ("Ludwig van der Berg", "Ludwig van der Berg"),
    ],
)
def test_a_line_after_the_title_that_names_somebody_is_the_byline(
    between: str, line: str, author: str
) -> None:
    essay = text(f"The Trouble with Lawns{between}{line}")
    assert (essay.title, essay.byline, essay.author) == ("The Trouble with Lawns", line, author)


def test_the_byline_stays_in_the_body_too() -> None:
    assert text("The Trouble with Lawns\n\nBy Maria Okafor").passages[0].text == "By Maria Okafor"


@pytest.mark.parametrize("dash", ["--", "---", "—", "–", "―", "-", "~"])
@pytest.mark.parametrize(
    "quoted", ["“All flesh is grass.”", '"All flesh is grass."', "«All flesh is grass.»"]
)
@pytest.mark.parametrize("between", [" ", "\n"])
def test_a_quotation_with_its_source_is_the_epigraph(quoted: str, dash: str, between: str) -> None:
    essay = text(f"The Trouble with Lawns\n\n{quoted}{between}{dash} Isaiah")
    assert essay.epigraph == Epigraph("All flesh is grass.", "Isaiah")
    assert "All flesh" in essay.passages[0].text


def test_an_epigraph_may_need_no_quotation_marks_if_it_is_signed() -> None:
    essay = text("The Trouble with Lawns\n\nAll flesh is grass.\n— Isaiah")
    assert essay.epigraph == Epigraph("All flesh is grass.", "Isaiah")


def test_its_source_may_be_in_a_paragraph_of_its_own() -> None:
    essay = text("The Trouble with Lawns\n\n“All flesh is grass.”\n\n— Isaiah")
    assert essay.epigraph == Epigraph("All flesh is grass.", "Isaiah")


def test_an_epigraph_after_the_byline_is_found() -> None:
    essay = text("The Trouble with Lawns\n\nBy Maria Okafor\n\n“All flesh is grass.” — Isaiah")
    assert essay.epigraph == Epigraph("All flesh is grass.", "Isaiah")
    assert essay.author == "Maria Okafor"


def test_dialogue_at_the_start_is_no_epigraph() -> None:
    body = "“Come in, please, and sit down.”\n\n“Thank you,” she said.\n\nThey sat."
    assert text("The Visit", body).epigraph is None


def test_an_essay_without_a_title_takes_it_from_the_name_and_keeps_all_its_words() -> None:
    body = "It was raining when I got up, and it went on raining until the evening."
    essay = text(body)
    assert essay.title == "Lawns again"
    assert essay.passages[0].text == body


def test_without_a_name_either_the_title_is_made_of_the_first_words() -> None:
    body = "It was raining when I got up, and " + "it went on raining and " * 20 + "stopped."
    essay = read_essay(body, format="text")
    assert essay.title.startswith("It was raining when I got up")
    assert essay.title.endswith("…")
    assert len(essay.title) <= 91


def test_a_title_alone_is_an_essay_without_passages() -> None:
    essay = read_essay("Only a title", format="text")
    assert (essay.title, essay.passages) == ("Only a title", ())


def test_a_single_sentence_is_a_body_not_a_title() -> None:
    essay = read_essay("This one sentence is all there is.", format="text")
    assert [passage.text for passage in essay.passages] == ["This one sentence is all there is."]


def test_a_line_underlined_by_typewriter_is_the_title() -> None:
    assert text("The Trouble with Lawns\n======================").title == "The Trouble with Lawns"


def test_a_title_in_chinese_and_its_byline_are_found() -> None:
    essay = read_essay("慢的好处\n\n作者：林远\n\n我们总是在赶路。我们到了哪里呢？", format="text")
    assert (essay.title, essay.author) == ("慢的好处", "林远")


def test_a_title_in_arabic_and_its_byline_are_found() -> None:
    essay = read_essay("عن الصمت\n\nبقلم ليلى حداد\n\nالصمت لغة أخرى.", format="text")
    assert (essay.title, essay.author) == ("عن الصمت", "ليلى حداد")


@pytest.mark.parametrize(
    "source",
    [
        "# The Trouble with Lawns\n\nGrass.",
        "The Trouble with Lawns\n===\n\nGrass.",
        "## The Trouble with Lawns\n\nGrass.\n\n## Mowers\n\nLoud.",
        "**The Trouble with Lawns**\n\nGrass is a crop.",
        "*By Maria Okafor*\n\n# The Trouble with Lawns\n\nGrass.",
    ],
)
def test_the_first_heading_of_a_markdown_text_is_its_title(source: str) -> None:
    essay = markdown(source)
    assert essay.title == "The Trouble with Lawns"
    assert "The Trouble with Lawns" not in {passage.text for passage in essay.passages}


def test_a_heading_in_the_middle_is_no_title() -> None:
    essay = markdown(f"{BODY * 8}\n\n## Mowers\n\nThey are loud.")
    assert essay.title == "Lawns again"
    assert "Mowers" in {passage.text for passage in essay.passages}


@pytest.mark.parametrize("mark", ["#", "##"])
@pytest.mark.parametrize(
    "prose", ["Nobody asked for the lawn. It came.", "It came.", "Who asked for it? Not we."]
)
def test_a_heading_after_prose_is_a_section(prose: str, mark: str) -> None:
    essay = markdown(f"{prose}\n\n{mark} Mowing\n\n{BODY}")
    assert essay.title == "Lawns again"
    assert [passage.text for passage in essay.passages][:2] == [prose, "Mowing"]


@pytest.mark.parametrize(
    "above",
    ["*First printed in spring.*", "Maria Okafor", "3 March 2024", "Letters from a garden", "---"],
)
def test_a_heading_after_a_note_a_name_a_date_or_a_series_is_the_title(above: str) -> None:
    assert markdown(f"{above}\n\n# Mowing\n\n{BODY}").title == "Mowing"


def test_front_matter_wins_and_its_title_is_not_shown_twice() -> None:
    essay = markdown(
        "---\ntitle: The Trouble with Lawns\nauthor: {name: Maria Okafor}\ndate: 2024-05-01\n"
        "lang: en\nimage: https://a.example/i.png\ncanonical_url: https://a.example/lawns\n---\n\n"
        "# The trouble with lawns\n\nGrass."
    )
    assert (essay.title, essay.author) == ("The Trouble with Lawns", "Maria Okafor")
    assert (essay.date, essay.language) == ("2024-05-01", "en")
    assert essay.cover_image == "https://a.example/i.png"
    assert essay.source_url == "https://a.example/lawns"
    assert [passage.text for passage in essay.passages] == ["Grass."]


def test_front_matter_with_a_stray_colon_is_read_all_the_same() -> None:
    essay = markdown("---\ntitle: Lawns: a trouble\nauthor: M. Okafor\n---\n\nGrass.")
    assert (essay.title, essay.author) == ("Lawns: a trouble", "M. Okafor")


def test_front_matter_may_be_toml() -> None:
    essay = markdown('+++\ntitle = "Lawns"\nauthors = ["Ann", "Ben"]\n+++\n\nGrass.')
    assert (essay.title, essay.author) == ("Lawns", "Ann, Ben")


def test_a_section_called_like_the_essay_keeps_its_heading() -> None:
    text = "---\ntitle: Bread\n---\n\n# Why\n\nIt is warm.\n\n# Bread\n\nIt takes a night.\n"
    essay = read_essay(text, format="markdown")
    assert [p.text for p in essay.passages] == ["Why", "It is warm.", "Bread", "It takes a night."]
    kicker = read_essay(text.replace("# Why", "## Notes from the oven"), format="markdown")
    assert "Bread" not in [passage.text for passage in kicker.passages]


def test_front_matter_in_which_a_text_runs_on_is_read_all_the_same() -> None:
    settings = (
        "layout: post\ntitle: Slow bread\nexcerpt: <p>A night.</p>\n\n<p>Some say: two.</p>\n"
    )
    essay = read_essay(f"---\n{settings}---\nIt takes a night.\n", format="markdown")
    assert (essay.title, [p.text for p in essay.passages]) == ("Slow bread", ["It takes a night."])


def test_two_rules_with_prose_between_are_no_front_matter() -> None:
    essay = markdown("---\n\nGrass is a crop nobody eats.\n\n---\n\nWe mow it.")
    assert "Grass is a crop nobody eats." in {passage.text for passage in essay.passages}


def test_a_quotation_block_with_a_dash_is_the_epigraph() -> None:
    essay = markdown("# Lawns\n\n> All flesh is grass.\n>\n> — Isaiah\n\nGrass.\n\nMore.")
    assert essay.epigraph == Epigraph("All flesh is grass.", "Isaiah")


@pytest.mark.parametrize(
    "quoted",
    [
        "All flesh is grass.",
        "*All flesh is grass.*",
        "**Abstract.** We show that lawns exist, and that they grow.",
        "Lawn (noun): a field that nobody ploughs",
        "[!quote] All flesh is grass.",
        "[!thanks] Bo and Cy read drafts of this.",
        "The fields are wide and *very green*",
    ],
)
def test_a_quotation_block_without_a_source_is_text(quoted: str) -> None:
    essay = markdown(f"# Lawns\n\n> {quoted}\n\nGrass.\n\nMore.")
    assert essay.epigraph is None


@pytest.mark.parametrize(
    ("quoted", "source"),
    [
        ("All flesh is grass. *[The Band](https://a.example)*", "The Band"),
        ("All flesh is grass.\n> *[The Band](https://a.example)*", "The Band"),
        ("All flesh is grass.\n>\n> *The Band*", "The Band"),
        ("*All flesh is grass.*\n>\n> Ann Lee, *The Bay*", "Ann Lee, The Bay"),
        ("All flesh is grass.\n> Ann Lee", "Ann Lee"),
        ("“All flesh is grass.”\n> Ann Lee (1911)", "Ann Lee (1911)"),
        ("All flesh is grass.  \n> Ann Lee", "Ann Lee"),
    ],
)
def test_a_quotation_may_be_signed_without_a_dash(quoted: str, source: str) -> None:
    essay = markdown(f"# Lawns\n\n> {quoted}\n\nGrass.\n\nMore.")
    assert essay.epigraph == Epigraph("All flesh is grass.", source)


SECTIONS = "# The soil\n\nIt is wet.\n\n# The seed\n\nIt is small."


@pytest.mark.parametrize("first", ["My garden", "**My garden**", "*My garden*"])
@pytest.mark.parametrize("between", ["", "It rained all day.\n\n", "Who sows?\n\n"])
@pytest.mark.parametrize("by", ["by Ann Lee\n\n", ""])
@pytest.mark.parametrize("mark", ["#", "##"])
def test_a_heading_with_siblings_below_a_title_line_is_a_section(
    first: str, by: str, between: str, mark: str
) -> None:
    essay = markdown(f"{first}\n\n{by}{between}{SECTIONS}".replace("# ", f"{mark} "))
    assert essay.title == "My garden"
    assert essay.author == ("Ann Lee" if by else None)
    texts = [passage.text for passage in essay.passages]
    assert {"The soil", "The seed"} <= set(texts)


@pytest.mark.parametrize("above", ["Ann Lee", "by Ann Lee", "3 March 2024", "> Be.\n>\n> — Bo Ray"])
def test_a_heading_below_a_byline_a_date_or_an_epigraph_is_the_title(above: str) -> None:
    assert markdown(f"{above}\n\n{SECTIONS}").title == "The soil"


def test_prose_before_sections_leaves_the_title_to_the_name_of_the_file() -> None:
    essay = markdown(f"It rained all day, and nobody sowed.\n\n{SECTIONS}")
    assert essay.title == "Lawns again"
    assert [p.text for p in essay.passages][1] == "The soil"


@pytest.mark.parametrize(
    "head",
    [
        "# Title: The Bay\n\n## Author: Ann Lee",
        "Title: The Bay\n\nAuthor: Ann Lee",
        "Author: Ann Lee\n\n# The Bay",
        "# The Bay\n\n## by Ann Lee",
        "# The Bay\n\nWritten by: Ann Lee",
        "# Título: The Bay\n\nAutora: Ann Lee",
        "# 标题：The Bay\n\n作者：Ann Lee",
        "# タイトル: The Bay\n\n著者：Ann Lee",
        "# The Bay\n\nמאת: Ann Lee",
    ],
)
def test_labels_of_title_and_author_are_no_part_of_them(head: str) -> None:
    essay = markdown(f"{head}\n\n{BODY}")
    assert (essay.title, essay.author) == ("The Bay", "Ann Lee")
    assert essay.passages[-1].text.startswith("The mower")


@pytest.mark.parametrize(
    "dateline",
    [
        "Malmö, 3 March 2024",
        "Malmö, den 3 mars 2024",
        "New York, March 3rd, 2024",
        "Paris, le 3 mars 2024",
        "3 March 2024",
        "2024-03-03",
        "12 Harbour Street\n\nMalmö\n\n3 March 2024",
        "Malmö\n\n3 March 2024",
    ],
)
@pytest.mark.parametrize("greeting", ["Dear Ann,", "Kära Ann!", "Liebe Ann,"])
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_letter_has_no_title_and_keeps_its_dateline(
    dateline: str, greeting: str, form: Literal["text", "markdown"]
) -> None:
    source = f"{dateline}\n\n{greeting}\n\n{BODY}"
    essay = read_essay(source, format=form, name="lawns-again.txt")
    assert essay.title == "Lawns again"
    assert essay.byline is None
    assert "\n\n".join(p.text for p in essay.passages) == source


@pytest.mark.parametrize(
    "head",
    [
        "March 3rd, 2024\nMalmö",
        "Malmö\n3 March 2024",
        "12 Harbour Street\nMalmö\n3 March 2024",
        "2024-03-03\nNew York",
    ],
)
def test_the_lines_above_a_letters_greeting_are_no_title_when_they_are_joined(head: str) -> None:
    essay = read_essay(f"{head}\n\nDear Ann,\n\n{BODY}", format="markdown", name="lawns.md")
    assert essay.title == "Lawns"
    assert essay.passages[0].text.split() == head.split()


@pytest.mark.parametrize("title", ["A letter of 3 March 2024", "What happened on 3 March 2024"])
def test_a_title_that_ends_with_a_date_stays_the_title(title: str) -> None:
    essay = read_essay(f"{title}\n\nDear Ann,\n\n{BODY}", format="markdown", name="lawns.md")
    assert essay.title == title


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_letter_may_have_a_title_above_its_dateline(form: Literal["text", "markdown"]) -> None:
    source = f"The Bay\n\nMalmö, 3 March 2024\n\nDear Ann,\n\n{BODY}"
    essay = read_essay(source, format=form)
    assert essay.title == "The Bay"
    assert essay.passages[0].text == "Malmö, 3 March 2024"


def test_a_date_comes_before_a_title() -> None:
    essay = text("3 March 2024\n\nThe Bay")
    assert (essay.title, essay.passages[0].text) == ("The Bay", "3 March 2024")


@pytest.mark.parametrize("line", ["Chapter 12", "Summer 1999", "Marching on 5", "May Day"])
def test_a_title_that_is_only_like_a_date_is_a_title(line: str) -> None:
    assert text(line).title == line


@pytest.mark.parametrize(
    "quoted",
    [
        "This is a cross-post of an older article.",
        "Update: the mower has been sold.",
        "The mower was sold on 3 May 2021.",
        "See [the other garden](https://a.example) too.",
        "Translated from the Danish.",
        "原文链接在这里",
    ],
)
def test_a_note_about_the_text_is_no_epigraph(quoted: str) -> None:
    assert markdown(f"# Lawns\n\n> {quoted}\n\nGrass.\n\nMore.").epigraph is None


@pytest.mark.parametrize(
    ("quoted", "expected"),
    [
        ("小隐于野大隐于市 -- 东方朔", Epigraph("小隐于野大隐于市", "东方朔")),
        ("All flesh is grass. — Isaiah", Epigraph("All flesh is grass.", "Isaiah")),
        ("*“All flesh is grass.”* — Isaiah", Epigraph("All flesh is grass.", "Isaiah")),
    ],
)
def test_the_source_may_be_on_the_line_of_the_quotation(quoted: str, expected: Epigraph) -> None:
    assert markdown(f"# Lawns\n\n> {quoted}\n\nGrass.\n\nMore.").epigraph == expected


@pytest.mark.parametrize(
    "line", ["mower", "tl;dr: mow", "[Mower Store](https://a.example)", "![a](b)"]
)
def test_other_short_lines_after_the_title_are_no_byline(line: str) -> None:
    assert markdown(f"# Lawns\n\n{line}\n\nGrass.\n\nMore.").byline is None


def test_an_essay_by_somewhere_is_by_nobody() -> None:
    essay = text("By the sea")
    assert (essay.title, essay.byline) == ("By the sea", None)


def test_front_matter_may_give_the_epigraph_and_a_picture_with_parts() -> None:
    essay = markdown(
        "---\ntitle: Lawns\nepigraph:\n  text: All flesh is grass.\n  source: Isaiah\n"
        "cover: {url: https://a.example/c.png}\ntags: [a, [b]]\ndraft: true\n"
        "---\n\nGrass."
    )
    assert essay.epigraph == Epigraph("All flesh is grass.", "Isaiah")
    assert essay.cover_image == "https://a.example/c.png"


@pytest.mark.parametrize("quoted", ["“{}”", '"{}"', "«{}»", "*“{}”*", "> “{}”", "> {}"])
def test_an_unsigned_quotation_before_the_text_is_text(quoted: str) -> None:
    line = quoted.format("All flesh is grass, and withers.")
    essay = markdown(f"# The Trouble with Lawns\n\n{line}\n\n{BODY}")
    assert essay.epigraph is None
    assert "All flesh" in essay.passages[0].text


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "source", ["Isaiah 40:6", "Walt Whitman", "Walt Whitman, Leaves of Grass", "Psalm 103, 15–16"]
)
def test_a_quotation_may_name_its_source_on_the_next_line_without_a_dash(
    between: str, source: str
) -> None:
    essay = text(f"The Trouble with Lawns\n\n“All flesh is grass.”{between}{source}")
    assert essay.epigraph == Epigraph("All flesh is grass.", source)


@pytest.mark.parametrize("below", ["He sat down.", "It was May", "“Is it?”", "and so on"])
def test_a_line_below_a_quotation_is_its_source_only_if_it_names_one(below: str) -> None:
    assert text(f"The Trouble with Lawns\n\n“All flesh is grass.”\n\n{below}").epigraph is None


def test_a_quotation_of_verse_in_a_block_has_its_source_in_its_last_paragraph() -> None:
    essay = markdown("# Lawns\n\n> All flesh\n>\n> is grass.\n>\n> — Isaiah\n\nGrass.\n\nMore.")
    assert essay.epigraph == Epigraph("All flesh\nis grass.", "Isaiah")


def test_a_heading_after_a_long_text_is_not_looked_for_as_a_title() -> None:
    essay = markdown("One sentence is here.\n\nTwo.\n\nThree.\n\nFour.\n\nFive.\n\n# Late\n\nSix.")
    assert essay.title == "Lawns again"


def test_a_byline_after_the_epigraph_is_found() -> None:
    essay = text("The Trouble with Lawns\n\n“All flesh is grass.” — Isaiah\n\nby Maria Okafor")
    assert (essay.byline, essay.author) == ("by Maria Okafor", "Maria Okafor")


def test_a_markdown_text_of_front_matter_alone_is_shown_literally() -> None:
    essay = markdown("+++\npath = 'a/b'\n+++\n")
    assert "path = 'a/b'" in "\n".join(passage.text for passage in essay.passages)


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize(
    ("over", "title", "by"),
    [
        ("Letters from a garden", "The Trouble with Lawns", "by Maria"),
        ("The Late Garden", "The trouble with lawns", "By Maria Okafor"),
        ("园中书", "草坪的烦恼", "作者：林远"),
        ("Notes from a garden", "The trouble with lawns", "by Maria"),
    ],
)
def test_the_title_is_directly_above_the_byline(
    between: str, over: str, title: str, by: str
) -> None:
    if over == "The Late Garden":  # in title case: then what follows it is a subtitle
        over, title = title, over
        essay = text(between.join((title, over, by)))
    else:
        essay = text(between.join((over, title, by)))
    assert (essay.title, essay.byline) == (title, by)
    assert essay.author == by.split("：")[-1].removeprefix("by ").removeprefix("By ")
    assert [passage.text for passage in essay.passages[:2]] == [over, by]


def test_a_by_line_under_a_subtitle_is_found() -> None:
    essay = markdown("# Lawns\n\nA trouble in two parts\n\nby Maria Okafor\n\nGrass.\n\nMore.")
    assert (essay.title, essay.author) == ("Lawns", "Maria Okafor")


def test_a_by_line_wins_over_a_name_above_the_title() -> None:
    essay = text("Green Pages\n\nThe Trouble with Lawns\n\nby Maria Okafor")
    assert (essay.title, essay.author) == ("The Trouble with Lawns", "Maria Okafor")


@pytest.mark.parametrize(
    "line",
    [
        "||mow|| and ||rake|| and > weed and >>> rest",
        "~~mow~~, **rake**",
        "mow, `rake`",
        "and then, when it rained",
        "mowers, rakes, and all of the other things that one owns",
        "grass, which is what there was",
        "one, , two",
    ],
)
def test_a_line_of_the_text_is_no_byline(line: str) -> None:
    essay = text(f"The Trouble with Lawns\n\n{line}")
    assert (essay.byline, essay.author) == (None, None)


@pytest.mark.parametrize(
    "line",
    ["gardener, letter writer", "poet | gardener", "teacher, gardener and poet", "poet · gardener"],
)
def test_a_line_of_trades_is_the_byline(line: str) -> None:
    assert text(f"The Trouble with Lawns\n\n{line}").byline == line


@pytest.mark.parametrize("line", ["Found This Helpful", "Read More", "Www X Com", "Super User"])
def test_words_of_a_page_below_the_title_are_no_name(line: str) -> None:
    essay = text(f"The Trouble with Lawns\n\n{line}")
    assert (essay.byline, essay.author) == (None, None)


@pytest.mark.parametrize("line", ["Posted by Admin", "Author: admin", "By Staff", "作者：编辑部"])
def test_a_line_by_nobody_in_particular_is_no_byline(line: str) -> None:
    essay = markdown(f"# The Trouble with Lawns\n\n{line}\n\n{BODY}")
    assert (essay.byline, essay.author) == (None, None)
    assert essay.passages[0].text == line


@pytest.mark.parametrize("name", ["Larry Page", "Emily Post"])
def test_a_name_may_be_one_of_these_words(name: str) -> None:
    assert text(f"The Trouble with Lawns\n\n{name}").author == name


@pytest.mark.parametrize(
    "line", ["By Ann Lee on 3 May 2024", "by Ann Lee 4 min read", "Von Ann Lee am 3. Mai 2024"]
)
def test_date_and_reading_time_in_a_byline_are_no_part_of_the_name(line: str) -> None:
    essay = markdown(f"# The Trouble with Lawns\n\n{line}\n\n{BODY}")
    assert (essay.byline, essay.author) == (line, "Ann Lee")


@pytest.mark.parametrize(
    ("dateline", "greeting"),
    [
        ("3 March 2024, Malmö", "Dear Ann,"),
        ("Kyoto, Sunday evening", "Dear Ann,"),
        ("Malmö, spring 2024", "My dear Ann —"),
        ("London, 1887", "Dearest Ann;"),
        ("Malmö, den 3:e mars 2024", "Kära Ann,"),
        ("Москва, 3 марта 2024 г.", "Милая Анна!"),
        ("Київ, 3 березня 2024 року", "Люба Анно!"),
        ("Warszawa, 3 marca 2024 r.", "Szanowna Pani,"),
        ("Praha 3. března 2024", "Vážená paní,"),
        ("Budapest, 2024. március 3.", "Kedves Anna!"),
        ("İstanbul, 3 Mart 2024", "Sevgili Ann,"),
        ("Αθήνα, 3 Μαρτίου 2024", "Αγαπητή Άννα,"),
        ("القاهرة، 3 مارس 2024", "عزيزتي آن،"),
        ("Hà Nội, ngày 3 tháng 3 năm 2024", "Hello Ann,"),
        ("서울, 2024년 3월 3일", "사랑하는 안에게"),
        ("2024年3月3日 京都", "拝啓"),
        ("令和6年3月3日", "前略"),
        ("北京，2024年3月3日", "亲爱的安："),
    ],
)
def test_a_letter_in_any_language_has_no_title_and_keeps_its_dateline(
    dateline: str, greeting: str
) -> None:
    for essay in (
        markdown(f"{dateline}\n\n{greeting}\n\n{BODY}"),
        text(f"{dateline}\n\n{greeting}"),
    ):
        assert essay.title != dateline
        assert [passage.text for passage in essay.passages][:2] == [dateline, greeting]


@pytest.mark.parametrize("title", ["Sunday, bloody Sunday", "A May evening, 1887", "London calling",
                                   "Friday night lights", "Spring 2024", "12 Temples"])  # fmt: skip
def test_a_title_with_a_day_or_a_season_is_a_title(title: str) -> None:
    assert text(title).title == title


@pytest.mark.parametrize(
    "dialogue",
    [
        "It was raining when she came.\n\n— Not again, he said.\n\n— Again, she said.",
        "Llovía cuando llegó al puerto.\n\n—Otra vez —dijo él.",
        "Шёл дождь.\n\n— Опять, — сказал он.",
        "— Where is the sea?\n\n— There.",
        "There are three things.\n\n– the sea is long\n\n– the road is short",
        "It was raining.\n\n— and then it stopped",
        "It was raining.\n\n— 1911 —",
    ],
)
def test_dialogue_with_dashes_is_no_epigraph(dialogue: str) -> None:
    essay = markdown(f"# The sea\n\n{dialogue}\n\n{BODY}")
    assert essay.epigraph is None


@pytest.mark.parametrize(
    ("quoted", "expected"),
    [
        ("> « La mer est une route. »\n> Victor Hugo", ("La mer est une route.", "Victor Hugo")),
        ("> “The sea is a road.” Ann Lee", ("The sea is a road.", "Ann Lee")),
        ("> The sea is a road. (Virginia Woolf)", ("The sea is a road.", "Virginia Woolf")),
        ("> The sea is a road.\n> ~ Rumi", ("The sea is a road.", "Rumi")),
        ("*The sea is a road.*\n\n~ Rumi", ("The sea is a road.", "Rumi")),
        ("It was raining.\n\n— L. P. Hartley", ("It was raining.", "L. P. Hartley")),
        ("It was raining.\n\n— anonymous", ("It was raining.", "anonymous")),
    ],
)
def test_a_source_may_follow_in_many_ways(quoted: str, expected: tuple[str, str]) -> None:
    assert markdown(f"# The sea\n\n{quoted}\n\n{BODY}").epigraph == Epigraph(*expected)


@pytest.mark.parametrize(
    ("matter", "title", "author"),
    [
        ("% The Bay\n% Ann Lee; Ben Moe\n% 2024\n", "The Bay", "Ann Lee, Ben Moe"),
        ("% The Bay\n  and the Sea\n% Ann Lee\n", "The Bay and the Sea", "Ann Lee"),
        ('{\n"title": "The Bay",\n"author": "Ann Lee"\n}\n', "The Bay", "Ann Lee"),
    ],
)
def test_front_matter_may_be_a_title_block_or_json(matter: str, title: str, author: str) -> None:
    essay = markdown(f"{matter}\n{BODY}")
    assert (essay.title, essay.author) == (title, author)
    assert "\n\n".join(passage.text for passage in essay.passages) == BODY


@pytest.mark.parametrize("start", ['{"a": 1}', '{ "title"', "% of people say so."])
def test_text_that_only_begins_like_front_matter_is_text(start: str) -> None:
    assert start in [passage.text for passage in markdown(f"{start}\n\n{BODY}").passages] or (
        markdown(f"{start}\n\n{BODY}").title == start
    )


@pytest.mark.parametrize(
    ("byline", "author"),
    [
        ("Text: Ann Lee", "Ann Lee"),
        ("Words by Ann Lee; pictures by Ben Moe", "Ann Lee"),
        ("By Ann Lee with photographs by Ben Moe", "Ann Lee"),
        ("By Ann Lee / Ben Moe", "Ann Lee"),
        ("Text: The sea is long", None),
    ],
)
def test_a_byline_may_name_more_than_the_writer(byline: str, author: str | None) -> None:
    essay = markdown(f"# The Bay\n\n{byline}\n\n{BODY}\n\n{BODY}")
    assert (essay.author, essay.byline) == (author, byline if author else None)
