"""The opening card stays within Discord's limits and escapes essay text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.core.essay.essay import Epigraph, Essay
from bot.core.layout.card import IS_COMPONENTS_V2, add_index, render_card
from bot.core.payload import get_signature
from bot.core.read_essay import read_essay
from tests.core.discord_markdown import read_message


def essay(**changes: Any) -> Essay:
    return replace(read_essay("On Asking\n\nBy Ann Lee\n\nBody.", format="text"), **changes)


def render(essay: Essay) -> dict[str, Any]:
    return render_card(essay, "</privacy my-data:15>")


def components(card: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    waiting = list(card["components"])
    while waiting:
        one = waiting.pop(0)
        found.append(one)
        waiting.extend(one.get("components", []))
    return found


def text(card: dict[str, Any]) -> str:
    return "\n".join(one["content"] for one in components(card) if one["type"] == 10)


def test_it_is_a_components_message_that_pings_nobody() -> None:
    card = render(essay())
    assert card["flags"] & IS_COMPONENTS_V2
    assert card["allowed_mentions"] == {"parse": []}
    assert not {"content", "embeds", "poll", "stickers"} & set(card)


def test_it_shows_title_byline_epigraph_reading_time_and_that_replies_are_saved() -> None:
    shown = text(render(essay(epigraph=Epigraph("All flesh is grass.", "Isaiah"))))
    for piece in ("# On Asking", "By Ann Lee", "> All flesh is grass.", "— Isaiah", "1 minute"):
        assert piece in shown
    assert "Replies here are saved. Use </privacy my-data:15> to see or delete yours." in shown


def test_cover_and_source_are_shown_only_if_the_essay_has_them() -> None:
    bare = components(render(essay()))
    assert [one["label"] for one in bare if one["type"] == 2] == ["Threads", "What's new"]
    assert 12 not in {one["type"] for one in bare}
    full = components(
        render(essay(cover_image="https://a.example/c.png", source_url="https://a.example/e"))
    )
    (gallery,) = [one for one in full if one["type"] == 12]
    *_, button = [one for one in full if one["type"] == 2]
    assert gallery["items"] == [{"media": {"url": "https://a.example/c.png"}}]
    assert (button["style"], button["url"]) == (5, "https://a.example/e")


def test_addresses_that_are_none_of_the_web_are_left_out() -> None:
    card = render(essay(cover_image="file:///etc/passwd", source_url="javascript:alert(1)"))
    assert not [one for one in components(card) if one["type"] == 12 or "url" in one]


def test_essay_text_in_it_is_literal() -> None:
    title = "**A** _b_ @everyone <@1> [x](y) # `c`"
    shown = read_message(text(render(essay(title=title))).split("\n")[0])
    assert (shown.text, shown.living, shown.links) == (title, [], [])


def test_the_longest_texts_stay_within_discords_limits() -> None:
    huge = "*_`~|<@1> " * 3_000
    card = render(
        essay(
            title=huge, byline=huge, author=huge, date=huge,
            epigraph=Epigraph("\n".join([huge] * 40), huge),
            cover_image="https://a.example/" + "c" * 3_000,
            source_url="https://a.example/" + "e" * 3_000,
        )
    )  # fmt: skip
    assert len(components(card)) <= 40
    assert len(text(card).encode("utf-16-le")) // 2 <= 4_000


def test_an_epigraph_of_many_short_lines_stays_within_them_too() -> None:
    lines = "\n".join(["*" * 90] * 6)
    card = render(essay(epigraph=Epigraph(lines, None), title="*" * 600))
    assert len(text(card).encode("utf-16-le")) // 2 <= 4_000


def test_byline_and_author_are_both_shown_if_they_differ() -> None:
    shown = text(render(essay(byline="poet, gardener", author="Ann Lee", date="2024")))
    assert "poet, gardener · Ann Lee" in shown
    assert "2024" in shown


def test_a_cover_with_a_copy_is_uploaded_with_the_card() -> None:
    file = f"salon_{'0' * 32}.png"
    card = render(essay(cover_image="https://a.example/c.png", cover_file=file))
    (gallery,) = [one for one in components(card) if one["type"] == 12]
    assert gallery["items"] == [{"media": {"url": f"attachment://{file}"}}]
    assert card["attachments"] == [{"id": 0, "filename": file}]
    posted = {**card, "attachments": []}
    assert get_signature(posted) == get_signature(card)


def test_the_index_is_above_the_last_lines_and_the_buttons_are_there_once() -> None:
    card = render(essay(source_url="https://a.example/e"))
    indexed = add_index(card, "**3 people**")
    lines = text(indexed).split("\n")
    assert lines.index("**3 people**") == len(lines) - 3
    assert text(add_index(card, None)) == text(card)
    for shown in (indexed, add_index(indexed, None)):
        labels = [one["label"] for one in components(shown) if one["type"] == 2]
        assert labels == ["Threads", "What's new", "Source"]


def test_a_card_of_an_earlier_version_gets_the_buttons_with_its_index() -> None:
    card = render(essay(source_url="https://a.example/e"))
    source = card["components"][1]["components"][-1]
    for rows in ([], [{"type": 1, "components": [source]}]):
        old = card | {"components": [card["components"][0], *rows]}
        labels = [one["label"] for one in components(add_index(old, "1")) if one["type"] == 2]
        assert labels == ["Threads", "What's new", *(["Source"] if rows else [])]
