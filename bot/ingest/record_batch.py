"""Records a batch of events: look up, route and write in one transaction.

What the archive has about the channels and messages in the batch is looked up once for all of it.
Then each event is decided by :func:`bot.core.conversation.routing.route` on top of the events
before it, and the rows are written together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot import quotations
from bot.alerts import notify_admins, post_once
from bot.clock import from_milliseconds, to_milliseconds
from bot.core.conversation.events import (
    POLL_RESULT,
    REPLY,
    USER_MESSAGE_TYPES,
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
from bot.core.conversation.forwards_polls_stickers import NO_EXTRAS, describe_extras
from bot.core.conversation.member_limits import HOUR_MS, MAX_PER_HOUR, THREADS_PER_PRIORITY
from bot.core.conversation.passage_refs import may_refer_to_passages
from bot.core.conversation.proxies import (
    THREAD_DELAY_MS,
    Original,
    make_original,
    rank_originals,
)
from bot.core.conversation.routing import (
    AnsweredBotMessage,
    AnsweredReply,
    Ignore,
    Record,
    can_join,
    find_thread,
    route,
)
from bot.core.conversation.thread_index import INDEX_WAITS_MS, NEW_FOR_MS
from bot.core.conversation.thread_names import ERASED_THREAD_NAME, make_thread_name
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import make_coded
from bot.core.text.titles import escape_title
from bot.ingest.answer_hints import HINT_MS, plan_answer_hint
from bot.ingest.answered_passages import ReplyText, save_answered_passages
from bot.ingest.batch import (
    Batch,
    BatchResult,
    EarlyEvents,
    RecoveredChanges,
    find_plain_messages,
)
from bot.ingest.deletion_alerts import alert_about_deleted_messages
from storage.db.erasure_log import ERASED_AUTHOR_ID
from storage.db.writer import Transaction
from storage.delivery import alerts, card_indexes, essay_threads
from storage.delivery.threads import ERASED_MEMBER
from storage.essays import discussions
from storage.prompts import nudges
from storage.replies import deleted_channels
from storage.replies.batch_lookup import SavedReply, look_up
from storage.replies.proxied_replies import Candidate

__all__ = ["OwnMessageHandler", "record_batch"]

T = TypeVar("T", Message, Edit)

#: Replies remembered for one message that hasn't arrived yet.
_MAX_EARLY_REPLIES = 20

#: Events after which PostgreSQL begins to write what was decided on them, while the next ones are
#: decided on. More are sent in several parts, since they don't fit into the socket's buffer.
_PIECE = 200

#: Confirms the planned message that a message of the bot is, at a time in milliseconds; whether
#: one wasn't confirmed before.
OwnMessageHandler = Callable[[Transaction, Message, int], Awaitable[bool]]


async def record_batch(
    tx: Transaction,
    events: Sequence[Event],
    *,
    complete: frozenset[int],
    now_ms: int,
    confirm_own_message: OwnMessageHandler,
    early: EarlyEvents | None = None,
    shards: Shards = UNSHARDED,
) -> BatchResult:
    """Record ``events`` in their order.

    ``complete``: the channels whose record had no gap when these events arrived; only there does a
    live message move the watermark (design: the record is complete). ``early``: the events that
    former batches couldn't apply yet (:attr:`BatchResult.early_changes`, ``early_replies``).
    ``shards``: those that this process serves.
    """
    confirmed = 0
    for event in events:
        messages = event.messages if isinstance(event, HistoryPage) else (event,)
        for message in messages:
            if isinstance(message, Message) and message.own:
                confirmed += await confirm_own_message(tx, message, now_ms)
    early = early or EarlyEvents({}, {})
    known = await look_up(
        tx,
        events,
        originals=early.originals,
        plain=find_plain_messages(events),
        now_ms=now_ms,
    )
    batch = Batch(known, early, now_ms)
    batch.result.messages_confirmed = confirmed
    if tx.is_remote and len(events) > _PIECE:
        async with tx.pipeline():
            for start in range(0, len(events), _PIECE):
                _record_events(events[start : start + _PIECE], batch, complete)
                if batch.changed:  # what replies have said is to be read first
                    continue
                await batch.changes.write_early(tx)
    else:
        _record_events(events, batch, complete)
    before = await quotations.read(tx, batch.changed)
    await batch.changes.write(tx)
    said = {one: batch.said[one] for one in batch.changed if one in batch.said}
    if await quotations.erase(tx, before, now_ms, said=said):
        batch.result.deliveries_planned += 1
    if batch.reply_texts:
        await save_answered_passages(tx, batch.reply_texts)
    for message in batch.closed_met.values():
        await _notify_closed(tx, message, batch)
    for discussion, message in batch.unanswering:
        if await plan_answer_hint(tx, discussion, message, batch.now_ms):
            batch.result.deliveries_planned += 1
    if batch.with_deletions and await alert_about_deleted_messages(
        tx, batch.with_deletions, now_ms
    ):
        batch.result.deliveries_planned += 1
    for deletion in batch.deleted_channels:
        await _record_deleted_channel(tx, deletion)
        batch.result.deliveries_planned += 1
    batch.result.deliveries_planned += await card_indexes.decide_due(
        tx, new_ms=NEW_FOR_MS, wait_ms=INDEX_WAITS_MS, now_ms=now_ms, shards=shards
    )
    return batch.result


def _record_events(events: Sequence[Event], batch: Batch, complete: frozenset[int]) -> None:
    watermarks: dict[int, int] = {}
    for event in events:
        if isinstance(event, Message):
            _record_message(event, batch)
            channel_id = event.channel_id
            if channel_id in complete and channel_id not in batch.result.content_missing:
                watermarks[channel_id] = max(watermarks.get(channel_id, 0), event.id)
        else:
            _record_other(event, batch)
    for channel_id, message_id in watermarks.items():
        batch.changes.move_watermark(channel_id, message_id)


def _record_other(event: Event, batch: Batch) -> None:
    match event:
        case Edit():
            _record_edit(event, batch)
        case Deletion():
            _record_deletion(event, batch)
        case Reaction():
            reply_id = _find_reacted_reply(event, batch)
            if reply_id is not None:
                batch.changes.change_reaction_count(reply_id, event.emoji, event.change)
        case ReactionsCleared():
            reply_id = _find_reacted_reply(event, batch)
            if reply_id is not None:
                batch.changes.clear_reactions(reply_id, event.emoji)
        case HistoryPage():
            for message in event.messages:
                _compare(message, batch, event)
        case ThreadSeen():
            _record_thread(event, batch)
        case ChannelDeletion():
            batch.deleted_channels.append(event)
        case Message():
            raise AssertionError("a message is recorded by itself")


# -- messages -----------------------------------------------------------------------------------


def _record_message(message: Message, batch: Batch) -> bool:
    """Record a message; whether it is a reply that wasn't known."""
    known = batch.known.answered
    if message.id in known:  # from the gateway, from the history, or our own
        return False
    if message.content_missing:
        batch.result.content_missing.add(message.channel_id)
    proxied = _read_proxied(message, batch)
    if proxied is not None:
        message = proxied.message
    answered = None if message.reference_id is None else known.get(message.reference_id)
    if message.type == POLL_RESULT and isinstance(answered, AnsweredReply):
        poll = message.server_id, message.channel_id, answered.reply_id
        batch.result.reread.add(poll)
    if answered is None and message.reference_id is not None and not message.from_bot:
        # The message it replies to may arrive later.
        waiting = batch.get_early_replies(message.reference_id)
        batch.result.early_replies[message.reference_id] = (
            *waiting[-_MAX_EARLY_REPLIES:],
            message,
        )
    thread = find_thread(known.get(message.channel_id))
    joined = batch.find_joined_discussion(message)
    placement = None
    if joined is not None and answered is None and thread is None and can_join(message):
        placement = batch.place(message, joined)
    decided = route(message, thread, batch.mark_waiting(answered), joined, placement)
    if isinstance(decided, Ignore):
        _note_unanswering(message, batch)
        return False
    early = batch.get_early_change(message.id)
    owner_id = message.author_id if proxied is None else proxied.author_id
    if _is_author_erased(message, owner_id, batch) or (
        proxied is not None and _may_be_erased(message, proxied, batch)
    ):
        owner_id = ERASED_AUTHOR_ID
        message = _anonymize(message)
        early = Deletion((message.id,), message.channel_id, message.written_at)
    message = _check_forward(message, batch)
    if isinstance(early, Deletion) and decided.opens_thread:
        decided = replace(decided, thread_id=None, opens_thread=False)  # it gets no thread
    if thread is None:
        batch.note_channel_reply(message, decided, deleted=isinstance(early, Deletion))
    if decided.opens_thread_on is not None:
        _open_waiting_thread(decided.opens_thread_on, message.server_id, batch)
    if proxied is not None:
        decided = _keep_thread(decided, proxied, batch)
    _insert_reply(message, decided, batch)
    if proxied is not None:
        _replace_original(message, decided, proxied, owner_id, batch)
    if answered is None and message.reference_id is not None:
        batch.changes.add_pending_parent(message.id, message.reference_id)
        batch.known.pending_parents.add(message.reference_id)  # it may come in this very batch
    if message.id in batch.known.pending_parents:
        batch.changes.resolve_pending_parents(message.id, decided.discussion_id)
    if decided.planned_message_id is not None:
        batch.changes.insert_part_passages(
            message,
            discussion_id=decided.discussion_id,
            planned_message_id=decided.planned_message_id,
        )
    if may_refer_to_passages(message.text):
        batch.reply_texts[message.id] = ReplyText(decided.discussion_id, message.text)
    if message.reactions:
        _replace_reactions(message, message.id, batch)
    if early is not None:
        _record_other(early, batch)
    if not isinstance(early, Deletion):
        waits = proxied.candidates if proxied is not None else _has_proxies(message, batch)
        delay_ms = THREAD_DELAY_MS if waits else 0
        _plan_follow_up(message, decided, batch, owner_id=owner_id, delay_ms=delay_ms)
    for reply in batch.get_early_replies(message.id):
        _record_early_reply(reply, batch)
    return True


