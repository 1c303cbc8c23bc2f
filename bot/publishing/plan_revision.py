"""Plan a new revision: which posted messages of the essay are edited, removed or added.

Pure decisions on the essay as it is posted (storage.essays.posted_essays).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from bot.core.conversation.thread_names import make_essay_thread_name
from bot.core.essay.essay import Essay
from bot.core.essay.given_questions import split_questions
from bot.core.essay.serialize import essay_from_json
from bot.core.layout.closing_message import make_closing_payload, render_closing_question
from bot.core.layout.part_message import make_part_message
from bot.core.layout.parts import Position
from bot.core.layout.revise import PostedPart, RevisedLayout, add_part_links, revise
from bot.core.message_link import make_message_link
from bot.core.payload import Payload, make_edit, make_edit_body, make_plain_message
from bot.core.text.coded_text import CodedText
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.discord_api.commands import CommandMentions
from bot.publishing.card import make_card
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.messages import NewMessage
from storage.essays.posted_essays import NewPayload, PostedEssay, PostedMessage

__all__ = [
    "Change",
    "RevisionPlan",
    "get_edit_interval_ms",
    "list_edits",
    "list_payloads",
    "plan_revision",
]

_EMPTIED = gettext_noop("This part is no longer in the essay.")
#: Age in milliseconds (one hour) from which on Discord limits edits of a message, and the interval
#: between two such edits (docs: Opcodes and Status Codes › JSON, 30046; the number allowed isn't
#: documented).
_OLD_AFTER, _OLD_INTERVAL = 3_600_000, 7_000


@dataclass(frozen=True, slots=True)
class Change:
    """A planned change of a message. ``payload``: the new body, as for Discord's Create Message.

    ``needed`` False: the message is deleted, or edited to ``payload`` if it has a reply or a
    thread. ``body``: the body of Discord's Edit Message; None if the message doesn't change.
    """

    message: PostedMessage
    payload: Payload
    body: Payload | None
    needed: bool = True
    content_without_links: str | None = None
    essay_range: tuple[Position, Position] | None = None
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionPlan:
    """The planned changes of an essay's messages for a new revision.

    changes:           of each posted message
    added:             new messages
    previous_part_id:  the planned message that the first of them continues
    thread_name:       the new name of the essay's own thread; None if it doesn't change
    """

    changes: tuple[Change, ...]
    added: tuple[NewMessage, ...]
    previous_part_id: int | None
    thread_name: str | None = None

    @property
    def is_same(self) -> bool:
        """Whether nothing visible changes."""
        edited = any(change.body is not None for change in self.changes)
        return not edited and not self.added and self.thread_name is None


def plan_revision(
    posted: PostedEssay,
    essay: Essay,
    closing: str | None,
    commands: CommandMentions,
    *,
    numbered: bool,
    saves_all: bool = False,
    has_answer: bool = True,
    has_author: bool = False,
) -> tuple[RevisionPlan, tuple[CodedText, ...]]:
    """The changes of every message for a new revision, and notes on what can't be shown.

    ``closing``: the closing question an admin chose; ``numbered``: ¶ numbers are shown.
    ``saves_all``: all messages in the channel are saved. ``has_answer``: members can answer with a
    form. ``has_author``: a member is known as the author.
    """
    old = essay_from_json(json.loads(posted.essay))
    parts = [message for message in posted.messages if message.purpose == "part"]
    revised = revise(
        old,
        essay,
        [
            PostedPart(part.content_without_links, part.essay_range, part.separated)
            for part in parts
        ],
        numbered=numbered,
    )
    changes = [
        _plan_change(message, make_card(essay, commands, saves_all=saves_all))
        for message in posted.messages
        if message.purpose == "card"
    ]
    changes += _plan_part_changes(posted, parts, revised)
    added = _plan_added_parts(posted, parts, revised)
    given = split_questions(closing)
    asked = render_closing_question(given) if given else revised.closing
    closings = [message for message in posted.messages if message.purpose == "closing"]
    closing_payload = make_closing_payload(asked, has_answer=has_answer, has_author=has_author)
    # Where new parts follow it, a closing message that nobody has answered is posted again.
    stays = not added or any(message.answered for message in closings)
    for message in closings:
        changes.append(_plan_change(message, closing_payload, needed=stays or message.answered))
    if (added and not stays) or (asked is not None and not closings):
        added.append(NewMessage("closing", closing_payload))
    used = [n for n, part in enumerate(revised.parts) if part is not None]
    plan = RevisionPlan(
        changes=tuple(changes),
        added=tuple(added),
        previous_part_id=parts[used[-1]].planned_message_id if used and revised.more else None,
        thread_name=_get_new_thread_name(posted, old, essay),
    )
    return plan, (*essay.notes, *revised.notes)


def _get_new_thread_name(posted: PostedEssay, old: Essay, new: Essay) -> str | None:
    """The new name of the essay's own thread or forum post; None if it doesn't change."""
    before, after = make_essay_thread_name(old.title), make_essay_thread_name(new.title)
    return None if posted.thread_id is None or before == after else after


def _plan_change(
    message: PostedMessage,
    payload: Payload,
    *,
    needed: bool = True,
    content_without_links: str | None = None,
) -> Change:
    pending = message.edit_pending
    body = make_edit(message.payload, payload, pending=pending)
    same = not pending and make_edit_body(message.payload) == body
    changed = None if same and needed else body
    return Change(
        message, payload, changed, needed=needed, content_without_links=content_without_links
    )


def _plan_part_changes(
    posted: PostedEssay, parts: list[PostedMessage], revised: RevisedLayout
) -> list[Change]:
    addresses = [
        make_message_link(posted.server_id, part.channel_id, part.message_id) for part in parts
    ]
    before = {other: addresses[one] for one, other in revised.links if one < len(parts)}
    # The link to a new message is known once that is sent (bot.delivery.after_send).
    after = {one: addresses[other] for one, other in revised.links if other < len(parts)}
    changes = []
    for number, (message, part) in enumerate(zip(parts, revised.parts, strict=True)):
        if part is None:
            payload = make_plain_message(f"-# {_(_EMPTIED)}", silent=True)
            emptied = message.content_without_links == "" and message.essay_range is None
            stays = message.answered and emptied
            changes.append(_plan_change(message, payload, needed=stays, content_without_links=""))
            continue
        content = add_part_links(part.content, before=before.get(number), after=after.get(number))
        payload = make_part_message(part, content)
        change = _plan_change(message, payload, content_without_links=part.content)
        changes.append(replace(change, essay_range=part.item_range, passages=part.passages))
    return changes


def _plan_added_parts(
    posted: PostedEssay, parts: list[PostedMessage], revised: RevisedLayout
) -> list[NewMessage]:
    new = posted.revision + 1
    posts = []
    for number, part in enumerate(revised.more, len(parts)):
        before = next((one for one, other in revised.links if other == number), None)
        address = None
        if before is not None:
            address = make_message_link(
                posted.server_id, parts[before].channel_id, parts[before].message_id
            )
        content = add_part_links(part.content, before=address, after=None)
        posts.append(
            NewMessage(
                "part",
                make_part_message(part, content),
                tuple((new, passage) for passage in part.passages),
                part.item_range,
                part.content,
            )
        )
    return posts


def list_payloads(plan: RevisionPlan) -> list[NewPayload]:
    """What the plan makes of each posted message."""
    return [
        NewPayload(
            planned_message_id=change.message.planned_message_id,
            payload=change.payload,
            content_without_links=change.content_without_links,
            essay_range=change.essay_range,
            passages=change.passages,
        )
        for change in plan.changes
    ]


def list_edits(posted: PostedEssay, plan: RevisionPlan) -> list[NewMessageEdit]:
    """The edits that apply a revision, in order: change messages, remove messages, rename."""
    changed, removed = [], []
    for change in plan.changes:
        if change.body is None:
            continue
        channel_id, message_id = change.message.channel_id, change.message.message_id
        if change.needed:
            changed.append(NewMessageEdit("edit", channel_id, message_id, change.body))
        else:
            removed.append(NewMessageEdit("remove", channel_id, message_id, change.body))
    edits = [*changed, *removed]
    if posted.thread_id is None:
        return edits
    if plan.thread_name is not None:
        payload = {"name": plan.thread_name}
        edits.append(NewMessageEdit("rename", posted.thread_id, payload=payload))
    if edits and posted.state == "closed":
        edits.append(NewMessageEdit("lock", posted.thread_id))  # an edit unarchives the thread
    return edits


def get_edit_interval_ms(posted: PostedEssay, now_ms: int) -> int:
    """Milliseconds between two edits; more for old messages, whose edits Discord limits."""
    is_old = posted.posted_at is not None and now_ms - posted.posted_at >= _OLD_AFTER
    return _OLD_INTERVAL if is_old else 0
