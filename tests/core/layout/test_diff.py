"""The diff of two revisions, for people."""

from __future__ import annotations

from bot.core.essay.essay import Essay
from bot.core.layout.diff import diff_facts, diff_passages
from bot.core.read_essay import read_essay

LONG = "Somewhere a kettle was put on and nobody thought of it again until the evening came. "


def written(*paragraphs: str, head: str = "") -> Essay:
    text = f"---\ntitle: Bread\n{head}---\n\n" + "\n\n".join(paragraphs)
    return read_essay(text, format="markdown")


def test_the_same_essay_differs_in_nothing() -> None:
    assert diff_passages(written("A loaf."), written("A loaf.")) == []
    assert diff_facts(written("A loaf."), written("A loaf.")) == []


def test_a_word_that_changes_is_shown_with_the_words_around_it() -> None:
    before = written(f"{LONG}The dough waits for a night. {LONG}")
    after = written(f"{LONG}The dough waits for a week. {LONG}")
    (line,) = diff_passages(before, after)
    assert "dough waits for a ~~night~~**week**" in line
    assert len(line) < 120
    (whole,) = diff_passages(before, after, full=True)
    assert whole.count("kettle") == 2


def test_words_that_come_or_go_alone_are_shown_so() -> None:
    before, after = written("The dough waits here."), written("The dough here.")
    assert diff_passages(before, after) == ["¶1: The dough ~~waits~~ here."]
    assert diff_passages(after, before) == ["¶1: The dough **waits** here."]


def test_passages_that_come_and_go_are_named_by_their_numbers() -> None:
    before = written("A first one about bread.", "The oven is cold.", "The end of it.")
    after = written("A first one about bread.", "The end of it.", "Rye again, and salt.")
    assert diff_passages(before, after) == [
        "¶2 removed: ~~The oven is cold.~~",
        "¶3 added: **Rye again, and salt.**",
    ]


def test_what_was_reworded_is_paired_and_what_was_not_comes_and_goes() -> None:
    before = written("One.", "The oven is cold in the morning.", "Three.")
    after = written("Quite another one.", "The oven is warm in the morning.")
    assert diff_passages(before, after) == [
        "¶1 added: **Quite another one.**",
        "¶1 removed: ~~One.~~",
        "¶2: The oven is ~~cold~~**warm** in the morning.",
        "¶3 removed: ~~Three.~~",
    ]


def test_two_long_and_very_different_essays_are_compared_in_time() -> None:
    before = written(*(f"{n} {LONG}" for n in range(150)))
    after = written(*(f"{LONG} {n * 7}" for n in range(150)))
    assert len(diff_passages(before, after)) == 300


def test_what_is_shown_is_escaped() -> None:
    before, after = written("A loaf."), written("A loaf \\*for\\* you.")
    (line,) = diff_passages(before, after)
    assert "\\*for\\* you" in line


def test_chinese_is_compared_by_characters() -> None:
    before, after = written("面包要等一个晚上。"), written("面包要等两个晚上。")
    assert diff_passages(before, after) == ["¶1: 面包要等~~一~~**两**个晚上。"]


def test_changed_facts_are_shown() -> None:
    before = written("A loaf.", head="author: Ann\n")
    after = written("A loaf.", "Would you?", head="subtitle: x\nurl: https://a.example/b\n")
    told = diff_facts(before, after)
    assert "Author: ~~Ann~~" in told
    assert any(line.startswith("Source: **https") for line in told)
    assert "Questions: **Would you?**" in told
