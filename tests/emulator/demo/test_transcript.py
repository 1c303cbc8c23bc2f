"""The transcript is rendered from the snapshot alone and reads well on a terminal."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import wcwidth

from bot.emulator.demo.terminal_markdown import Style, render_markdown
from bot.emulator.demo.transcript import render_transcript, style_for

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = {"Salon": "1", "Ann": "2", "Ben": "3", "\u200d": "4"}


class Told:
    """Builds a snapshot in the form of ``GET /rehearsal/world``, message by message."""

    def __init__(self) -> None:
        self.channels: list[dict[str, Any]] = [
            {"id": "10", "type": 0, "name": "essays"},
            {"id": "11", "type": 15, "name": "essay-forum"},
            {"id": "12", "type": 0, "name": "admins"},
        ]
        self.threads: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []

    def say(
        self,
        name: str,
        content: str,
        *,
        where: str = "10",
        answers: str | None = None,
        minutes: float = 0,
        **more: Any,
    ) -> str:
        ident = str(100 + len(self.messages))
        message: dict[str, Any] = {
            "id": ident,
            "channel_id": where,
            "type": 0 if answers is None else 19,
            "author": {
                "id": PEOPLE[name],
                "username": "salon" if name == "Salon" else f"member{PEOPLE[name]}",
                "global_name": None if name == "Salon" else name,
                **({"bot": True} if name == "Salon" else {}),
            },
            "content": content,
            "timestamp": (START + timedelta(minutes=minutes)).isoformat(),
            "attachments": [],
            "embeds": [],
            "components": [],
            "mentions": [],
            "deleted": False,
        }
        if answers is not None:
            message["message_reference"] = {"message_id": answers, "channel_id": where}
        self.messages.append(message | more)
        return ident

    def thread(self, ident: str, name: str, parent: str = "10") -> None:
        self.threads.append({"id": ident, "type": 11, "name": name, "parent_id": parent})

    def written(self, style: Style | None = None) -> str:
        world = {
            "now": START.isoformat(),
            "channels": self.channels,
            "threads": self.threads,
            "messages": self.messages,
            "interactions": [],
        }
        return render_transcript(world, style)


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_discussion_reads_from_card_to_prompt(told: Told) -> None:
    card = [
        {
            "type": 17,
            "components": [
                {"type": 10, "content": "# On *walking*\nby Ann"},
                {"type": 14},
                {"type": 10, "content": "-# 3 minutes"},
                {"type": 1, "components": [{"type": 2, "label": "Source", "url": "http://a.b/"}]},
            ],
        }
    ]
    told.say("Salon", "", components=card, flags=1 << 15)
    told.say("Salon", "One walks.\n\nAnd one **stops**.")
    closing = told.say("Salon", "Where do you walk?")
    head = told.say("Ann", "Round the lake.", answers=closing, minutes=1)
    told.thread(head, "Round the lake.")
    first = told.say("Ben", "Alone?", where=head, minutes=2)
    told.say("Ann", "With the dog.", where=head, answers=first, minutes=3)
    told.say("Salon", "A day later: where did you walk?", minutes=1441)
    assert told.written() == (
        "━━ #essays " + "━" * 79 + "\n"
        "\n"
        f"{'┄' * 29} Monday 2 March 2026, 09:00 UTC {'┄' * 29}\n"
        "\n"
        "salon  09:00\n"
        "  ╭──────────────────────────────────────────────────────────────────────────╮\n"
        "  │ On *walking*                                                             │\n"
        "  │ ────────────                                                             │\n"
        "  │ by Ann                                                                   │\n"
        "  │                                                                          │\n"
        "  │ 3 minutes                                                                │\n"
        "  │ [ Source ] http://a.b/                                                   │\n"
        "  ╰──────────────────────────────────────────────────────────────────────────╯\n"
        "\n"
        "  One walks.\n"
        "\n"
        "  And one *stops*.\n"
        "\n"
        "  Where do you walk?\n"
        "\n"
        "Ann ↳ “Where do you walk?”  09:01\n"
        "  Round the lake.\n"
        "\n"
        "    ┌─ Round the lake.\n"
        "    │\n"
        "    │ Ben  09:02\n"
        "    │   Alone?\n"
        "    │\n"
        "    │ Ann ↳ Ben  09:03\n"
        "    │   With the dog.\n"
        "    └─\n"
        "\n"
        f"{'┄' * 21} a day later · Tuesday 3 March 2026, 09:01 UTC {'┄' * 22}\n"
        "\n"
        "salon  09:01\n"
        "  A day later: where did you walk?\n"
    )


def test_deleted_and_system_messages_are_left_out(told: Told) -> None:
    gone = told.say("Ann", "Forget this.", deleted=True)
    told.say("Ann", "Lake", type=18)
    told.say("Ben", "What did you say?", answers=gone)
    written = told.written()
    assert "Forget this." not in written
    assert "Lake" not in written
    assert "Ben ↳ a deleted message" in written


def test_a_world_without_messages_is_an_empty_transcript(told: Told) -> None:
    assert told.written().strip() == ""


def test_an_invisible_name_is_shown_as_the_handle(told: Told) -> None:
    told.say("\u200d", "Here I am.")
    assert "@member4  09:00" in told.written()


def test_a_post_in_a_forum_is_a_thread_under_its_channel(told: Told) -> None:
    told.thread("50", "On walking", parent="11")
    told.say("Salon", "One walks.", where="50")
    assert "━━ #essay-forum" in told.written()
    assert "┌─ On walking\n│\n│ salon  09:00\n│   One walks.\n└─\n" in told.written()


def test_files_reactions_and_embeds_are_shown(told: Told) -> None:
    told.say(
        "Ann",
        "",
        attachments=[{"filename": "walk.jpg", "size": 12345}],
        embeds=[{"title": "A map", "description": "of **the** lake"}],
        reactions=[
            {"emoji": {"id": None, "name": "👣"}, "count": 3},
            {"emoji": {"id": "9", "name": "duck"}, "count": 1},
        ],
    )
    written = told.written()
    for shown in ("[walk.jpg, 12,345 bytes]", "│ A map", "│ of *the* lake", "👣 3  :duck: 1"):
        assert shown in written


def test_no_message_can_send_terminal_control_characters(told: Told) -> None:
    told.say("Ann", "red \x1b[31malert\x07 \x9b2J")
    told.thread(told.say("Ben", "x"), "name\x1b]0;evil\x07")
    assert not {c for c in told.written() if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f")}


@pytest.mark.parametrize("width", [60, 90, 100])
@pytest.mark.parametrize(
    "text",
    ["word " * 80, "一部の本は味わうためにある。" * 20, "👩\u200d👩\u200d👧 " * 60, "x" * 300],
)
def test_no_line_is_wider_than_the_terminal(told: Told, width: int, text: str) -> None:
    head = told.say("Ann", text)
    told.thread(head, "t")
    told.say("Ben", f"> {text}\n- {text}", where=head)
    for line in told.written(Style(width=width)).split("\n"):
        assert wcwidth.width(line) <= width


def test_colour_is_only_for_terminals(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "81")
    monkeypatch.delenv("NO_COLOR", raising=False)
    told.say("Ann", "**Yes**")
    assert style_for(io.StringIO()) == Style(width=90, colour=False)
    assert style_for(Terminal()) == Style(width=80, colour=True)
    assert "\x1b[1mYes\x1b[0m" in told.written(style_for(Terminal()))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not style_for(Terminal()).colour


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (r"5 \* 3 \* 2, \[sic\], a\_b\_c, \# no heading", "5 * 3 * 2, [sic], a_b_c, # no heading"),
        ("**bold**, *lean*, _lean_, __under__, ~~gone~~", "*bold*, *lean*, *lean*, under, gone"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("`a_b_c *d*` and ``x`y``", "a_b_c *d* and x`y"),
        ("[the lake](https://a.b/c_d_(e)) <https://a.b/*x*>", "the lake (https://a.b/c_d_(e)) https://a.b/*x*"),
        ("https://a.b/_c_*d*", "https://a.b/_c_*d*"),
        ("<@2> in <#10>, <:duck:9>, <t:0:R>", "@Ann in #essays, :duck:, 1 January 1970, 00:00 UTC"),
        ("<@77> <t:999999999999>", "<@77> <t:999999999999>"),
        ("# One\n### Three\n-# small\n#five", "One\n───\nThree\nsmall\n#five"),
        ("- a\n  - b\n2. c", "• a\n  • b\n2. c"),
        ("> one\n> \n> two\nthree", "│ one\n│\n│ two\nthree"),
        (">>> one\ntwo", "│ one\n│ two"),
        ("```py\nif *a*:\n    b\n```\nafter", "    if *a*:\n        b\nafter"),
    ],
)  # fmt: skip
def test_markdown_is_rendered_for_the_terminal(content: str, read: str) -> None:
    style = Style(names={"<@2>": "@Ann", "<#10>": "#essays"})
    assert "\n".join(render_markdown(content, style)) == read


def test_a_list_item_has_a_hanging_indent() -> None:
    assert render_markdown("- one two three four five six", Style(), 20) == [
        "• one two three four",
        "  five six",
    ]
