"""Injected faults: each affects the bot, as often as requested, and nobody else."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.emulator.faults.faults import path_matches
from bot.emulator.faults.steps import NeverArrivedError, Step, plain_path
from bot.emulator.server import Emulator
from tests.emulator.gateway_client import (
    Closed,
    call,
    channel,
    connected,
    control,
    dispatch_message,
    identified,
    member,
)


def bots(emulator: Emulator) -> str:
    """The bot's authorization."""
    return f"Bot {emulator.world.bot.token}"


async def posts(emulator: Emulator, token: str, content: str = "Hello") -> tuple[int, Any]:
    """Post a message in #essays."""
    path = f"/channels/{channel(emulator, 'essays').id}/messages"
    return await call(emulator, "POST", path, token, {"content": content})


def standing(emulator: Emulator) -> list[str]:
    """The contents of the messages in #essays."""
    essays = channel(emulator, "essays")
    return [emulator.world.messages[ident].content for ident in emulator.world.timelines[essays.id]]


def http(**more: Any) -> dict[str, Any]:
    """A fault for posting a message."""
    fault = {"kind": "http", "method": "POST", "path": "/channels/*/messages", "status": 502}
    return fault | more


async def plan(emulator: Emulator, fault: Any) -> None:
    """Request a fault, which must be valid."""
    status, body = await control(emulator, "POST", "/faults", fault)
    assert status == 200, body


async def test_an_http_fault_happens_as_often_as_requested_without_the_effect(
    emulator: Emulator,
) -> None:
    await plan(emulator, http(times=2))
    assert [(await posts(emulator, bots(emulator)))[0] for _ in range(3)] == [502, 502, 200]
    assert standing(emulator) == ["Hello"]


# Servers out of reach: docs: Gateway Events › Guild Delete, Guild Create, Ready ----------------


async def test_a_bot_gets_no_events_of_an_unavailable_server(
    emulator: Emulator,
) -> None:
    essays, ann = channel(emulator, "essays"), member(emulator, "Ann")
    async with identified(emulator, emulator.world.bot) as bot, identified(emulator, ann) as client:
        await plan(emulator, {"kind": "server_outage"})
        lost = await bot.event("GUILD_DELETE")
        assert lost == {"id": str(emulator.world.guild.id), "unavailable": True}
        dispatch_message(emulator, ann, essays, "Nobody there?")
        assert (await client.event("MESSAGE_CREATE"))["content"] == "Nobody there?"
        await plan(emulator, {"kind": "server_return"})
        assert (await bot.event("GUILD_CREATE"))["unavailable"] is False
        dispatch_message(emulator, ann, essays, "There you are.")
        assert (await bot.event("MESSAGE_CREATE"))["content"] == "There you are."


async def test_a_bot_that_identifies_during_an_outage_gets_the_server_later(
    emulator: Emulator,
) -> None:
    await plan(emulator, {"kind": "server_outage"})
    async with connected(emulator) as bot:
        await bot.identify(emulator.world.bot)
        (guild,) = (await bot.event("READY"))["guilds"]
        assert guild["unavailable"] is True
        status, _ = await control(emulator, "DELETE", "/faults")
        assert status == 200
        assert (await bot.event("GUILD_CREATE"))["id"] == guild["id"]


async def test_an_http_fault_after_the_effect_leaves_the_effect(emulator: Emulator) -> None:
    await plan(emulator, http(after_effect=True))
    assert (await posts(emulator, bots(emulator)))[0] == 502
    assert standing(emulator) == ["Hello"]


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_connection_is_cut_before_or_after_the_effect(
    emulator: Emulator, after_effect: bool
) -> None:
    await plan(emulator, http(status=None, after_effect=after_effect))
    with pytest.raises(aiohttp.ClientConnectionError):
        await posts(emulator, bots(emulator))
    assert len(standing(emulator)) == int(after_effect)


async def test_faults_never_affect_members(emulator: Emulator) -> None:
    await plan(emulator, http(path="**"))
    assert (await posts(emulator, member(emulator, "Ann").token))[0] == 200
    assert (await posts(emulator, bots(emulator)))[0] == 502


