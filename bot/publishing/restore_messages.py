"""Posts messages of an essay again that somebody deleted in Discord.

They can't be put back where they were: a new message is always the newest. A part links to the part
before it, and is linked from there, where both links fit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from bot.clock import Clock
from bot.core import limits
from bot.core.essay.serialize import essay_from_json
from bot.core.layout.revise import add_part_links
from bot.core.message_link import make_message_link
from bot.core.text.coded_text import make_coded
from bot.core.text.length import count_utf16_units
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, use_language
from bot.discord_api.commands import CommandMentions
from bot.errors import UserError
from bot.languages import get_discussion_language
from bot.publishing.card import make_card
from bot.publishing.publish import Actor
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import alerts
from storage.essays import deleted_messages, posted_essays
from storage.essays.deleted_messages import DeletedMessage, RestoredMessage
from storage.essays.posted_essays import PostedEssay, PostedMessage
from storage.servers.audit_log import record_action
from storage.servers.settings import get_settings

__all__ = ["Restoring", "plan_restored_messages"]

_NOT_FOUND = gettext_noop("This server has no such essay.")
_NOTHING_DELETED = gettext_noop("No message of this essay is missing any more.")
_PLACE_DELETED = gettext_noop(
    "The channel or thread of this essay was deleted, so I can't post there. Publish the essay "
    "again with `/essay publish`."
)


class Restoring:
    """Finds the deleted messages of essays and plans to post them again."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        commands: CommandMentions,
        on_work: Callable[[], None],
    ) -> None:
        self._commands = commands
        self._database = database
        self._clock = clock
        self._on_work = on_work

    async def restore(
        self, discussion_id: int, server_id: int, actor: Actor
    ) -> Sequence[DeletedMessage]:
        """Plan to post an essay's deleted messages again, each once; those messages.

        They were refused before if there are none. Raises UserError if nothing is missing.
        """
        now_ms = self._clock.now_ms()

        async def plan(tx: Transaction) -> Sequence[DeletedMessage]:
            posted = await posted_essays.find_posted_essay(tx, discussion_id)
            if posted is None or posted.server_id != server_id:
                raise UserError(_(_NOT_FOUND))
            deleted = await deleted_messages.find_deleted_messages(tx, discussion_id)
            if any(one.channel_deleted for one in deleted):
                raise UserError(_(_PLACE_DELETED))
            retried = await deleted_messages.retry_restored(tx, discussion_id, now_ms)
            if not deleted and not retried:
                raise UserError(_(_NOTHING_DELETED))
            if not deleted:
                return deleted
            settings = await get_settings(tx, server_id)
            saves_all = settings.saves_plain_messages(posted.channel_id)
            with use_language(await get_discussion_language(tx, server_id, discussion_id)):
                planned = plan_restored_messages(
                    posted, deleted, self._commands, saves_all=saves_all
                )
            await deleted_messages.restore(
                tx,
                server_id=server_id,
                discussion_id=discussion_id,
                restored=planned,
                revision=posted.revision,
                now_ms=now_ms,
            )
            about = deleted_messages.make_alert_key(discussion_id)
            await alerts.clear(tx, server_id, about)
            await record_action(
                tx,
                server_id=server_id,
                discussion_id=discussion_id,
                member_id=actor.id,
                member_name=actor.name,
                action=make_coded("did-restore", count=len(deleted)),
                now_ms=now_ms,
            )
            return deleted

        restored = await self._database.write(plan)
        self._on_work()
        return restored


def plan_restored_messages(
    posted: PostedEssay,
    deleted: Sequence[DeletedMessage],
    commands: CommandMentions,
    *,
    saves_all: bool = False,
) -> list[RestoredMessage]:
    """What is posted for each deleted message of an essay.

    The card is rendered from the newest revision, since an edit doesn't change a deleted one.
    """
    parts = [message for message in posted.messages if message.purpose == "part"]
    linked: list[PostedMessage] = []  # a part links to one other part below it
    restored = []
    for one in deleted:
        if one.purpose == "card":
            card = make_card(
                essay_from_json(json.loads(posted.essay)), commands, saves_all=saves_all
            )
            restored.append(RestoredMessage(one, card))
            continue
        previous = None
        if one.purpose == "part":
            previous = next((part for part in reversed(parts) if _is_before(part, one)), None)
        if previous is None:
            restored.append(RestoredMessage(one, one.payload_without_links))
            continue
        restored.append(_link_parts(posted.server_id, previous, one, is_linked=previous in linked))
        linked.append(previous)
    return restored


def _link_parts(
    server_id: int, previous: PostedMessage, one: DeletedMessage, *, is_linked: bool
) -> RestoredMessage:
    """A part with a link to the one before it, and that with a link to it, where they fit."""
    payload = one.payload_without_links
    address = make_message_link(server_id, previous.channel_id, previous.message_id)
    content = add_part_links(payload["content"], before=address, after=None)
    if count_utf16_units(content) <= limits.MESSAGE_CONTENT:
        payload = payload | {"content": content}
    # The addresses of both are of the same length.
    there = add_part_links(previous.content_without_links, before=None, after=address)
    has_link = is_linked or previous.payload.get("content") != previous.content_without_links
    if has_link or count_utf16_units(there) > limits.MESSAGE_CONTENT:
        return RestoredMessage(one, payload)
    return RestoredMessage(one, payload, previous.planned_message_id)


def _is_before(part: PostedMessage, one: DeletedMessage) -> bool:
    """Whether a part comes before the deleted one in the essay."""
    if part.essay_range is None or one.essay_range is None:
        return part.planned_message_id < one.planned_message_id
    return part.essay_range[1] <= one.essay_range[0]