def _insert_reply(message: Message, decided: Record, batch: Batch) -> None:
    home = decided.target_thread_id if decided.thread_id is None else decided.thread_id
    batch.known.answered[message.id] = AnsweredReply(decided.discussion_id, message.id, home)
    batch.changes.insert_reply(
        message,
        discussion_id=decided.discussion_id,
        parent_id=decided.parent_id,
        thread_id=decided.thread_id,
        planned_message_id=decided.planned_message_id,
    )
    if message.extras:
        batch.changes.insert_extras(message.id, message.extras)
    if decided.thread_id == message.channel_id and message.channel_id not in batch.watched:
        batch.watched.add(message.channel_id)
        batch.changes.watch_thread(message.channel_id, message.server_id, batch.now_ms)
    batch.said[message.id] = [message.text]
    for position, file in enumerate(message.attachments):
        batch.changes.insert_attachment(message.id, position, file)
        _plan_download(message.id, position, file, batch)


@dataclass(frozen=True, slots=True)
class _Proxied:
    """A message that an app reposted, as if the member had written it; and what it replaces.

    original:   what it replaces, if Discord has reported that this was deleted
    author_id:  who wrote that, or the best of the candidates; 0 if it isn't known
    candidates: if there is no original, the messages that it may replace, with scores. Which one
                it is will be known when one of them is deleted.
    """

    message: Message
    original: Original | None
    author_id: int
    candidates: list[tuple[Original, float]] = field(default_factory=list)


