"""Withdrawing an essay: which edits delete or empty its messages and lock its threads."""

from __future__ import annotations

import pytest

from bot.core.payload import make_plain_message
from bot.publishing.change_state import plan_withdrawal
from storage.delivery.messages import PostedMessage

POSTED = [
    PostedMessage("card", 1, 10, {"components": []}),
    PostedMessage("part", 1, 11, make_plain_message("Text.", silent=True)),
    PostedMessage("prompt", 1, 12, {"poll": {}}),
]


@pytest.mark.parametrize("style", ["threads", "thread"])
def test_withdrawing_deletes_the_messages_in_a_channel_then_locks_the_threads(style: str) -> None:
    edits = plan_withdrawal(style, POSTED, [7, 8])
    assert [(edit.kind, edit.message_id or edit.channel_id) for edit in edits] == [
        ("delete", 10),
        ("delete", 11),
        ("delete", 12),
        ("lock", 7),
        ("lock", 8),
    ]


def test_withdrawing_empties_a_forum_post_and_locks_it_before_and_after() -> None:
    edits = plan_withdrawal("forum", POSTED, [1])
    assert [edit.kind for edit in edits] == ["lock", "edit", "edit", "delete", "lock"]
    assert edits[2].payload == {"content": "-# This essay was withdrawn."}