async def test_a_fault_does_not_affect_another_method_or_path(emulator: Emulator) -> None:
    await plan(emulator, http(method="PATCH"))
    await plan(emulator, http(path="/channels/*"))
    assert (await posts(emulator, bots(emulator)))[0] == 200


async def test_an_injected_429_looks_like_discords(emulator: Emulator) -> None:
    # docs: Rate Limits › Exceeding A Rate Limit
    await plan(emulator, http(status=429, retry_after=1.5))
    address = f"{emulator.api}/channels/{channel(emulator, 'essays').id}/messages"
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            address, json={"content": "x"}, headers={"Authorization": bots(emulator)}
        ) as response,
    ):
        assert response.status == 429
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Retry-After"] == "2"
        assert "Via" in response.headers
        body = await response.json()
        assert (body["retry_after"], body["global"]) == (1.5, False)


async def test_an_http_fault_can_have_a_json_error_code(emulator: Emulator) -> None:
    await plan(emulator, http(status=400, code=50083, message="Thread is archived"))
    status, body = await posts(emulator, bots(emulator))
    assert (status, body) == (400, {"message": "Thread is archived", "code": 50083})


async def test_pending_faults_can_be_cancelled(emulator: Emulator) -> None:
    await plan(emulator, http(times=5))
    assert await control(emulator, "GET", "/faults") == (200, {"waiting": 1})
    assert await control(emulator, "DELETE", "/faults") == (200, {"waiting": 0})
    assert (await posts(emulator, bots(emulator)))[0] == 200


async def test_a_slow_answer_comes_after_its_effect(emulator: Emulator) -> None:
    await plan(emulator, {"kind": "slow", "seconds": 0.01})
    steps: list[str] = []

    async def watch(step: Step) -> None:
        steps.append(step.moment)

    emulator.steps.hook = watch
    assert (await posts(emulator, bots(emulator)))[0] == 200
    assert await control(emulator, "GET", "/faults") == (200, {"waiting": 0})
    assert steps == ["before", "after"]


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "earthquake"},
        {"kind": "http", "method": "POST", "status": 500},
        {"kind": "http", "path": "/x", "method": "FETCH", "status": 500},
        {"kind": "http", "path": "/x", "method": "GET"},
        {"kind": "http", "path": "/x", "method": "GET", "status": 200},
        {"kind": "http", "path": "/x", "method": "GET", "status": 500, "times": 0},
        {"kind": "http", "path": "/x", "method": "GET", "status": 500, "after_effect": "yes"},
        {"kind": "duplicate"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow"},
        {"kind": "gateway_close", "code": 99},
        {"kind": "event"},
        [],
    ],
)
async def test_an_invalid_fault_is_rejected_with_a_sentence(emulator: Emulator, fault: Any) -> None:
    status, body = await control(emulator, "POST", "/faults", fault)
    assert status == 400
    assert body["message"].endswith(".")


async def test_an_event_is_sent_twice(emulator: Emulator) -> None:
    await plan(emulator, {"kind": "duplicate", "event": "MESSAGE_CREATE", "times": 1})
    essays, ann = channel(emulator, "essays"), member(emulator, "Ann")
    async with identified(emulator, emulator.world.bot) as client:
        dispatch_message(emulator, ann, essays, "one")
        dispatch_message(emulator, ann, essays, "two")
        heard = [(await client.event("MESSAGE_CREATE"))["content"] for _ in range(3)]
        assert heard == ["one", "one", "two"]


async def test_an_event_is_sent_after_the_one_that_follows_it(emulator: Emulator) -> None:
    await plan(emulator, {"kind": "reorder", "event": "MESSAGE_CREATE", "times": 1})
    essays, ann = channel(emulator, "essays"), member(emulator, "Ann")
    async with identified(emulator, emulator.world.bot) as client:
        for text in ("one", "two", "three"):
            dispatch_message(emulator, ann, essays, text)
        heard = [(await client.event("MESSAGE_CREATE"))["content"] for _ in range(3)]
        assert heard == ["two", "one", "three"]


