"""What is posted for the deleted messages of an essay."""

from __future__ import annotations

from dataclasses import replace

from bot.core.payload import make_plain_message
from bot.discord_api.commands import CommandMentions
from bot.publishing.restore_messages import plan_restored_messages
from storage.essays.deleted_messages import DeletedMessage
from tests.publishing.test_plan_revision import make_posted

ADDRESS = "https://discord.com/channels/2/3/101"


def make_deleted(number: int, content: str, purpose: str = "part") -> DeletedMessage:
    payload = make_plain_message(content, silent=True)
    return DeletedMessage(number, purpose, 3, False, payload, None, ((number, 0), (number + 1, 0)))


def test_a_restored_part_and_the_one_before_it_link_to_each_other() -> None:
    first, second = plan_restored_messages(
        make_posted(),
        [make_deleted(5, "It rises."), make_deleted(6, "It is baked.")],
        CommandMentions(),
    )
    assert first.payload["content"] == f"-# Continued from {ADDRESS}\nIt rises."
    assert first.previous_part_id == 1
    assert second.payload["content"] == f"-# Continued from {ADDRESS}\nIt is baked."
    assert second.previous_part_id is None, "a part links to one below it"


def test_links_that_do_not_fit_are_left_out() -> None:
    posted = make_posted()
    card, part, *rest = posted.messages
    full = replace(part, content_without_links="x" * 1990, payload={"content": "x" * 1990})
    (one,) = plan_restored_messages(
        replace(posted, messages=(card, full, *rest)),
        [make_deleted(5, "y" * 1990)],
        CommandMentions(),
    )
    assert one.payload["content"] == "y" * 1990
    assert one.previous_part_id is None


def test_links_of_a_deleted_part_are_not_posted_again() -> None:
    deleted = replace(
        make_deleted(5, "-# Continued from nowhere\nIt rises.", "closing"),
        content_without_links="It rises.",
    )
    (one,) = plan_restored_messages(make_posted(), [deleted], CommandMentions())
    assert one.payload["content"] == "It rises."
