"""Laying out an essay as messages."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.core.essay.essay import Essay
from bot.core.layout.formulas import find_formulas
from bot.core.layout.layout import lay_out
from bot.core.layout.parts import Layout
from bot.core.read_essay import read_essay
from tests.core.discord_markdown import read_message
from tests.support.call_counts import count_calls

SENTENCE = "The ferry leaves at ten past six, and then there is no other. "


def essay(body: str) -> Essay:
    return read_essay(f"---\ntitle: Kept apart\n---\n\n{body}", format="markdown")


def sizes(layout: Layout) -> list[int]:
    return [len(part.content.encode("utf-16-le")) // 2 for part in layout.parts]


def contents(body: str) -> list[str]:
    return [part.content for part in lay_out(essay(body)).parts]


def test_cuts_are_made_between_paragraphs_that_fill_a_message() -> None:
    paragraph = (SENTENCE * 13).strip()
    assert contents("\n\n".join([paragraph] * 4)) == [f"{paragraph}\n\n{paragraph}"] * 2


def test_a_paragraph_longer_than_a_message_is_cut_between_sentences() -> None:
    parts = contents(SENTENCE * 100)
    assert all(part.endswith("other.") and part.startswith("The ferry") for part in parts)
    assert all(len(part) > 2_000 - 2 * len(SENTENCE) for part in parts[:-2])


def test_chinese_sentences_are_sentences() -> None:
    parts = contents("我们总是在赶路，一切都在催促我们快一点。" * 300)
    assert len(parts) > 2
    assert all(part.endswith("。") for part in parts)


def test_abbreviations_and_initials_end_no_sentence() -> None:
    parts = contents("Mr. J. Doe met Dr. Roe, e.g. at No. 5 in St. Ives, and went home. " * 90)
    assert all(part.endswith("home.") for part in parts)


def test_a_text_without_sentences_is_cut_between_words() -> None:
    parts = contents("word " * 1500)
    assert all(set(part.split()) == {"word"} for part in parts)
    assert sum(len(part.split()) for part in parts) == 1500


def test_a_text_without_spaces_is_cut_between_characters_as_people_see_them() -> None:
    family = "👨\u200d👩\u200d👧"
    parts = contents(family * 1000)
    assert all(part.replace(family, "") == "" for part in parts)
    assert sum(part.count(family) for part in parts) == 1000


def test_no_part_is_longer_than_discord_allows_in_utf_16() -> None:
    assert max(sizes(lay_out(essay("😀 word " * 1500)))) <= 2_000


def test_a_heading_stays_with_the_text_below_it() -> None:
    for count in range(20, 34):
        body = f"{SENTENCE * count}\n\n## A heading\n\n{SENTENCE * 20}\n\n{SENTENCE * 20}"
        assert not any(part.endswith("A heading") for part in contents(body))


def test_code_is_cut_between_lines_in_fences_of_its_own() -> None:
    code = "\n".join(f"    line_{number} = {number}" for number in range(400))
    parts = contents(f"~~~python\n{code}\n~~~")
    assert len(parts) > 2
    assert all(part.startswith("```python\n") and part.endswith("\n```") for part in parts)
    assert "\n".join(read_message(part).codes[0] for part in parts) == code


def test_emphasis_is_closed_and_opened_again() -> None:
    parts = contents(f"**{(SENTENCE * 80).strip()}**")
    assert len(parts) > 1
    assert all(part.startswith("**") and part.endswith("**") for part in parts)


def test_a_quotation_keeps_its_marks_in_every_part() -> None:
    parts = contents("> " + SENTENCE * 80)
    assert len(parts) > 1
    assert all(part.startswith("> ") for part in parts)


def test_a_list_keeps_its_marks_and_numbers() -> None:
    parts = contents("\n".join(f"{number}. {SENTENCE * 3}" for number in range(1, 40)))
    lines = "\n".join(parts).split("\n")
    assert [line.split(".")[0] for line in lines if line[0].isdigit()] == [
        str(number) for number in range(1, 40)
    ]


def test_links_and_code_spans_are_never_cut() -> None:
    link = "[a link of several words in a row](https://example.com/with/a/path)"
    body = " ".join([link, "`some code of several words`"] * 120)
    parts = contents(body)
    assert len(parts) > 2
    for part in parts:
        read = read_message(part)
        assert read.links == ["https://example.com/with/a/path"] * len(read.links)
        assert read.text.count("several words") == part.count("several words")
    assert sum(len(read_message(part).links) for part in parts) == 120
    assert sum(part.count("`some code of several words`") for part in parts) == 120


@pytest.mark.parametrize("extra", [1, 10, 60])
def test_the_last_part_is_not_a_stub(extra: int) -> None:
    layout = lay_out(essay(f"{(SENTENCE * 31).strip()} {'word ' * extra}"))
    assert len(layout.parts) == 2 or sizes(layout)[0] > 1_900
    if len(layout.parts) == 2:
        assert min(sizes(layout)) >= 500


def test_parts_are_as_full_as_good_cuts_allow() -> None:
    body = "\n\n".join(SENTENCE * (3 + number % 7) for number in range(120))
    layout = lay_out(essay(body))
    assert sum(sizes(layout)) / len(layout.parts) > 0.8 * 2_000


def test_parts_name_the_passages_they_carry_also_the_cut_ones() -> None:
    layout = lay_out(essay(f"One.\n\n{SENTENCE * 60}\n\nThree."))
    assert [part.passages for part in layout.parts] == [(1, 2), (2, 3)]


def test_numbers_are_shown_small_at_passages_when_asked() -> None:
    layout = lay_out(essay("# Head\n\nOne.\n\n> Two.\n\n- a\n- b"), numbered=True)
    assert layout.parts[0].content == ("# Head\n-# ¶2\nOne.\n\n> -# ¶3\n> Two.\n\n-# ¶4\n- a\n- b")


def test_an_essay_that_ends_with_its_question_is_not_asked_it_twice() -> None:
    assert lay_out(essay("One.\n\nWhat would you do?")).closing is None


def test_a_question_with_something_behind_it_is_asked_again_on_its_own() -> None:
    layout = lay_out(essay("One.\n\nWhat would you do? And *when*?\n\nPS. Two."))
    assert layout.closing == "What would you do?\nAnd when?"


def test_an_essay_without_a_question_is_asked_what_people_think() -> None:
    assert lay_out(essay("One.")).closing == "What do you think?"


def test_the_closing_question_is_shown_literally() -> None:
    layout = lay_out(read_essay("T\n\nB.\n\nWhy @everyone_?\n\nPS. Two.", format="text"))
    assert layout.closing is not None
    shown = read_message(layout.closing)
    assert (shown.text, shown.living) == ("Why @everyone_?", [])


def test_ten_times_the_essay_takes_ten_times_the_work() -> None:
    def work(times: int) -> int:
        """The number of function calls, which doesn't depend on the machine's speed."""
        blocks = [SENTENCE * 9, f"**{SENTENCE.strip()}**", "- item", SENTENCE * 50]
        made = essay("\n\n".join(blocks * times))
        return count_calls(lambda: lay_out(made))

    assert work(100) < 11 * work(10)


@pytest.mark.slow
def test_one_line_of_half_a_million_characters_takes_linear_time() -> None:
    essays = [essay("word **and** more " * count) for count in (3_000, 30_000)]
    short, long = (len(lay_out(one).parts) for one in essays)
    assert 9 * short < long < 11 * short


def test_a_link_whose_text_fills_a_message_is_cut_into_links_of_their_own() -> None:
    parts = contents(f"[{'many words ' * 400}](https://a.example/x)")
    assert len(parts) > 2
    assert all(read_message(part).links == ["https://a.example/x"] for part in parts)


def test_a_link_of_signs_that_need_backslashes_still_fits() -> None:
    parts = contents(f"[{chr(92) + '*'}{(chr(92) + '*') * 700}](https://a.example/{'x' * 900})")
    assert "".join(read_message(part).text for part in parts) == "*" * 701


def test_a_link_with_emphasis_in_it_is_not_cut_between_its_pieces() -> None:
    body = (
        "word " * 370 + "[a link **of several** words that go on and on](https://a.example/x) " * 3
    )
    for part in contents(body):
        assert read_message(part).text.count("a link of several") == len(read_message(part).links)


def test_a_code_block_with_an_absurd_language_still_fits() -> None:
    assert contents(f"~~~{'x' * 3000}\ncode\n~~~") == ["```\ncode\n```"]


def test_code_of_one_endless_line_is_cut_where_it_must_be() -> None:
    parts = contents(f"~~~\n{'x' * 5000}\n~~~")
    assert "".join(read_message(part).codes[0] for part in parts) == "x" * 5000


def test_text_without_spaces_is_split_at_punctuation_not_between_letters() -> None:
    names = ",".join(f'"the-harbour-of-{number}"' for number in range(1_000, 1_400))
    for body in (f"```json\n[{names}]\n```", names):
        shown = [read_message(part).text for part in contents(body)]
        assert len(shown) > 4
        for before, after in pairwise(shown):
            assert not (before.rstrip()[-1].isalnum() and after.lstrip()[0].isalnum())


def test_code_in_a_quotation_stays_in_it_when_it_is_cut() -> None:
    code = "\n".join(f"> line {number}" for number in range(600))
    parts = contents(f"> ~~~\n{code}\n> ~~~")
    assert len(parts) > 3
    assert all(line.startswith("> ") for part in parts for line in part.split("\n"))


def test_a_break_at_the_end_parts_nothing_and_is_left_out() -> None:
    assert contents("One.\n\n---") == ["One."]


def test_more_questions_than_a_message_holds_are_asked_as_far_as_they_fit() -> None:
    asked = "\n\n".join(f"{'And would you say so ' * 20}number {n}?" for n in range(9))
    closing = lay_out(read_essay(f"T\n\nBody.\n\n{asked}\n\nPS. Done.", format="text")).closing
    assert closing is not None
    assert 1_500 < len(closing) <= 2_000
    assert closing.endswith("?")


def test_code_that_does_not_fit_below_its_heading_is_cut_between_lines() -> None:
    lines = [f"line {number} of a listing that goes on" for number in range(57)]
    lines.append("x" * (1_985 - len("\n".join(lines)) - 1))
    listing = "\n".join(lines)
    layout = lay_out(essay(f"### Heading\n\n```\n{listing}\n```\n\n{SENTENCE * 20}"), numbered=True)
    shown = [line for part in layout.parts for line in part.content.splitlines()]
    assert set(lines) <= set(shown)


FORMULA_LINE = "x_1 + y^2 = \\frac{a}{b} + \\sum_{i=1}^{n} z_i \\\\"


@pytest.mark.parametrize("before", range(0, 32, 2))
@pytest.mark.parametrize("rows", [14, 20, 26])
@pytest.mark.parametrize(
    ("start", "end"),
    [("$$", "$$"), ("\\begin{align}", "\\end{align}"), ("$$\n\\begin{cases}", "\\end{cases}\n$$")],
    ids=["dollars", "align", "cases"],
)
def test_a_display_formula_is_never_cut(before: int, rows: int, start: str, end: str) -> None:
    formula = "\n".join([start, *[FORMULA_LINE] * rows, end])
    body = f"{SENTENCE * before}\n\n{formula}\n\n{SENTENCE * 8}"
    shown = [read_message(part).text for part in contents(body)]
    assert sum(formula in text for text in shown) == 1


@pytest.mark.parametrize(
    "formula", ["$a + b = c \\cdot d. Then e$", "$$p = q, r. S$$", "$\\text{for all } x. y$"]
)
def test_a_formula_in_a_sentence_is_never_cut(formula: str) -> None:
    body = f"{formula} is so. " * 300
    shown = "\x00".join(read_message(part).text for part in contents(body))
    assert shown.count(formula) == 300


def test_prices_are_no_formula() -> None:
    assert find_formulas("It costs $5 and $10, or US$3 to US$4. ") == []


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("**A bold line**", "{}"),
        ("**Note**:", "{}"),
        ("**One** **two**", "- {}"),
        ("A term", ": {}"),
        ("> **Said**", "> {}"),
    ],
)
def test_a_bold_line_stays_with_the_text_below_it(label: str, text: str) -> None:
    for count in range(15, 34):
        body = f"{SENTENCE * count}\n\n{label}\n{'' if text[0] == ':' else chr(10)}"
        body += text.format(SENTENCE * 20) + f"\n\n{SENTENCE * 9}"
        last_lines = [part.split("\n")[-1] for part in contents(body)]
        assert not any(line.strip("> ").startswith("**") for line in last_lines)


def test_many_bold_lines_in_a_row_are_text() -> None:
    body = "\n\n".join(f"**line {number} of a poem that shouts**" for number in range(200))
    layout = lay_out(essay(body))
    assert min(sizes(layout)[:-1]) > 1_400