async def test_event_faults_affect_a_requested_members_chunk_too(
    emulator: Emulator,
) -> None:
    """docs: Gateway Events › Request Guild Members."""
    ann = member(emulator, "Ann")
    ask = {"guild_id": str(emulator.world.guild.id), "user_ids": [str(ann.id)], "limit": 1}
    await plan(emulator, {"kind": "duplicate", "event": "GUILD_MEMBERS_CHUNK"})
    async with identified(emulator, emulator.world.bot) as client:
        await client.send(8, ask)
        chunks = [await client.event("GUILD_MEMBERS_CHUNK") for _ in range(2)]
        assert [[one["user"]["id"] for one in chunk["members"]] for chunk in chunks] == [
            [str(ann.id)]
        ] * 2


async def test_a_held_back_event_is_sent_when_faults_are_cancelled(
    emulator: Emulator,
) -> None:
    await plan(emulator, {"kind": "reorder", "event": "MESSAGE_CREATE"})
    async with identified(emulator, emulator.world.bot) as client:
        dispatch_message(emulator, member(emulator, "Ann"), channel(emulator, "essays"), "late")
        await control(emulator, "DELETE", "/faults")
        assert (await client.event("MESSAGE_CREATE"))["content"] == "late"


async def test_members_get_each_event_once_and_in_order(emulator: Emulator) -> None:
    await plan(emulator, {"kind": "duplicate", "event": "*", "times": 9})
    essays, ann = channel(emulator, "essays"), member(emulator, "Ann")
    async with identified(emulator, ann) as client:
        dispatch_message(emulator, ann, essays, "one")
        dispatch_message(emulator, ann, essays, "two")
        heard = [(await client.event("MESSAGE_CREATE"))["content"] for _ in range(2)]
        assert heard == ["one", "two"]


@pytest.mark.parametrize(("code", "resumable"), [(4000, True), (4007, False), (4009, False)])
async def test_the_gateway_closes_with_the_requested_code(
    emulator: Emulator, code: int, resumable: bool
) -> None:
    bot = emulator.world.bot
    async with identified(emulator, bot) as client:
        await plan(emulator, {"kind": "gateway_close", "code": code})
        assert await client.closes() == code
    async with connected(emulator) as again:
        await again.resume(bot, client.session_id, client.sequence)
        payload = await again.receive()
        assert payload["t"] == "RESUMED" if resumable else payload["op"] == 9


async def test_a_gateway_connection_is_cut_without_a_code(emulator: Emulator) -> None:
    async with identified(emulator, emulator.world.bot) as client:
        await plan(emulator, {"kind": "gateway_close", "code": None})
        with pytest.raises(Closed) as closed:
            await client.receive()
        assert closed.value.code is None


async def test_a_gateway_close_waits_for_a_bot_that_is_not_connected_yet(
    emulator: Emulator,
) -> None:
    await plan(emulator, {"kind": "gateway_close", "code": 4014})
    async with connected(emulator) as client:
        await client.identify(emulator.world.bot)
        assert await client.closes() == 4014
    async with identified(emulator, emulator.world.bot):
        pass


async def test_an_invalid_session_ends_the_session(emulator: Emulator) -> None:
    bot = emulator.world.bot
    async with identified(emulator, bot) as client:
        await plan(emulator, {"kind": "invalid_session"})
        assert await client.receive() == {"t": None, "s": None, "op": 9, "d": False}
    async with connected(emulator) as again:
        await again.resume(bot, client.session_id, client.sequence)
        assert (await again.receive())["op"] == 9


async def test_a_silent_connection_stays_open_and_a_resume_replays_its_events(
    emulator: Emulator,
) -> None:
    # docs: Gateway › Sending Heartbeats (no acknowledgement: “zombied”), Resuming
    bot = emulator.world.bot
    async with identified(emulator, bot) as client:
        await plan(emulator, {"kind": "silence"})
        await client.send(1, client.sequence)  # a heartbeat, in vain
        await posts(emulator, bots(emulator))
        async with connected(emulator) as again:
            await again.resume(bot, client.session_id, client.sequence)
            assert await again.event("MESSAGE_CREATE")
            await again.event("RESUMED")


async def test_an_unknown_event_can_be_injected(emulator: Emulator) -> None:
    async with identified(emulator, emulator.world.bot) as client:
        await plan(emulator, {"kind": "event", "event": "SOMETHING_NEW", "data": {"a": 1}})
        assert await client.event("SOMETHING_NEW") == {"a": 1}


