"""The record: what happened, in order of arrival, written a batch at a time.

A batch is one unit of work. What the archive knows of the channels and messages that the batch
speaks of is asked once for all of it, each event is then decided by
:func:`bot.core.conversation.routing.route` on top of the ones before it, and the rows are written
together, so that the cost of a message does not hang on visits to the database's thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.clock import to_milliseconds
from bot.core.conversation.events import (
    Attachment,
    ChannelDeletion,
    Deletion,
    Edit,
    Event,
    HistoryPage,
    Message,
    Reaction,
    ReactionsCleared,
    ThreadSeen,
)
from bot.core.conversation.passage_refs import may_refer_to_passages
from bot.core.conversation.routing import (
    AnsweredBotMessage,
    AnsweredReply,
    Ignore,
    Record,
    find_thread,
    route,
)
from storage.db.writer import Transaction
from storage.delivery import temporary_messages
from storage.privacy.erasure import NO_MEMBER, THREAD_NAME
from storage.privacy.members import NOBODY
from storage.prompts.prompts import PLAN_NUDGE
from storage.replies import deleted_channels
from storage.replies import statements as sql
from storage.replies.batch import (
    Batch,
    Early,
    Found,
    Recorded,
    bringing_row,
    nudge_row,
    reply_row,
    thread_row,
)
from storage.replies.lookup import Kept, ask
from storage.replies.passage_refs import Naming, name_passages

#: Records a message of our own as sent: the transaction, the message, the time in milliseconds;
#: whether it was news (bot.delivery.after_send.own_message).
OwnMessage = Callable[[Transaction, Message, int], Awaitable[bool]]
#: Replies remembered for one message that has not come (yet).
_MOST_ANSWERS = 20

__all__ = ["Early", "Found", "OwnMessage", "Recorded", "record"]


async def record(
    tx: Transaction,
    events: Sequence[Event],
    *,
    proven: frozenset[int],
    now_ms: int,
    own_message: OwnMessage,
    early: Early | None = None,
) -> Recorded:
    """Write what ``events`` tell, in their order.

    ``proven``: the channels whose record had no gap when these events arrived; only for them
    does a live message move the watermark (design: the record is complete). ``early``: what
    :attr:`Recorded.early` and :attr:`Recorded.answers` of former batches told.
    """
    confirmed = 0
    for event in events:
        messages = event.messages if isinstance(event, HistoryPage) else (event,)
        for message in messages:
            if isinstance(message, Message) and message.own:
                confirmed += await own_message(tx, message, now_ms)
    batch = Batch(await ask(tx, events), early or Early({}, {}), now_ms)
    batch.recorded.posts_confirmed = confirmed
    watermarks: dict[int, int] = {}
    for event in events:
        if isinstance(event, Message):
            _message(event, batch)
            channel_id = event.channel_id
            if channel_id in proven and channel_id not in batch.recorded.withheld:
                watermarks[channel_id] = max(watermarks.get(channel_id, 0), event.id)
        else:
            _other(event, batch)
    for channel_id, message_id in watermarks.items():
        batch.add(sql.MOVE_WATERMARK, {"channel_id": channel_id, "message_id": message_id})
    await batch.write(tx)
    if batch.naming:
        await name_passages(tx, batch.naming)
    for message in batch.closed_met.values():
        await _say_closed(tx, message, batch)
    for one in batch.gone:
        await deleted_channels.note(tx, one.channel_id, one.server_id, to_milliseconds(one.at))
        batch.recorded.brought += 1  # the admins are told
    return batch.recorded


def _other(event: Event, batch: Batch) -> None:
    match event:
        case Edit():
            _edit(event, batch)
        case Deletion():
            _deletion(event, batch)
        case Reaction():
            reply_id = _reacted(event, batch)
            if reply_id is not None:
                row = {"id": reply_id, "emoji": event.emoji, "change": event.change}
                batch.add(sql.COUNT_REACTION, row)
                batch.add(sql.DROP_UNCOUNTED, {"id": reply_id})
        case ReactionsCleared():
            reply_id = _reacted(event, batch)
            if reply_id is not None:
                batch.add(sql.CLEAR_REACTIONS, {"id": reply_id, "emoji": event.emoji})
        case HistoryPage():
            for message in event.messages:
                _read(message, batch, shown=event.content_visible)
        case ThreadSeen():
            _thread_seen(event, batch)
        case ChannelDeletion():
            batch.gone.append(event)
        case Message():
            raise AssertionError("a message is recorded by itself")


# -- messages -----------------------------------------------------------------------------------


def _message(message: Message, batch: Batch) -> bool:
    """Add what one message leads to; whether it is a reply that was not known."""
    known = batch.known.answered
    if message.id in known:  # by the gateway, by an earlier reading, or our own
        return False
    if message.content_missing:
        batch.recorded.withheld.add(message.channel_id)
    answered = None if message.reference_id is None else known.get(message.reference_id)
    if answered is None and message.reference_id is not None and not message.from_bot:
        # What it replies to may have been told later than it.
        before_it = batch.answers(message.reference_id)
        batch.recorded.answers[message.reference_id] = (*before_it[-_MOST_ANSWERS:], message)
    place = find_thread(known.get(message.channel_id))
    decided = route(message, place, answered, batch.known.gathering(message))
    if isinstance(decided, Ignore):
        return False
    before = batch.early(message.id)
    if _is_kept_out(message, batch):
        message = _nameless(message)
        before = Deletion((message.id,), message.channel_id, message.written_at)
    if isinstance(before, Deletion) and decided.opens_thread:
        decided = replace(decided, thread_id=None, opens_thread=False)  # there will be none
    home = decided.target_thread_id if decided.thread_id is None else decided.thread_id
    known[message.id] = AnsweredReply(decided.discussion_id, message.id, home)
    batch.add(sql.INSERT_REPLY, reply_row(message, decided))
    if decided.thread_id == message.channel_id and message.channel_id not in batch.watched:
        batch.watched.add(message.channel_id)
        watch = {"id": message.channel_id, "server_id": message.server_id, "now": batch.now_ms}
        batch.add(sql.WATCH_THREAD, watch)
    _attachments(message.id, message.attachments, batch)
    if answered is None and message.reference_id is not None:
        batch.add(sql.NOTE_EARLY, {"id": message.id, "reference_id": message.reference_id})
        batch.known.waited_for.add(message.reference_id)  # it may come in this very batch
    if message.id in batch.known.waited_for:
        row = {"id": message.id, "discussion_id": decided.discussion_id}
        batch.add(sql.SET_PARENT_OF_EARLY, row)
        batch.add(sql.FORGET_EARLY, row)
    if decided.planned_message_id is not None:
        answered_at = {"written_at": to_milliseconds(message.written_at)}
        row = {
            "id": message.id,
            "planned_message_id": decided.planned_message_id,
            "discussion_id": decided.discussion_id,
        }
        batch.add(sql.INSERT_PASSAGES, row | answered_at)
    if may_refer_to_passages(message.text):
        batch.naming[message.id] = Naming(decided.discussion_id, message.text)
    if message.reactions:
        _reactions_as_told(message, message.id, batch)
    if before is not None:
        _other(before, batch)
    if not isinstance(before, Deletion):
        _follow(message, decided, batch)
    for answer in batch.answers(message.id):
        _late(answer, batch)
    return True


def _is_kept_out(message: Message, batch: Batch) -> bool:
    """Whether its author asked that nothing of theirs be kept, or not what they wrote till then."""
    who = message.server_id, message.author_id
    if who not in batch.known.forgotten:
        return False
    until = batch.known.forgotten[who]
    return until is None or to_milliseconds(message.written_at) <= until


def _is_forgotten(event: ThreadSeen, batch: Batch) -> bool:
    """Whether nothing is to be kept of who opened a thread, nor what they called it.

    When it was opened is not told, so of who was forgotten once only a new one is kept.
    """
    who = event.server_id, event.owner_id
    return who in batch.known.forgotten and not (event.is_new and batch.known.forgotten[who])


def _nameless(message: Message) -> Message:
    """The place alone of a message whose author asked that nothing of theirs be kept."""
    return replace(message, author_id=NOBODY, author_name="", text="", attachments=(), reactions=())


def _late(answer: Message, batch: Batch) -> None:
    """A reply that came before what it replies to: now its parent is known."""
    known = batch.known.answered
    place = find_thread(known.get(answer.channel_id))
    decided = route(answer, place, known.get(answer.reference_id or 0))
    if isinstance(decided, Ignore):
        return
    if place is None:
        _message(answer, batch)
    else:
        batch.add(sql.SET_PARENT, {"id": answer.id, "parent_id": decided.parent_id})


def _follow(message: Message, decided: Record, batch: Batch) -> None:
    """What the bot is to do about a reply."""
    if decided.opens_thread:
        batch.add(sql.WANT_THREAD, thread_row(message, decided, batch.now_ms))
        batch.add(PLAN_NUDGE, nudge_row(message, decided))
        batch.recorded.threads_wanted += 1
    elif decided.target_thread_id is not None:
        batch.add(sql.WANT_BRINGING, bringing_row(message, decided, batch.now_ms))
        batch.recorded.brought += 1
    elif decided.notify_closed:
        batch.closed_met.setdefault(decided.discussion_id, message)


def _attachments(
    reply_id: int, attachments: tuple[Attachment, ...], batch: Batch, **more: int | None
) -> None:
    """The files on a reply; ``more``: of an edit, when it was made."""
    insert = sql.INSERT_CHANGED_ATTACHMENT if more else sql.INSERT_ATTACHMENT
    for position, file in enumerate(attachments):
        row = {"id": reply_id, "position": position, "file_id": file.id, **more}
        batch.add(insert, row | {"name": file.name, "type": file.type, "size": file.size})
        if file.id:
            row = {"id": reply_id, "position": position, "file_id": file.id}
            batch.add(sql.OWE_FILE, row | {"url": file.url, "now": batch.now_ms})
            batch.recorded.files += 1


# -- reactions ----------------------------------------------------------------------------------


def _reacted(event: Reaction | ReactionsCleared, batch: Batch) -> int | None:
    """The reply whose reactions changed, if one did; they are to be read from Discord, too.

    An event may come twice or late, so counting alone would drift. A reply that was moved has
    the reactions of its copy.
    """
    known = batch.known.answered.get(event.message_id)
    if not isinstance(known, AnsweredReply) or event.message_id in batch.known.moved:
        return None
    batch.recorded.reacted.add((event.server_id, event.channel_id, event.message_id))
    return known.reply_id


def _reactions_as_told(message: Message, reply_id: int, batch: Batch) -> None:
    batch.add(sql.CLEAR_REACTIONS, {"id": reply_id, "emoji": None})
    for emoji, count in message.reactions or ():
        batch.add(sql.SET_REACTION, {"id": reply_id, "emoji": emoji, "count": count})


# -- changes ------------------------------------------------------------------------------------


def _edit(event: Edit, batch: Batch) -> None:
    known = batch.known.answered.get(event.message_id)
    if known is None:
        if event.edited_at is not None:  # without a time a link preview came, and no other words
            _keep_early(event.message_id, event, batch)
        return
    if not isinstance(known, AnsweredReply) or event.message_id in batch.known.copies:
        return  # a copy is only ever rewritten by the bot itself, after the archive
    edited_at = None if event.edited_at is None else to_milliseconds(event.edited_at)
    row = {"id": known.reply_id, "edited_at": edited_at}
    batch.add(sql.DROP_CHANGED_ATTACHMENTS, row)
    _attachments(known.reply_id, event.attachments, batch, edited_at=edited_at)
    batch.add(sql.DROP_FILES, {"id": known.reply_id})
    batch.add(sql.EDIT_REPLY, row | {"text": event.text})
    if known.reply_id in batch.known.moved:
        batch.add(sql.REWRITE_COPY, {"id": known.reply_id, "now": batch.now_ms})
        batch.recorded.brought += 1
    batch.naming[known.reply_id] = Naming(known.discussion_id, None)


def _keep_early(message_id: int, event: Edit | Deletion, batch: Batch) -> None:
    before = batch.early(message_id)
    if isinstance(before, Deletion):
        return
    if isinstance(before, Edit) and isinstance(event, Edit) and _older(event, before):
        return
    batch.recorded.early[message_id] = event


def _older(event: Edit, than: Edit) -> bool:
    assert event.edited_at is not None
    return than.edited_at is not None and event.edited_at < than.edited_at


def _deletion(event: Deletion, batch: Batch) -> None:
    # What a member deletes is gone: the text and files are erased, the place in the tree stays.
    at = to_milliseconds(event.at)
    for message_id in event.message_ids:
        known = batch.known.answered.get(message_id)
        if known is None:
            _keep_early(message_id, Deletion((message_id,), event.channel_id, event.at), batch)
            continue
        if not isinstance(known, AnsweredReply):
            batch.add(sql.LOSE_POST, {"message_id": message_id, "at": at})
            continue
        for statement in sql.ERASE_REPLY:
            batch.add(statement, {"id": known.reply_id, "message_id": message_id, "at": at})
        if message_id in batch.known.moved:
            batch.add(sql.LOOK_AT_ORIGINAL, {"id": message_id, "now": batch.now_ms})
            batch.recorded.brought += 1


# -- readings -----------------------------------------------------------------------------------


def _read(message: Message, batch: Batch, *, shown: bool) -> None:
    """A message as the history has it: new, or compared; an empty one overwrites nothing."""
    if message.content_missing and not shown:
        batch.recorded.withheld.add(message.channel_id)
        return
    reply_id = batch.known.copies.get(message.id)
    if reply_id is not None:
        _read_copy(message, reply_id, batch)
        return
    found = batch.recorded.found.setdefault(message.server_id, Found())
    kept = batch.known.kept.get(message.id)
    if kept is None:
        found.replies += _message(replace(message, content_missing=False), batch)
        return
    _set_parent(message, kept, batch)
    if kept.deleted:
        return
    if not message.content_missing and _differs(message, kept):
        found.edits += 1
        _edit(
            Edit(
                message.id, message.channel_id, message.text, message.edited_at, message.attachments
            ),
            batch,
        )
    if message.id not in batch.known.moved and frozenset(message.reactions or ()) != kept.reactions:
        _reactions_as_told(message, message.id, batch)


def _read_copy(message: Message, reply_id: int, batch: Batch) -> None:
    """Of a copy only the reactions are news: what it says follows the archive."""
    kept = batch.known.kept.get(reply_id)
    if kept is None or kept.deleted:
        return
    if frozenset(message.reactions or ()) != kept.reactions:
        _reactions_as_told(message, reply_id, batch)


def _set_parent(message: Message, kept: Kept, batch: Batch) -> None:
    """The history tells in order, so what a message replies to is known."""
    answered = (known := batch.known.answered).get(message.reference_id or 0)
    if (
        isinstance(answered, AnsweredBotMessage)
        and answered.is_notice
        and answered.about_reply is None
    ):
        return  # a line taken away, of which is known no more whom it was about
    decided = route(message, find_thread(known.get(message.channel_id)), answered)
    if isinstance(decided, Record) and decided.parent_id != kept.parent_id:
        batch.add(sql.SET_PARENT, {"id": message.id, "parent_id": decided.parent_id})


def _differs(message: Message, kept: Kept) -> bool:
    edited_at = None if message.edited_at is None else to_milliseconds(message.edited_at)
    if kept.edited_at is not None and (edited_at is None or edited_at < kept.edited_at):
        return False  # the gateway was faster than this page
    return (
        message.text != kept.text
        or edited_at != kept.edited_at
        or len(message.attachments) != kept.attachments
    )


# -- threads ------------------------------------------------------------------------------------


def _thread_seen(event: ThreadSeen, batch: Batch) -> None:
    """A thread on a message of a discussion belongs to it, whoever opened it."""
    known = batch.known.answered.get(event.id)
    if known is None:
        return
    row = {
        "id": event.id,
        "server_id": event.server_id,
        "discussion_id": known.discussion_id,
        "channel_id": event.channel_id,
        "member_id": event.owner_id,
        "name": event.name,
        "due_at": batch.now_ms,
    }
    if _is_forgotten(event, batch):
        row |= {"member_id": NO_MEMBER, "name": THREAD_NAME}
    for statement in sql.TAKE_THREAD:
        batch.add(statement, row)
    if isinstance(known, AnsweredReply):
        batch.known.answered[event.id] = AnsweredReply(
            known.discussion_id, known.reply_id, event.id
        )
    if event.is_new:
        batch.recorded.seen.add(event.id)


_CLOSED = (
    "-# This discussion is closed: what you write here is kept, but no new threads are opened."
)


async def _say_closed(tx: Transaction, message: Message, batch: Batch) -> None:
    known = batch.known.answered[message.id]
    if await temporary_messages.say_once(
        tx,
        message.server_id,
        about=f"closed discussion {known.discussion_id}",
        text=_CLOSED,
        discussion_id=known.discussion_id,
        channel_id=message.channel_id,
        after_id=message.id,
        now_ms=batch.now_ms,
    ):
        batch.recorded.brought += 1
