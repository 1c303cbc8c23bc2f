"""The preview of the real sample essay next to the checkout, as the sample's README expects it."""

from pathlib import Path

import pytest

from bot.cli.preview import preview

SAMPLE = Path(__file__).parents[3] / "shared/samples/has-social-media-lost-its-way.txt"

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the sample is not beside the checkout")


def test_the_sample_gives_what_a_careful_reader_finds() -> None:
    found = preview(SAMPLE.read_bytes(), "auto", SAMPLE.name)
    assert found["title"] == "Has social media lost its way?"
    assert found["byline"] == "speaker, consultant, coach"
    assert found["author"] is None
    assert found["epigraph"] == {
        "text": "Social media is like crack—immediately gratifying and hugely addictive.",
        "source": "Gary Vaynerchuk",
    }
    assert found["questions"] == [
        "What do you think?",
        "Is social media more than the platforms on which it's built?",
        "If so, what’s your plan to hit the big time?",
    ]
    assert found["postscript"].startswith("PS. Here's a well-watched video")


def test_every_word_of_the_sample_is_on_the_card_or_in_the_parts_in_order() -> None:
    found = preview(SAMPLE.read_bytes(), "auto", SAMPLE.name)
    essay = SAMPLE.read_text(encoding="utf-8")
    head, mark, text = essay.partition("-- Gary Vaynerchuk\n")
    assert mark, "the masthead, which the card shows, ends with the source of the epigraph"
    assert [passage["number"] for passage in found["passages"]][:2] == [1, 2]
    parts = [message["content"] for message in found["messages"] if message["passages"]]
    assert " ".join(parts).replace("\\", "").split() == text.split()
    for fact in (found["byline"], found["title"], found["epigraph"]["text"]):
        assert fact in head