# Steps ----------------------------------------------------------------------------------------


async def test_every_call_and_event_of_the_bot_is_two_steps(emulator: Emulator) -> None:
    steps: list[Step] = []

    async def watch(step: Step) -> None:
        steps.append(step)

    async with identified(emulator, emulator.world.bot) as client:
        emulator.steps.hook = watch
        await posts(emulator, member(emulator, "Ann").token, "not the bot's")
        await client.event("MESSAGE_CREATE")
        await call(emulator, "GET", "/users/@me", bots(emulator))
    told = [(step.kind, step.moment, step.what) for step in steps]
    assert told == [
        ("event", "before", "MESSAGE_CREATE"),
        ("event", "after", "MESSAGE_CREATE"),
        ("call", "before", "GET /users/@me"),
        ("call", "after", "GET /users/@me"),
    ]
    first = steps[0].number
    assert [step.number for step in steps] == [first, first + 1, first + 2, first + 3]


async def test_a_step_hook_can_drop_a_call_before_its_effect(emulator: Emulator) -> None:
    async def lose(step: Step) -> None:
        if step.what == "POST /channels/{id}/messages" and step.moment == "before":
            raise NeverArrivedError

    emulator.steps.hook = lose
    with pytest.raises(aiohttp.ClientConnectionError):
        await posts(emulator, bots(emulator))
    assert standing(emulator) == []


def test_a_steps_path_has_neither_ids_nor_tokens() -> None:
    one, secret = "1574505046295445514", "aW50ZXJhY3Rpb24"
    assert plain_path(f"/channels/{one}/messages/{one}") == "/channels/{id}/messages/{id}"
    assert plain_path(f"/interactions/{one}/{secret}/callback") == (
        "/interactions/{id}/{token}/callback"
    )
    assert plain_path(f"/webhooks/{one}/{secret}/messages/@original") == (
        "/webhooks/{id}/{token}/messages/@original"
    )


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/channels/*/messages", "/channels/1/messages", True),
        ("/api/v10/channels/*/messages", "/api/v10/channels/1/messages", True),
        ("/channels/{channel_id}/messages", "/channels/1/messages", True),
        ("/channels/*", "/channels/1/messages", False),
        ("/channels/**", "/channels/1/messages", True),
        ("*/messages", "/channels/1/messages", True),
        ("*", "/channels/1/messages", True),
        (r"/channels/\d+/messages", "/channels/1/messages", True),
        (r"^/channels/.*$", "/channels/1/messages", True),
        ("/channels", "/channels/1/messages", False),
        ("(", "/channels/1", False),
    ],
)
def test_a_pattern_matches_paths(pattern: str, path: str, fits: bool) -> None:
    assert path_matches(pattern, path) is fits


# Files: docs: Reference › Signed Attachment CDN URLs --------------------------------------------


async def test_a_fault_affects_the_bots_file_downloads_but_not_the_pages(
    emulator: Emulator,
) -> None:
    form = aiohttp.FormData()
    form.add_field("payload_json", '{"attachments": [{"id": "0", "filename": "a.txt"}]}')
    form.add_field("files[0]", b"words", filename="a.txt")
    steps: list[Step] = []

    async def record(step: Step) -> None:
        steps.append(step)

    async with aiohttp.ClientSession() as session:
        path = f"/channels/{channel(emulator, 'essays').id}/messages"
        headers = {"Authorization": member(emulator, "Ann").token}
        async with session.post(f"{emulator.api}{path}", data=form, headers=headers) as response:
            address = (await response.json())["attachments"][0]["url"]
        emulator.steps.hook = record
        await plan(emulator, http(method="GET", path="/attachments/**", status=503))
        async with session.get(address, headers={"Sec-Fetch-Site": "same-origin"}) as response:
            assert (response.status, await response.read()) == (200, b"words")
        async with session.get(address) as response:
            assert response.status == 503
        async with session.get(address) as response:
            assert (response.status, await response.read()) == (200, b"words")
    assert {step.what for step in steps} == {"GET /attachments/{id}/{id}/a.txt"}
    assert len(steps) == 4, "before and behind each of the two that no page made"