def _has_proxies(message: Message, batch: Batch) -> bool:
    return message.server_id in batch.known.proxy_apps


def _read_proxied(message: Message, batch: Batch) -> _Proxied | None:
    """What an app reposted with a message of its webhook; None if the message isn't of one.

    A member's own message is remembered: an app may repost it.
    """
    if not _has_proxies(message, batch):
        return None
    if message.webhook_app_id not in batch.known.proxy_apps[message.server_id]:
        if not message.from_bot and message.type in USER_MESSAGE_TYPES:
            batch.result.originals[message.id] = make_original(message)
        return None
    fitting = rank_originals(message, batch.list_originals())
    original = next((one for one, _ in fitting if one.deleted), None)
    if original is not None:
        reference_id = original.reference_id
    else:
        references = (one.reference_id for one, _ in fitting)
        reference_id = message.linked_id or next((one for one in references if one), None)
    shown = replace(
        message,
        from_bot=False,
        type=0 if reference_id is None else REPLY,
        reference_id=reference_id,
        copyable=False,
    )
    if original is not None:
        return _Proxied(shown, original, original.author_id)
    author_id = fitting[0][0].author_id if fitting else ERASED_AUTHOR_ID
    return _Proxied(shown, None, author_id, fitting)


def _keep_thread(decided: Record, proxied: _Proxied, batch: Batch) -> Record:
    """If the thread on the original may be open already, it is the thread of the proxy."""
    original = proxied.original
    if original is None or not decided.opens_thread or original.id not in batch.known.opening:
        return decided
    return replace(decided, thread_id=original.id, opens_thread=False)


