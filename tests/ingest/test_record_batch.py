"""Recording a batch of events: what it leaves in the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.conversation.events import (
    POLL_RESULT,
    Attachment,
    Deletion,
    Edit,
    Event,
    HistoryPage,
    Message,
    Reaction,
    ReactionsCleared,
)
from bot.core.conversation.forwards_polls_stickers import Extras, Forward, Poll, PollAnswer
from bot.core.conversation.proxies import Original
from bot.core.essay.essay import Essay
from bot.core.payload import get_signature, make_plain_message
from bot.core.read_essay import read_essay
from bot.delivery import after_send
from bot.erasure import erase_member
from bot.export import make_book
from bot.ingest.batch import BatchResult, EarlyEvents
from bot.ingest.record_batch import record_batch
from bot.library.markdown import render_markdown
from storage.db.database import Database
from storage.db.writer import Row, Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.essays import submissions
from storage.essays.submissions import Submission
from storage.privacy.members import get_member_data
from storage.replies import forwards_polls_stickers
from storage.servers import settings
from tests.support.essays import publish_essay
from tests.support.exports import export_essay

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SERVER, CHANNEL, BOT, ANN, BEN = 10, 20, 30, 40, 41
CARD, PART, CLOSING = 1001, 1002, 1003

SUBMISSION = Submission(
    id=1000,
    server_id=SERVER,
    server_name="A server",
    channel_id=CHANNEL,
    member_id=ANN,
    member_name="Ann",
    file_name="essay.md",
    file_url="http://127.0.0.1/essay.md",
    text=None,
)


def essay() -> Essay:
    return read_essay("# Slow bread\n\nIt takes a night.\n\nWould you wait?\n", format="markdown")


@pytest.fixture
async def published(database: Database) -> Database:
    """An essay whose three messages were sent as 1001 to 1003."""

    async def publish(tx: Transaction) -> None:
        await submissions.save(tx, SUBMISSION, NOW_MS)
        await publish_essay(
            tx,
            submission=SUBMISSION,
            essay=essay(),
            source=b"# Slow bread",
            planned=[
                NewMessage("card", make_plain_message("Slow bread", silent=False)),
                NewMessage(
                    "part", make_plain_message("It takes a night.", silent=True), ((1, 1), (1, 2))
                ),
                NewMessage("closing", make_plain_message("Would you wait?", silent=True)),
            ],
            now_ms=NOW_MS,
        )
        for message_id in (CARD, PART, CLOSING):
            (planned,) = await messages.claim(tx, busy=(), now_ms=NOW_MS)
            assert await after_send.record_sent(
                tx, planned_message_id=planned.id, message_id=message_id, now_ms=NOW_MS
            )

    await database.write(publish)
    return database


def make_message(message_id: int, text: str = "Yes.", **more: Any) -> Message:
    message = Message(
        id=message_id,
        server_id=SERVER,
        channel_id=CHANNEL,
        author_id=ANN,
        author_name="Ann",
        from_bot=False,
        type=19 if more.get("reference_id") else 0,
        text=text,
        reference_id=None,
        written_at=NOW + timedelta(seconds=message_id),
    )
    return replace(message, **more)


async def record(
    database: Database, events: Sequence[Event], complete: frozenset[int] = frozenset()
) -> BatchResult:
    return await database.write(
        lambda tx: record_batch(
            tx,
            events,
            complete=complete,
            now_ms=NOW_MS,
            confirm_own_message=after_send.own_message,
        )
    )


async def replies(database: Database) -> dict[str, dict[str, Any]]:
    exported = await database.read(lambda tx: export_essay(tx, "1"))
    return {reply["id"]: reply for reply in exported["replies"]}


async def rows(database: Database, sql: str) -> list[Row]:
    return await database.read(lambda tx: tx.rows(sql))


async def test_a_reply_to_a_part_opens_a_thread_and_answers_its_passages(
    published: Database,
) -> None:
    result = await record(published, [make_message(1100, reference_id=PART)])
    assert result.threads_planned == 1
    reply = (await replies(published))["1100"]
    assert reply["parent"] is None
    assert reply["thread_id"] == "1100"
    assert reply["passages"] == [1, 2]
    (thread,) = await rows(published, "SELECT * FROM threads")
    assert (thread["id"], thread["name"], thread["state"]) == (1100, "Ann: Yes.", "planned")


async def test_a_conversation_in_one_batch_keeps_its_parents(published: Database) -> None:
    await record(
        published,
        [
            make_message(1100, reference_id=CLOSING),
            make_message(1101, channel_id=1100, author_id=BEN, author_name="Ben"),
            make_message(1102, channel_id=1100, reference_id=1101),
            make_message(1103, channel_id=1100, reference_id=1102, author_id=BEN),
            make_message(1104, reference_id=1100),
        ],
    )
    parents = {key: reply["parent"] for key, reply in (await replies(published)).items()}
    assert parents == {
        "1100": None,
        "1101": "1100",
        "1102": "1101",
        "1103": "1102",
        "1104": "1100",
    }


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "in two"])
async def test_a_reply_that_arrives_before_its_parent_gets_its_parent_later(
    published: Database, at_once: bool
) -> None:
    await record(published, [make_message(2001, "I would.", reference_id=CLOSING)])
    first = make_message(2002, "First.", channel_id=2001)
    second = make_message(2003, "Second.", channel_id=2001, reference_id=2002)
    if at_once:
        await record(published, [second, first])
    else:
        await record(published, [second])
        assert len(await rows(published, "SELECT reply_id FROM pending_parents")) == 1
        await record(published, [first])
    kept = await replies(published)
    assert kept["2003"]["parent"] == "2002"
    assert await rows(published, "SELECT reply_id FROM pending_parents") == []


async def test_messages_outside_of_discussions_are_not_saved(published: Database) -> None:
    result = await record(
        published,
        [
            make_message(1100),
            make_message(1101, reference_id=99),
            make_message(1102, channel_id=77, reference_id=78),
            make_message(1103, reference_id=PART, from_bot=True),
            make_message(1104, reference_id=PART, type=18),
        ],
    )
    assert result.threads_planned == 0
    assert await replies(published) == {}


async def test_a_message_that_arrives_twice_is_saved_once(published: Database) -> None:
    await record(
        published, [make_message(1100, reference_id=PART), make_message(1100, reference_id=PART)]
    )
    await record(published, [make_message(1100, "older text", reference_id=PART)])
    kept = await replies(published)
    assert list(kept) == ["1100"]
    assert kept["1100"]["text"] == "Yes."
    assert len(await rows(published, "SELECT id FROM threads")) == 1


async def test_an_edit_replaces_the_text_and_saves_its_time(published: Database) -> None:
    later = NOW + timedelta(hours=1)
    await record(
        published,
        [
            make_message(
                1100, reference_id=PART, attachments=(Attachment("a.png", "image/png", 5),)
            ),
            Edit(1100, CHANNEL, "No.", later, (Attachment("b.png", None, 6),)),
        ],
    )
    reply = (await replies(published))["1100"]
    assert reply["text"] == "No."
    assert reply["edited_at"] == later.isoformat()
    assert reply["attachments"] == [{"name": "b.png", "type": None, "size": 6}]


async def test_an_older_edit_never_replaces_a_newer_one(published: Database) -> None:
    await record(published, [make_message(1100, reference_id=PART)])
    await record(published, [Edit(1100, CHANNEL, "second", NOW + timedelta(hours=2), ())])
    await record(published, [Edit(1100, CHANNEL, "first", NOW + timedelta(hours=1), ())])
    await record(published, [Edit(1100, CHANNEL, "a link preview came", None, ())])
    assert (await replies(published))["1100"]["text"] == "second"


async def test_a_deletion_erases_the_text_and_keeps_the_place_in_the_tree(
    published: Database,
) -> None:
    await record(
        published,
        [
            make_message(
                1100, reference_id=PART, attachments=(Attachment("a.png", "image/png", 5),)
            ),
            make_message(1101, channel_id=1100),
            Reaction(1100, CHANNEL, SERVER, "👍", 1),
            Deletion((1100,), CHANNEL, NOW),
            Edit(1100, CHANNEL, "back again", NOW + timedelta(hours=3), ()),
            Reaction(1100, CHANNEL, SERVER, "👍", 1),
        ],
    )
    kept = await replies(published)
    assert kept["1100"]["text"] == ""
    assert kept["1100"]["deleted"] is True
    assert kept["1100"]["attachments"] == []
    assert kept["1100"]["reactions"] == []
    assert kept["1101"]["parent"] == "1100"
    assert kept["1101"]["deleted"] is False


async def test_reactions_are_counted_in_order_of_arrival(published: Database) -> None:
    await record(
        published,
        [
            make_message(1100, reference_id=PART),
            Reaction(1100, CHANNEL, SERVER, "👍", 1),
            Reaction(1100, CHANNEL, SERVER, "👍", 1),
            Reaction(1100, CHANNEL, SERVER, "salon:5", 1),
            Reaction(1100, CHANNEL, SERVER, "👍", -1),
            Reaction(1100, CHANNEL, SERVER, "salon:5", -1),
        ],
    )
    assert (await replies(published))["1100"]["reactions"] == [{"emoji": "👍", "count": 1}]
    await record(
        published,
        [ReactionsCleared(1100, CHANNEL, SERVER, None), Reaction(1100, CHANNEL, SERVER, "🎉", 1)],
    )
    assert (await replies(published))["1100"]["reactions"] == [{"emoji": "🎉", "count": 1}]
    await record(published, [ReactionsCleared(1100, CHANNEL, SERVER, "🎉")])
    assert (await replies(published))["1100"]["reactions"] == []


async def test_history_replaces_reaction_counts(published: Database) -> None:
    await record(
        published, [make_message(1100, reference_id=PART), Reaction(1100, CHANNEL, SERVER, "👍", 1)]
    )
    current = make_message(1100, reference_id=PART, reactions=(("🎉", 3),))
    await record(published, [HistoryPage(CHANNEL, (current,))])
    assert (await replies(published))["1100"]["reactions"] == [{"emoji": "🎉", "count": 3}]


async def test_messages_in_a_thread_on_a_bot_message_answer_the_essay(published: Database) -> None:
    await record(published, [make_message(1100, channel_id=PART)])
    reply = (await replies(published))["1100"]
    assert (reply["parent"], reply["thread_id"]) == (None, str(PART))


async def test_only_a_complete_channel_moves_its_watermark(published: Database) -> None:
    sql = "SELECT message_id FROM watermarks"
    before = (await rows(published, sql))[0]["message_id"]
    await record(published, [make_message(1100, reference_id=PART)])
    assert (await rows(published, sql))[0]["message_id"] == before
    await record(published, [make_message(1101), make_message(1100)], complete=frozenset({CHANNEL}))
    assert (await rows(published, sql))[0]["message_id"] == 1101


async def test_a_message_of_the_bot_is_matched_by_its_nonce(database: Database) -> None:
    async def plan(tx: Transaction) -> str:
        await submissions.save(tx, SUBMISSION, NOW_MS)
        await publish_essay(
            tx,
            submission=SUBMISSION,
            essay=essay(),
            source=b"x",
            planned=[NewMessage("card", make_plain_message("Slow bread", silent=False))],
            now_ms=NOW_MS,
        )
        (planned,) = await messages.claim(tx, busy=(), now_ms=NOW_MS)
        return planned.nonce

    nonce = await database.write(plan)
    ours = make_message(1001, "Slow bread", author_id=BOT, from_bot=True, own=True)
    # The reply comes in the same batch as the message it answers, before any answer to our call.
    result = await record(
        database, [replace(ours, nonce=nonce), make_message(1100, reference_id=1001)]
    )
    assert result.messages_confirmed == 1
    assert list(await replies(database)) == ["1100"]
    (state,) = await rows(database, "SELECT state FROM discussions")
    assert state["state"] == "open"


async def test_a_message_of_the_bot_in_the_history_is_matched_by_its_content(
    database: Database,
) -> None:
    payload = make_plain_message("  Slow bread ", silent=False)

    async def plan(tx: Transaction) -> None:
        await submissions.save(tx, SUBMISSION, NOW_MS)
        await publish_essay(
            tx,
            submission=SUBMISSION,
            essay=essay(),
            source=b"x",
            planned=[NewMessage("card", payload), NewMessage("part", payload)],
            now_ms=NOW_MS,
        )
        await messages.claim(tx, busy=(), now_ms=NOW_MS)

    await database.write(plan)
    ours = make_message(1001, "Slow bread", author_id=BOT, from_bot=True, own=True)
    ours = replace(ours, signature=get_signature({"content": "Slow bread"}))
    other = replace(ours, id=1002, signature=get_signature({"content": "Fast bread"}))
    assert (await record(database, [other])).messages_confirmed == 0
    assert (await record(database, [ours])).messages_confirmed == 1
    assert (await record(database, [ours])).messages_confirmed == 0
    found = await rows(database, "SELECT state, message_id FROM planned_messages ORDER BY id")
    assert [(row["state"], row["message_id"]) for row in found] == [
        ("sent", 1001),
        ("planned", None),
    ], "a message that was never attempted isn't matched"


POLL = Poll("Rye or wheat?", (PollAnswer("Rye", "🌾"), PollAnswer("Wheat")))
ENDED = Poll("Rye or wheat?", (PollAnswer("Rye", "🌾", 2), PollAnswer("Wheat", "", 0)), ended=True)
FORWARD = Forward(77, "Somewhere else they knead.", ("Dough",))


async def test_forwards_polls_and_stickers_are_saved_and_exported(published: Database) -> None:
    file = Attachment("crust.png", "image/png", 5, id=9)
    await record(
        published,
        [
            make_message(1100, "", reference_id=PART, extras=Extras(poll=POLL)),
            make_message(1101, "", channel_id=1100, extras=Extras(FORWARD), attachments=(file,)),
            make_message(1102, "Look", channel_id=1100, extras=Extras(stickers=("Wave", "Loaf"))),
            # Its end is reported as an edit without a time.
            Edit(1100, CHANNEL, "", None, (), Extras(poll=ENDED)),
            Edit(1100, CHANNEL, "", None, (), Extras(poll=POLL)),
        ],
    )
    kept = await replies(published)
    assert [kept[key]["text"] for key in ("1100", "1101", "1102")] == ["", "", "Look"]
    assert kept["1100"]["poll"] == {
        "question": "Rye or wheat?",
        "answers": [
            {"text": "Rye", "emoji": "🌾", "votes": 2},
            {"text": "Wheat", "emoji": "", "votes": 0},
        ],
        "ended": True,
    }
    assert kept["1101"]["forward"] == {"text": FORWARD.text, "stickers": ["Dough"]}
    assert kept["1101"]["attachments"][0]["name"] == "crust.png"
    assert kept["1102"]["stickers"] == ["Wave", "Loaf"]
    assert (kept["1102"]["forward"], kept["1102"]["poll"]) == (None, None)
    (thread,) = await rows(published, "SELECT name FROM threads")
    assert thread["name"] == "Ann: Rye or wheat?"
    lines = (
        render_markdown(await published.read(lambda tx: make_book(tx, "1"))).decode().split("\n")
    )
    for line in (
        "  *Poll: Rye or wheat?*",
        "  *🌾 Rye: 2 votes*",
        "    *Forwarded:*",
        "    > > Somewhere else they knead.",
        "    *Sticker: Dough*",
        "    *File: crust.png, 5 bytes*",
        "    *Sticker: Loaf*",
    ):
        assert line in lines
    mine = await published.read(lambda tx: get_member_data(tx, SERVER, ANN))
    assert [bool(one["poll"] or one["forward"] or one["stickers"]) for one in mine["replies"]] == [
        True
    ] * 3


async def test_history_adds_the_result_of_a_poll_and_compares_forwards(
    published: Database,
) -> None:
    poll = make_message(1100, "", reference_id=PART, extras=Extras(poll=POLL))
    forward = make_message(1101, "", channel_id=1100, extras=Extras(FORWARD))
    await record(published, [poll, forward])
    assert await published.read(
        lambda tx: forwards_polls_stickers.get_open_polls(tx, CHANNEL, 1100)
    ) == [1100]
    page = HistoryPage(CHANNEL, (replace(poll, extras=Extras(poll=ENDED)), forward))
    result = await record(published, [page])
    assert result.recovered[SERVER].edits == 1
    assert (await replies(published))["1100"]["poll"]["ended"] is True
    assert (
        await published.read(lambda tx: forwards_polls_stickers.get_open_polls(tx, CHANNEL, 1100))
        == []
    )
    assert (await record(published, [page])).recovered[SERVER].edits == 0


async def test_the_message_with_a_polls_result_has_the_poll_read_again(
    published: Database,
) -> None:
    poll = make_message(1100, "", reference_id=PART, extras=Extras(poll=POLL))
    ended = make_message(1200, "", reference_id=1100, type=POLL_RESULT)
    result = await record(published, [poll, ended])
    assert result.reread == {(SERVER, CHANNEL, 1100)}
    assert "1200" not in await replies(published)


@pytest.mark.parametrize("way", ["deleted", "forgotten", "deleted before"])
async def test_the_words_of_an_erased_reply_go_from_forwards_of_it_too(
    published: Database, way: str
) -> None:
    file = Attachment("crust.png", "image/png", 5, id=9)
    forward = make_message(
        1101,
        "",
        channel_id=1100,
        author_id=BEN,
        author_name="Ben",
        extras=Extras(Forward(1100, "Yes.")),
        attachments=(file,),
    )
    first = make_message(1100, reference_id=PART)
    deletion = Deletion((1100,), CHANNEL, NOW)
    if way == "deleted before":
        await record(published, [first, deletion, forward])
    else:
        await record(published, [first, forward])
        assert (await replies(published))["1101"]["forward"]["text"] == "Yes."
    if way == "deleted":
        await record(published, [deletion])
    elif way == "forgotten":
        await published.write(lambda tx: erase_member(tx, SERVER, ANN, NOW_MS))
    # What Discord still shows isn't saved again.
    edit = Edit(1101, 1100, "", None, forward.attachments, forward.extras)
    await record(published, [HistoryPage(1100, (forward,)), edit])
    kept = (await replies(published))["1101"]
    assert kept["forward"] == {"text": "", "stickers": []}
    assert kept["attachments"] == []
    assert not kept["deleted"]
    assert await rows(published, "SELECT id FROM attachment_files") == []


async def test_a_deletion_erases_polls_forwards_and_stickers(published: Database) -> None:
    more = Extras(FORWARD, POLL, ("Wave",))
    await record(published, [make_message(1100, "", reference_id=PART, extras=more)])
    late = Edit(1100, CHANNEL, "", None, (), Extras(poll=ENDED))
    await record(published, [Deletion((1100,), CHANNEL, NOW), late])
    assert await rows(published, "SELECT * FROM reply_extras") == []


# -- proxies --------------------------------------------------------------------------------------

APP, WEBHOOK = 466_378_653_216_014_359, 60


def make_proxy(message_id: int, text: str, name: str = "Luna", **more: Any) -> Message:
    return make_message(
        message_id,
        text,
        author_id=WEBHOOK,
        author_name=name,
        from_bot=True,
        webhook_app_id=APP,
        **more,
    )


@pytest.fixture
async def with_proxies(published: Database) -> Database:
    """The essay in a server that counts an app's webhook messages as members' messages."""
    await published.write(lambda tx: settings.set_proxy_apps(tx, SERVER, [APP]))
    return published


async def play(database: Database, *batches: list[Event]) -> None:
    """Record the batches, as the recorder does: it remembers messages for some seconds."""
    originals: dict[int, Original] = {}
    for events in batches:
        early = EarlyEvents({}, {}, dict(originals))
        result = await database.write(
            lambda tx, events=events, early=early: record_batch(  # type: ignore[misc]
                tx,
                events,
                complete=frozenset(),
                now_ms=NOW_MS,
                confirm_own_message=after_send.own_message,
                early=early,
            )
        )
        originals |= result.originals


ORIGINAL = make_message(1100, "L: I would wait.", reference_id=PART)
PROXY = make_proxy(1102, "I would wait.")
DELETION = Deletion((1100,), CHANNEL, NOW)


@pytest.mark.parametrize(
    "batches",
    [
        [[ORIGINAL], [PROXY], [DELETION]],
        [[ORIGINAL], [DELETION], [PROXY]],
        [[ORIGINAL, PROXY, DELETION]],
        [[ORIGINAL, DELETION, PROXY]],
        [[ORIGINAL], [HistoryPage(CHANNEL, (PROXY,)), DELETION]],
    ],
    ids=["in turn", "deleted first", "at once", "at once, deleted first", "history"],
)
async def test_a_proxied_message_is_the_reply_that_its_original_was(
    with_proxies: Database, batches: list[list[Event]]
) -> None:
    inside = make_message(1103, "Me too.", channel_id=1102, author_id=BEN)
    await play(with_proxies, *batches, [inside, Edit(1100, CHANNEL, "L: No.", NOW, ())])
    kept = await replies(with_proxies)
    assert list(kept) == ["1102", "1103"]
    reply = kept["1102"]
    assert reply["author"] == {"id": str(WEBHOOK), "name": "Luna"}
    assert (reply["text"], reply["deleted"], reply["parent"]) == ("I would wait.", False, None)
    assert reply["passages"] == [1, 2]
    assert kept["1103"]["parent"] == "1102"
    (thread,) = await rows(with_proxies, "SELECT * FROM threads")
    assert (thread["id"], thread["name"]) == (1102, "Luna: I would wait")
    (nudge,) = await rows(with_proxies, "SELECT thread_id FROM prompts WHERE kind = 'nudge'")
    assert nudge["thread_id"] == 1102
    (row,) = await rows(with_proxies, "SELECT * FROM proxied_replies")
    assert (row["original_id"], row["author_id"], row["reference_id"]) == (1100, ANN, PART)


async def test_without_the_setting_an_apps_messages_are_left_alone(published: Database) -> None:
    await play(published, [ORIGINAL, PROXY, DELETION])
    kept = await replies(published)
    assert list(kept) == ["1100"]
    assert kept["1100"]["deleted"]
    (thread,) = await rows(published, "SELECT due_at FROM threads")
    assert thread["due_at"] == NOW_MS


async def test_a_thread_waits_five_seconds_where_messages_may_be_reposted(
    with_proxies: Database,
) -> None:
    await play(with_proxies, [ORIGINAL])
    (thread,) = await rows(with_proxies, "SELECT due_at FROM threads")
    assert thread["due_at"] == NOW_MS + 5000
    await with_proxies.write(lambda tx: tx.run("UPDATE threads SET state = 'open'"))
    await play(with_proxies, [PROXY, DELETION])
    (thread,) = await rows(with_proxies, "SELECT id, name FROM threads")
    assert thread["id"] == 1100, "it is open already, and the reply's thread"
    assert "Ann" not in thread["name"]
    assert "wait" not in thread["name"]
    assert (await replies(with_proxies))["1102"]["thread_id"] == "1100"


async def test_two_messages_in_quick_succession_each_find_their_proxy(
    with_proxies: Database,
) -> None:
    second = make_message(1101, "[same]", reference_id=CLOSING, author_id=BEN)
    first = make_message(1100, "[same]", reference_id=PART)
    other = make_message(1099, "S: same, but longer", reference_id=CLOSING, author_id=BEN)
    await play(
        with_proxies,
        [other, first, second],
        [make_proxy(1103, "same", "Luna"), make_proxy(1104, "same", "Sol")],
        [make_proxy(1105, "same, but longer", "Sol")],
        [Deletion((1100,), CHANNEL, NOW)],
        [Deletion((1101, 1099), CHANNEL, NOW)],
    )
    found = await rows(with_proxies, "SELECT * FROM proxied_replies ORDER BY reply_id")
    assert [(row["reply_id"], row["original_id"], row["author_id"]) for row in found] == [
        (1103, 1100, ANN),
        (1104, 1101, BEN),
        (1105, 1099, BEN),
    ]


# Ann writes what Ben's message says without the mark for the app. Only Ben's is reposted.
PLAIN = make_message(1100, "Yes.", reference_id=PART)
MARKED = make_message(1101, "L: Yes.", reference_id=CLOSING, author_id=BEN)
REPOSTED = make_proxy(1102, "Yes.")
MARKED_DELETION = Deletion((1101,), CHANNEL, NOW)


@pytest.mark.parametrize(
    "batches",
    [
        [[REPOSTED], [MARKED_DELETION]],
        [[MARKED_DELETION], [REPOSTED]],
        [[REPOSTED, MARKED_DELETION]],
        [[MARKED_DELETION, REPOSTED]],
        [[HistoryPage(CHANNEL, (PLAIN, REPOSTED))], [MARKED_DELETION]],
    ],
    ids=["proxy first", "deleted first", "at once", "at once, deleted first", "history"],
)
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("restarted", [False, True])
async def test_only_the_message_that_was_deleted_is_replaced(
    with_proxies: Database, batches: list[list[Event]], swapped: bool, restarted: bool
) -> None:
    originals: list[Event] = [PLAIN, MARKED]
    if swapped:
        originals.reverse()
    if restarted:
        for batch in [originals, *batches]:
            await play(with_proxies, batch)
    else:
        await play(with_proxies, originals, *batches)
    kept = await replies(with_proxies)
    assert (kept["1100"]["text"], kept["1100"]["deleted"]) == ("Yes.", False)
    assert (kept["1102"]["text"], kept["1102"]["deleted"]) == ("Yes.", False)
    assert kept["1102"]["author"]["name"] == "Luna"
    if restarted and batches == [[MARKED_DELETION], [REPOSTED]]:
        assert kept["1101"]["deleted"], "the bot doesn't remember what was deleted before"
        return
    assert list(kept) == ["1100", "1102"]
    assert kept["1102"]["passages"] == [], "as the closing question's, which Ben replied to"
    (row,) = await rows(with_proxies, "SELECT * FROM proxied_replies")
    assert (row["original_id"], row["author_id"], row["reference_id"]) == (1101, BEN, CLOSING)
    assert await rows(with_proxies, "SELECT * FROM proxy_candidates") == []
    threads = await rows(with_proxies, "SELECT id, member_id FROM threads ORDER BY id")
    assert [tuple(row) for row in threads] == [(1100, ANN), (1102, BEN)]


async def test_a_message_that_is_never_deleted_stays_a_reply(with_proxies: Database) -> None:
    await play(with_proxies, [PLAIN], [REPOSTED])
    kept = await replies(with_proxies)
    assert [(key, one["text"]) for key, one in kept.items()] == [("1100", "Yes."), ("1102", "Yes.")]
    threads = await rows(with_proxies, "SELECT id, due_at FROM threads")
    assert [tuple(row) for row in threads] == [(1100, NOW_MS + 5000), (1102, NOW_MS + 5000)]
    (row,) = await rows(with_proxies, "SELECT * FROM proxied_replies")
    assert (row["original_id"], row["author_id"]) == (None, 0)
    await record(with_proxies, [Edit(1100, CHANNEL, "Yes!", NOW + timedelta(hours=1), ())])
    kept = await replies(with_proxies)
    assert (kept["1100"]["text"], kept["1102"]["text"]) == ("Yes!", "Yes.")


async def test_a_deletion_after_a_day_shows_no_original(with_proxies: Database) -> None:
    await play(with_proxies, [PLAIN], [REPOSTED])
    await with_proxies.write(
        lambda tx: tx.run("UPDATE replies SET written_at = written_at - 90000000")
    )
    await play(with_proxies, [DELETION])
    kept = await replies(with_proxies)
    assert kept["1100"]["deleted"]
    assert kept["1102"]["text"] == "Yes."
    later = 1102 + (86_400_000 << 22) + 1
    await play(
        with_proxies,
        [
            replace(PLAIN, id=later, text="x", written_at=NOW),
            replace(REPOSTED, id=later + 1, text="x", written_at=NOW),
        ],
    )
    found = await rows(with_proxies, "SELECT original_id FROM proxy_candidates")
    assert [row["original_id"] for row in found] == [later]


async def test_words_that_a_member_who_opted_out_may_have_written_are_not_saved(
    with_proxies: Database,
) -> None:
    await with_proxies.write(lambda tx: erase_member(tx, SERVER, BEN, NOW_MS, opt_out=True))
    await play(with_proxies, [PLAIN, MARKED], [REPOSTED])
    reply = (await replies(with_proxies))["1102"]
    assert (reply["text"], reply["author"]) == ("", None)
    await play(with_proxies, [MARKED_DELETION])
    kept = await replies(with_proxies)
    assert (kept["1102"]["text"], kept["1100"]["text"]) == ("", "Yes.")
    assert await rows(with_proxies, "SELECT 1 FROM proxied_replies WHERE author_id <> 0") == []


async def test_words_are_erased_when_their_author_was_erased_before_it_was_known(
    with_proxies: Database,
) -> None:
    await play(with_proxies, [PLAIN, MARKED], [REPOSTED])
    await with_proxies.write(lambda tx: erase_member(tx, SERVER, BEN, NOW_MS, opt_out=False))
    assert (await replies(with_proxies))["1102"]["text"] == "Yes."
    await play(with_proxies, [MARKED_DELETION])
    kept = await replies(with_proxies)
    assert list(kept) == ["1100", "1102"]
    assert (kept["1102"]["text"], kept["1100"]["text"]) == ("", "Yes.")


async def test_a_proxied_message_can_be_edited_and_deleted(with_proxies: Database) -> None:
    await play(with_proxies, [ORIGINAL], [PROXY], [DELETION])
    await record(with_proxies, [Edit(1102, CHANNEL, "I'd wait.", NOW + timedelta(hours=1), ())])
    assert (await replies(with_proxies))["1102"]["text"] == "I'd wait."
    await record(with_proxies, [Deletion((1102,), CHANNEL, NOW)])
    assert (await replies(with_proxies))["1102"]["deleted"]


@pytest.mark.parametrize("opted_out", [False, True])
async def test_privacy_works_for_proxied_words(with_proxies: Database, opted_out: bool) -> None:
    if not opted_out:
        await play(with_proxies, [ORIGINAL], [PROXY], [DELETION])
        mine = await with_proxies.read(lambda tx: get_member_data(tx, SERVER, ANN))
        assert [(one["name"], one["text"]) for one in mine["replies"]] == [
            ("Luna", "I would wait.")
        ]
    await with_proxies.write(lambda tx: erase_member(tx, SERVER, ANN, NOW_MS, opt_out=opted_out))
    if opted_out:
        await play(with_proxies, [ORIGINAL], [DELETION], [PROXY])
    await record(with_proxies, [HistoryPage(CHANNEL, (PROXY,))])
    kept = await replies(with_proxies)
    assert kept["1102"]["author"] is None
    assert (kept["1102"]["text"], kept["1102"]["deleted"]) == ("", True)
    assert await rows(with_proxies, "SELECT 1 FROM proxied_replies WHERE author_id <> 0") == []
    names = await rows(with_proxies, "SELECT name FROM threads")
    assert not any("Luna" in row["name"] for row in names)


async def test_a_proxied_message_from_an_outage_is_threaded_by_the_link_in_it(
    with_proxies: Database,
) -> None:
    await record(with_proxies, [HistoryPage(CHANNEL, (replace(PROXY, linked_id=PART),))])
    reply = (await replies(with_proxies))["1102"]
    assert (reply["text"], reply["thread_id"]) == ("I would wait.", "1102")
    assert reply["passages"] == [1, 2]


async def test_a_proxied_message_whose_author_may_have_opted_out_is_not_saved(
    with_proxies: Database,
) -> None:
    await with_proxies.write(lambda tx: erase_member(tx, SERVER, BEN, NOW_MS, opt_out=True))
    await record(with_proxies, [HistoryPage(CHANNEL, (replace(PROXY, linked_id=PART),))])
    reply = (await replies(with_proxies))["1102"]
    assert (reply["text"], reply["author"]) == ("", None)
