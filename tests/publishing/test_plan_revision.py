"""Planning a new revision: the order of its edits, and the time between them."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.core.essay.serialize import essay_to_json
from bot.core.layout.layout import lay_out
from bot.core.payload import SUPPRESS_EMBEDS, make_plain_message
from bot.core.read_essay import read_essay
from bot.discord_api.commands import CommandMentions
from bot.publishing.card import make_card
from bot.publishing.plan_revision import get_edit_interval_ms, list_edits, plan_revision
from storage.essays.posted_essays import PostedEssay, PostedMessage

OLD = read_essay("# Bread\n\nIt takes a night.\n\nWould you wait?", format="markdown")
HOUR = 3_600_000


def make_posted(state: str = "open", thread_id: int | None = None) -> PostedEssay:
    layout = lay_out(OLD)
    payloads = [("card", make_card(OLD, CommandMentions()))] + [
        ("part", make_plain_message(part.content, silent=True)) for part in layout.parts
    ]
    return PostedEssay(
        discussion_id=1,
        server_id=2,
        state=state,
        channel_id=3,
        place_id=3 if thread_id is None else thread_id,
        thread_id=thread_id,
        revision=1,
        essay=json.dumps(essay_to_json(OLD)),
        closing=None,
        source=b"",
        source_name=None,
        messages=tuple(
            PostedMessage(
                planned_message_id=number,
                purpose=purpose,
                channel_id=3,
                message_id=number + 100,
                payload=payload,
                content_without_links=str(payload.get("content", "")),
                essay_range=layout.parts[number - 1].item_range if purpose == "part" else None,
                separated=False,
                edit_pending=False,
                answered=False,
            )
            for number, (purpose, payload) in enumerate(payloads)
        ),
        posted_at=HOUR,
        is_unfinished=False,
        thread_lost=False,
    )


def test_the_same_text_plans_no_edits() -> None:
    posted = make_posted(state="closed", thread_id=4)
    plan, _ = plan_revision(posted, OLD, None, CommandMentions(), numbered=False)
    assert plan.is_same
    assert list_edits(posted, plan) == []


def test_a_new_title_renames_the_essays_own_thread_and_locks_it_again_if_it_is_closed() -> None:
    new = read_essay("# Rye\n\nIt takes a night.\n\nWould you wait?", format="markdown")
    for state, expected in (("open", ["edit", "rename"]), ("closed", ["edit", "rename", "lock"])):
        posted = make_posted(state=state, thread_id=4)
        plan, _ = plan_revision(posted, new, None, CommandMentions(), numbered=False)
        assert [edit.kind for edit in list_edits(posted, plan)] == expected
    posted = make_posted()
    plan, _ = plan_revision(posted, new, None, CommandMentions(), numbered=False)
    assert [edit.kind for edit in list_edits(posted, plan)] == ["edit"]


def test_edits_of_messages_older_than_an_hour_are_spread_over_time() -> None:
    posted = make_posted()
    assert get_edit_interval_ms(posted, 2 * HOUR - 1) == 0
    assert get_edit_interval_ms(posted, 2 * HOUR) == 7_000


def test_an_edit_that_replaces_a_pending_one_says_everything_that_one_would_have() -> None:
    """The message may have link previews and pictures still that the pending edit removes."""
    posted = make_posted()
    waiting = replace(
        posted, messages=tuple(replace(one, edit_pending=True) for one in posted.messages)
    )
    new = read_essay("# Bread\n\nIt takes a day.\n\nWould you wait?", format="markdown")
    plan, _ = plan_revision(waiting, new, None, CommandMentions(), numbered=False)
    card, part = (change.body for change in plan.changes[:2])
    assert card is not None
    assert part is not None
    assert part["flags"] == SUPPRESS_EMBEDS
    assert (card["attachments"], part["attachments"]) == ([], [])
    plan, _ = plan_revision(posted, new, None, CommandMentions(), numbered=False)
    part = plan.changes[1].body
    assert part is not None
    assert not {"flags", "attachments"} & set(part)