def _replace_original(
    message: Message, decided: Record, proxied: _Proxied, owner_id: int, batch: Batch
) -> None:
    """The message that an app reposted is the reply from now on; the original isn't one.

    If the original isn't known to be deleted, the messages that may be it stay replies.
    """
    original = proxied.original
    batch.changes.insert_proxied(
        message.id,
        server_id=message.server_id,
        original_id=None if original is None else original.id,
        author_id=ERASED_AUTHOR_ID if original is None else owner_id,
        reference_id=message.reference_id,
    )
    if original is None:
        _insert_candidates(message, proxied, batch)
    else:
        _remove_original(original.id, message.id, decided.discussion_id, batch)


def _remove_original(original_id: int, reply_id: int, discussion_id: int, batch: Batch) -> None:
    batch.known.reposted.add(original_id)
    if isinstance(batch.known.answered.get(original_id), AnsweredReply):
        batch.known.answered[original_id] = batch.known.answered[reply_id]
    batch.reply_texts.pop(original_id, None)
    batch.changed.add(original_id)
    batch.changes.remove_original(original_id, reply_id, discussion_id, batch.now_ms)


def _insert_candidates(message: Message, proxied: _Proxied, batch: Batch) -> None:
    reply = batch.known.answered[message.id]
    assert isinstance(reply, AnsweredReply)
    if proxied.candidates:
        batch.changes.purge_candidates(message.server_id, message.id)
    for original, score in proxied.candidates:
        erased = _is_author_erased(message, original.author_id, batch)
        author_id = ERASED_AUTHOR_ID if erased else original.author_id
        one = Candidate(reply, original.id, author_id, original.reference_id, score)
        batch.known.candidates.setdefault(original.id, []).append(one)
        until_ms = batch.now_ms + THREAD_DELAY_MS
        batch.changes.insert_candidate(one, now_ms=batch.now_ms, until_ms=until_ms)


