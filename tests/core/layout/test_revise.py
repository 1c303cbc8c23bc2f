"""Applying a new revision to the messages of the old one."""

from __future__ import annotations

import random

import pytest

from bot.core.essay.essay import Essay
from bot.core.layout.layout import lay_out
from bot.core.layout.parts import Part
from bot.core.layout.revise import ROOM_FOR_LINK, PostedPart, RevisedLayout, add_part_links, revise
from bot.core.read_essay import read_essay
from bot.core.text.length import count_utf16_units

WORDS = ["night", "dough", "loaf", "oven", "salt", "water", "flour", "hand", "table", "window"]


def paragraph(name: str, sentences: int, seed: int = 0) -> str:
    dice = random.Random(f"{name} {seed}")
    told = [f"{' '.join(dice.choices(WORDS, k=9)).capitalize()}." for _ in range(sentences)]
    return f"{name}. {' '.join(told)}"


def written(paragraphs: list[str]) -> Essay:
    return read_essay("# Bread\n\n" + "\n\n".join(paragraphs), format="markdown")


def posted(essay: Essay) -> list[PostedPart]:
    return [PostedPart(part.content, part.item_range) for part in lay_out(essay).parts]


def together(revised: RevisedLayout) -> list[Part]:
    return [part for part in (*revised.parts, *revised.more) if part is not None]


def words(texts: list[str]) -> list[str]:
    """The words of some parts; a split code block is closed and opened again."""
    return [word for word in " ".join(texts).split() if word != "```"]


def posted_after(before: list[PostedPart], revised: RevisedLayout) -> list[PostedPart]:
    """The messages after a revision was applied; those not needed are removed."""
    after = [
        PostedPart(part.content, part.item_range, old.separated)
        for old, part in zip(before, revised.parts, strict=True)
        if part is not None
    ]
    after += [
        PostedPart(part.content, part.item_range, separated=not number)
        for number, part in enumerate(revised.more)
    ]
    return after


def check(essay: Essay, revised: RevisedLayout) -> None:
    """Check that the essay is complete, in order, and that every message has room for its links."""
    parts = together(revised)
    assert words([p.content for p in parts]) == words([p.content for p in lay_out(essay).parts])
    room = [0] * (len(revised.parts) + len(revised.more))
    for pair in revised.links:
        for number in pair:
            room[number] += ROOM_FOR_LINK
    for number, part in enumerate([*revised.parts, *revised.more]):
        assert part is None or 0 < count_utf16_units(part.content) <= 2_000 - room[number]
    carried = {number for part in parts for number in part.passages}
    assert carried == {passage.number for passage in essay.passages}


def changed(before: list[PostedPart], revised: RevisedLayout) -> list[int]:
    return [
        number
        for number, (old, part) in enumerate(zip(before, revised.parts, strict=True))
        if part is None or part.content != old.content
    ]


ESSAY = [paragraph(f"Paragraph {n}", 8) for n in range(36)]


def test_the_same_text_changes_nothing() -> None:
    before = posted(written(ESSAY))
    revised = revise(written(ESSAY), written(ESSAY), before)
    assert changed(before, revised) == []
    assert (revised.more, revised.links) == ((), ())


def test_a_word_that_changes_rewrites_one_message() -> None:
    text = [*ESSAY]
    text[17] = text[17].replace("Paragraph 17", "Passage 17")
    before = posted(written(ESSAY))
    revised = revise(written(ESSAY), written(text), before)
    assert len(changed(before, revised)) == 1
    check(written(text), revised)


def test_a_short_paragraph_inserted_early_changes_only_the_parts_around_it() -> None:
    text = [*ESSAY[:2], "A line that was missing.", *ESSAY[2:]]
    before = posted(written(ESSAY))
    assert len(before) >= 8
    revised = revise(written(ESSAY), written(text), before)
    assert revised.more == ()
    assert len(changed(before, revised)) <= 3
    check(written(text), revised)


def test_what_does_not_fit_goes_on_in_new_messages_that_are_linked() -> None:
    text = [*ESSAY[:3], *(paragraph(f"New {n}", 8) for n in range(6)), *ESSAY[3:]]
    before = posted(written(ESSAY))
    revised = revise(written(ESSAY), written(text), before)
    assert revised.more
    assert revised.links == ((len(before) - 1, len(before)),)
    check(written(text), revised)


def test_a_paragraph_added_at_the_end_leaves_the_rest_alone() -> None:
    text = [*ESSAY, *(paragraph(f"New {n}", 8) for n in range(6))]
    before = posted(written(ESSAY))
    revised = revise(written(ESSAY), written(text), before)
    assert len(changed(before, revised)) <= 2
    check(written(text), revised)