def _settle_proxied(message_id: int, at_ms: int, batch: Batch) -> bool:
    """A message was deleted: whether an app has reposted it, which this deletion shows.

    Of several replies that may replace it, the one that it fits best does; else the earliest.
    """
    candidates = batch.known.candidates.pop(message_id, [])
    candidates = [one for one in candidates if one.reply.reply_id not in batch.known.settled]
    if not candidates:
        return False
    one = max(candidates, key=lambda one: (one.score, -one.reply.reply_id))
    reply_id = one.reply.reply_id
    batch.known.settled.add(reply_id)
    known = batch.known.answered.get(message_id)
    home = known if isinstance(known, AnsweredReply) else one.reply
    batch.changes.settle_proxied(one, home.discussion_id, batch.now_ms)
    batch.known.answered[reply_id] = replace(one.reply, discussion_id=home.discussion_id)
    _remove_original(message_id, reply_id, home.discussion_id, batch)
    batch.reply_texts[reply_id] = ReplyText(home.discussion_id, None)
    if one.author_id == ERASED_AUTHOR_ID:
        batch.changes.erase_reply(reply_id, reply_id, at_ms)
        batch.note_change(reply_id)
        batch.known.deleted.add(reply_id)
    batch.result.threads_planned += 1  # its thread may be due sooner
    return True


def _may_be_erased(message: Message, proxied: _Proxied, batch: Batch) -> bool:
    """Whether the author of any message that this one may replace isn't saved."""
    authors = {one.author_id for one, _ in proxied.candidates}
    return any(_is_author_erased(message, one, batch) for one in authors)


def _is_author_erased(message: Message, author_id: int, batch: Batch) -> bool:
    """Whether the author opted out, or erased everything they had written until then.

    If the author of a message that an app reposted isn't known, it may be any such member.
    """
    if author_id == ERASED_AUTHOR_ID:
        return message.id in batch.known.anonymous
    member = message.server_id, author_id
    if member not in batch.known.erased_members:
        return False
    until = batch.known.erased_members[member]
    return until is None or to_milliseconds(message.written_at) <= until


def _is_owner_erased(event: ThreadSeen, batch: Batch) -> bool:
    """Whether the one who opened a thread isn't saved, nor the name they gave it.

    Discord doesn't report when it was opened, so if they erased their data once, only a new one is
    saved.
    """
    member = event.server_id, event.owner_id
    erased = batch.known.erased_members
    return member in erased and not (event.is_new and erased[member])


def _anonymize(message: Message) -> Message:
    """A message without author and content: only its place in the tree."""
    return replace(
        message,
        author_id=ERASED_AUTHOR_ID,
        author_name="",
        text="",
        attachments=(),
        reactions=(),
        extras=NO_EXTRAS,
    )


def _check_forward(message: T, batch: Batch) -> T:
    """A forward under the id of the reply it shows; without its words if that was deleted."""
    forward = message.extras.forward
    if forward is None or forward.message_id is None:
        return message
    source = batch.known.answered.get(forward.message_id)
    if not isinstance(source, AnsweredReply):
        return message
    forward = replace(forward, message_id=source.reply_id)
    if source.reply_id not in batch.known.deleted:
        return replace(message, extras=replace(message.extras, forward=forward))
    forward = replace(forward, text="", stickers=())
    return replace(message, attachments=(), extras=replace(message.extras, forward=forward))


def _record_early_reply(reply: Message, batch: Batch) -> None:
    """Record a reply that arrived before the message it answers: now its parent is known."""
    known = batch.known.answered
    thread = find_thread(known.get(reply.channel_id))
    decided = route(reply, thread, known.get(reply.reference_id or 0))
    if isinstance(decided, Ignore):
        return
    if thread is None:
        _record_message(reply, batch)
    else:
        batch.changes.set_parent(reply.id, decided.parent_id)


def _plan_thread(message: Message, discussion_id: int, batch: Batch, *, delay_ms: int) -> None:
    batch.changes.plan_thread(
        message,
        discussion_id=discussion_id,
        name=make_thread_name(
            message.author_name, message.text.strip() or describe_extras(message.extras)
        ),
        now_ms=batch.now_ms + delay_ms,
        max_per_window=MAX_PER_HOUR,
        window_ms=HOUR_MS,
        threads_per_priority=THREADS_PER_PRIORITY,
    )
    nudges.plan(batch.changes, message, discussion_id)
    batch.result.threads_planned += 1


def _plan_follow_up(
    message: Message, decided: Record, batch: Batch, *, owner_id: int, delay_ms: int
) -> None:
    """Plan what the bot does about a reply: open a thread, move it, or notify its author.

    ``owner_id``: who wrote it. ``delay_ms``: how long that waits.
    """
    if decided.opens_thread:
        head = replace(message, author_id=owner_id or message.author_id)
        _plan_thread(head, decided.discussion_id, batch, delay_ms=delay_ms)
    elif decided.target_thread_id is not None:
        batch.changes.plan_reply_move(
            replace(message, author_id=owner_id or message.author_id),
            discussion_id=decided.discussion_id,
            thread_id=decided.target_thread_id,
            now_ms=batch.now_ms + delay_ms,
            max_per_window=MAX_PER_HOUR,
            window_ms=HOUR_MS,
        )
        batch.result.deliveries_planned += 1
    elif decided.notify_closed:
        batch.closed_met.setdefault(decided.discussion_id, message)


def _open_waiting_thread(reply_id: int, server_id: int, batch: Batch) -> None:
    """Plan the thread of a short plain message, which somebody answers now."""
    reply = batch.note_opened_thread(reply_id)
    head = Message(
        id=reply_id,
        server_id=server_id,
        channel_id=reply.channel_id,
        author_id=reply.author_id,
        author_name=reply.author_name,
        from_bot=False,
        type=0,
        text=reply.text or "",
        reference_id=None,
        written_at=from_milliseconds(reply.written_at),
    )
    batch.changes.set_opened_thread(reply_id)
    _plan_thread(head, reply.discussion_id, batch, delay_ms=0)


def _note_unanswering(message: Message, batch: Batch) -> None:
    """Note a member's message in a discussion's channel that isn't saved, to say how to answer."""
    if message.from_bot or message.type not in USER_MESSAGE_TYPES or not can_join(message):
        return
    if batch.now_ms - to_milliseconds(message.written_at) >= HINT_MS:
        return  # it is from an outage
    unjoined = batch.find_unjoined_discussion(message)
    if unjoined is not None and not _is_author_erased(message, message.author_id, batch):
        batch.unanswering.append((unjoined, message))


def _plan_download(reply_id: int, position: int, file: Attachment, batch: Batch) -> None:
    if file.id:
        batch.changes.plan_download(reply_id, position, file, batch.now_ms)
        batch.result.downloads_planned += 1


# -- reactions ----------------------------------------------------------------------------------


def _find_reacted_reply(event: Reaction | ReactionsCleared, batch: Batch) -> int | None:
    """The reply whose reactions changed, if any; they are also to be read from Discord.

    An event may arrive twice or late, so counts would drift if they were only counted. A reply
    that was moved has the reactions of its copy.
    """
    known = batch.known.answered.get(event.message_id)
    if not isinstance(known, AnsweredReply) or event.message_id in batch.known.moved:
        return None
    if event.message_id in batch.known.reposted:
        return None
    batch.result.reread.add((event.server_id, event.channel_id, event.message_id))
    return known.reply_id


def _replace_reactions(message: Message, reply_id: int, batch: Batch) -> None:
    batch.changes.clear_reactions(reply_id)
    for emoji, count in message.reactions or ():
        batch.changes.set_reaction(reply_id, emoji, count)


# -- edits and deletions ------------------------------------------------------------------------