def test_a_line_added_at_the_end_goes_into_the_last_message_that_has_room() -> None:
    before = posted(written(ESSAY[:2]))
    revised = revise(written(ESSAY[:2]), written([*ESSAY[:2], "One more line."]), before)
    assert revised.more == ()
    assert changed(before, revised) == [0]


def test_a_message_whose_text_was_removed_is_not_needed_and_the_others_stay() -> None:
    before = posted(written(ESSAY))
    layout = lay_out(written(ESSAY))
    gone = set(layout.parts[4].passages) - set(layout.parts[3].passages)
    gone -= set(layout.parts[5].passages)
    text = [words for number, words in enumerate(ESSAY, 1) if number not in gone]
    revised = revise(written(ESSAY), written(text), before)
    assert revised.more == ()
    assert sum(part is None for part in revised.parts) <= 1
    assert len(changed(before, revised)) <= 3
    check(written(text), revised)


@pytest.mark.parametrize("length", [1, 2, 5, 120])
def test_an_essay_of_another_length_is_complete_and_can_be_changed_back(length: int) -> None:
    other = written([paragraph(f"Other {n}", 8, seed=1) for n in range(length)])
    before = posted(written(ESSAY))
    there = revise(written(ESSAY), other, before)
    check(other, there)
    between = posted_after(before, there)
    back = revise(other, written(ESSAY), between)
    check(written(ESSAY), back)


def test_an_emptied_message_is_used_again() -> None:
    essay = written(ESSAY[:3])
    before = [PostedPart("", None), *posted(essay)]
    more = written([paragraph("Before", 30), *ESSAY[:3]])
    revised = revise(essay, more, before)
    assert revised.parts[0] is not None
    check(more, revised)


def test_an_essay_that_had_no_part_gets_new_ones() -> None:
    revised = revise(read_essay("# Bread", format="markdown"), written(ESSAY), [])
    assert len(revised.more) == len(lay_out(written(ESSAY)).parts)
    assert revised.links == ()


def test_a_last_part_that_asks_already_is_not_asked_again() -> None:
    asking = written([*ESSAY, "Would you wait a night for bread?"])
    revised = revise(written(ESSAY), asking, posted(written(ESSAY)))
    assert revised.closing == lay_out(asking).closing


@pytest.mark.parametrize("seed", range(40))
def test_after_any_series_of_edits_the_essay_is_complete_and_in_order(seed: int) -> None:
    dice = random.Random(seed)
    text = [paragraph(f"P{n}", dice.randint(1, 14)) for n in range(dice.randint(1, 40))]
    if seed % 4 == 0:
        text.insert(0, "```\n" + "\n".join(f"line {n} {'x' * 30}" for n in range(120)) + "\n```")
    old = written(text)
    standing = posted(old)
    numbered = seed % 5 == 0
    for turn in range(5):
        for _ in range(dice.randint(1, 6)):
            at = dice.randint(0, len(text))
            match dice.choice(["insert", "remove", "change", "move", "long"]):
                case "insert":
                    text.insert(at, paragraph(f"N{turn}{at}", dice.randint(1, 9), seed))
                case "long":
                    text.insert(at, paragraph(f"L{turn}{at}", dice.randint(40, 90), seed))
                case "remove" if len(text) > 1:
                    del text[min(at, len(text) - 1)]
                case "change":
                    text[at - 1] = text[at - 1].replace("night", "very long night")
                case "move":
                    text.insert(at, text.pop(dice.randrange(len(text))))
        new = written(text)
        revised = revise(old, new, standing, numbered=numbered)
        if not numbered:
            check(new, revised)
        standing, old = posted_after(standing, revised), new


def test_revising_a_long_essay_takes_time_linear_in_its_length() -> None:
    text = [paragraph(f"P{n}", 8) for n in range(700)]
    before = posted(written(text))
    revised = revise(written(text), written([paragraph("New", 8), *text]), before)
    check(written([paragraph("New", 8), *text]), revised)


def test_links_are_before_and_after_the_text() -> None:
    assert add_part_links("Bread.", before="above", after="below") == (
        "-# Continued from above\nBread.\n-# Continued below: below"
    )
    assert add_part_links("Bread.", before=None, after=None) == "Bread."
    address = f"https://discord.com/channels/{'1' * 20}/{'2' * 20}/{'3' * 20}"
    for linked in ({"before": address, "after": None}, {"before": None, "after": address}):
        assert len(add_part_links("", **linked)) <= ROOM_FOR_LINK