def _record_edit(event: Edit, batch: Batch) -> None:
    known = batch.known.answered.get(event.message_id)
    if known is None:
        if event.edited_at is not None:  # without a time only a link preview was added
            _remember_early(event.message_id, event, batch)
        return
    if not isinstance(known, AnsweredReply) or event.message_id in batch.known.copies:
        return  # only the bot itself edits a copy, after the archive
    if event.message_id in batch.known.reposted:
        return
    event = _check_forward(event, batch)
    reply_id, changes = known.reply_id, batch.changes
    edited_at = None if event.edited_at is None else to_milliseconds(event.edited_at)
    changes.delete_attachments(reply_id, edited_at)
    for position, file in enumerate(event.attachments):
        changes.insert_edited_attachment(reply_id, position, file, edited_at)
        _plan_download(reply_id, position, file, batch)
    changes.delete_orphaned_files(reply_id)
    if event.extras:
        changes.edit_extras(reply_id, event.extras, edited_at)
    changes.edit_reply(reply_id, event.text, edited_at)
    batch.note_change(reply_id, event.text)
    if reply_id in batch.known.moved:
        changes.mark_copy_stale(reply_id, batch.now_ms)
        batch.result.deliveries_planned += 1
    batch.reply_texts[reply_id] = ReplyText(known.discussion_id, None)


def _remember_early(message_id: int, event: Edit | Deletion, batch: Batch) -> None:
    """Remember a change of a message that hasn't arrived yet."""
    before = batch.get_early_change(message_id)
    if isinstance(before, Deletion):
        return
    if isinstance(before, Edit) and isinstance(event, Edit) and _is_older(event, before):
        return
    batch.result.early_changes[message_id] = event


def _is_older(event: Edit, than: Edit) -> bool:
    assert event.edited_at is not None
    return than.edited_at is not None and event.edited_at < than.edited_at


def _record_deletion(event: Deletion, batch: Batch) -> None:
    # The text and files that a member deletes are erased; the place in the tree stays.
    at = to_milliseconds(event.at)
    for message_id in event.message_ids:
        if message_id in batch.known.reposted:
            continue  # the app deletes what it has reposted
        batch.note_deleted_original(message_id)
        if _settle_proxied(message_id, at, batch):
            continue
        known = batch.known.answered.get(message_id)
        if known is None:
            change = Deletion((message_id,), event.channel_id, event.at)
            _remember_early(message_id, change, batch)
            continue
        if not isinstance(known, AnsweredReply):
            if not known.is_notice:
                batch.with_deletions.add(known.discussion_id)
            batch.changes.mark_own_message_deleted(message_id, at)
            continue
        batch.changes.erase_reply(known.reply_id, message_id, at)
        batch.note_change(known.reply_id)
        if known.reply_id not in batch.known.moved or message_id in batch.known.copies:
            batch.known.deleted.add(known.reply_id)
        if message_id in batch.known.moved:
            batch.changes.check_original(message_id, batch.now_ms)
            batch.result.deliveries_planned += 1


# -- history ------------------------------------------------------------------------------------


def _compare(message: Message, batch: Batch, page: HistoryPage) -> None:
    """Record a message of the history if it is new, else compare it with the archive.

    A message whose content Discord withheld overwrites nothing.
    """
    if message.content_missing and not page.content_visible:
        batch.result.content_missing.add(message.channel_id)
        return
    reply_id = batch.known.copies.get(message.id)
    if reply_id is not None:
        _compare_copy(message, reply_id, batch)
        return
    recovered = batch.result.recovered.setdefault(message.server_id, RecoveredChanges())
    saved = batch.known.saved.get(message.id)
    if saved is None:
        recovered.replies += _record_message(replace(message, content_missing=False), batch)
        return
    _compare_parent(message, saved, batch)
    if saved.deleted:
        return
    if message.id in page.named and message.author_name != saved.author_name:
        batch.changes.name_author(message.id, message.author_name)
    message = _check_forward(message, batch)
    if not message.content_missing and _differs(message, saved):
        recovered.edits += 1
        _record_edit(
            Edit(
                message.id,
                message.channel_id,
                message.text,
                message.edited_at,
                message.attachments,
                message.extras,
            ),
            batch,
        )
    if (
        message.id not in batch.known.moved
        and frozenset(message.reactions or ()) != saved.reactions
    ):
        _replace_reactions(message, message.id, batch)


def _compare_copy(message: Message, reply_id: int, batch: Batch) -> None:
    """Compare only the reactions of a copy: its text follows the archive."""
    saved = batch.known.saved.get(reply_id)
    if saved is None or saved.deleted:
        return
    if frozenset(message.reactions or ()) != saved.reactions:
        _replace_reactions(message, reply_id, batch)


def _compare_parent(message: Message, saved: SavedReply, batch: Batch) -> None:
    """The history is in order, so the message that this one replies to is known."""
    answered = (known := batch.known.answered).get(message.reference_id or 0)
    if (
        isinstance(answered, AnsweredBotMessage)
        and answered.is_notice
        and answered.about_reply is None
    ):
        return  # a notice that was deleted, so it isn't known any more which reply it was about
    decided = route(message, find_thread(known.get(message.channel_id)), answered)
    if isinstance(decided, Record) and decided.parent_id != saved.parent_id:
        batch.changes.set_parent(message.id, decided.parent_id)


def _differs(message: Message, saved: SavedReply) -> bool:
    edited_at = None if message.edited_at is None else to_milliseconds(message.edited_at)
    if saved.edited_at is not None and (edited_at is None or edited_at < saved.edited_at):
        return False  # the gateway was faster than this page
    return (
        message.text != saved.text
        or edited_at != saved.edited_at
        or len(message.attachments) != saved.attachments
        or message.extras != saved.extras
    )


# -- threads and channels -----------------------------------------------------------------------


def _record_thread(event: ThreadSeen, batch: Batch) -> None:
    """Record a thread on a message of a discussion: it belongs to the discussion."""
    known = batch.known.answered.get(event.id)
    if known is None:
        return
    erased = _is_owner_erased(event, batch)
    batch.changes.add_open_thread(
        event.id,
        server_id=event.server_id,
        discussion_id=known.discussion_id,
        channel_id=event.channel_id,
        member_id=ERASED_MEMBER if erased else event.owner_id,
        name=ERASED_THREAD_NAME if erased else event.name,
        now_ms=batch.now_ms,
    )
    if isinstance(known, AnsweredReply):
        batch.known.answered[event.id] = AnsweredReply(
            known.discussion_id, known.reply_id, event.id
        )
    if event.is_new:
        batch.result.new_threads.add(event.id)


async def _notify_closed(tx: Transaction, message: Message, batch: Batch) -> None:
    """Inform the author of a reply, once per discussion, that it opens no thread."""
    known = batch.known.answered[message.id]
    essay = await discussions.find(tx, known.discussion_id)
    if essay is None:
        return
    # A channel may have several closed discussions, and each says so once.
    if await post_once(
        tx,
        message.server_id,
        about=alerts.make_closed_key(known.discussion_id),
        notice=make_coded("notice-closed", title=escape_title(essay.title)),
        discussion_id=known.discussion_id,
        channel_id=message.channel_id,
        after_id=message.id,
        now_ms=batch.now_ms,
    ):
        batch.result.deliveries_planned += 1


async def _record_deleted_channel(tx: Transaction, event: ChannelDeletion) -> None:
    """Hide what was said in a deleted channel or thread, and alert the admins."""
    now_ms = to_milliseconds(event.at)
    hidden = await deleted_channels.hide(
        tx, event.channel_id, event.server_id, last_error=make_coded("deleted"), now_ms=now_ms
    )
    if hidden is None:
        return
    await essay_threads.mark_thread_lost(tx, event.channel_id, make_coded("thread-deleted"))
    alert = make_coded("alert-channel-deleted")
    if hidden.thread_name is not None:
        alert = make_coded("alert-thread-deleted", thread=hidden.thread_name)
    await notify_admins(
        tx, event.server_id, about=f"gone {event.channel_id}", alert=alert, now_ms=now_ms
    )
