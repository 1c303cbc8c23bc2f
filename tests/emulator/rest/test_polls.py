"""Polls. docs: Poll Resource."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import SeededServer

_ANSWERS = [{"poll_media": {"text": text}} for text in ("yes", "no")]
_POLL = {"question": {"text": "Well?"}, "answers": _ANSWERS, "duration": 1}


async def _ask(server: SeededServer, **more: Any) -> tuple[dict[str, Any], str]:
    sent = await server.ann.post(f"/channels/{server.essays}/messages", {"poll": {**_POLL, **more}})
    assert sent.status == 200, sent
    return sent.body, f"/channels/{server.essays}/polls/{sent.body['id']}"


async def test_votes_are_counted_and_can_be_changed(server: SeededServer) -> None:
    """docs: Poll Results; Get Answer Voters; Gateway Events › Message Poll Vote Add, Remove."""
    message, poll = await _ask(server)
    heard = collect_dispatches(server.emulator.world)
    for answers in (["1"], ["2"]):
        reply = await server.ben.put(f"{poll}/answers/@me", {"answer_ids": answers})
        assert reply.status == 204
    assert [event.name for event in heard] == [
        "MESSAGE_POLL_VOTE_ADD",
        "MESSAGE_POLL_VOTE_REMOVE",
        "MESSAGE_POLL_VOTE_ADD",
    ]
    shown = (await server.bot.get(f"/channels/{server.essays}/messages/{message['id']}")).body
    assert shown["poll"]["results"]["answer_counts"] == [{"id": 2, "count": 1, "me_voted": False}]
    voters = (await server.bot.get(f"{poll}/answers/2")).body["users"]
    assert [user["id"] for user in voters] == [str(server.ben.user.id)]


async def test_invalid_votes_are_refused(server: SeededServer) -> None:
    """docs: Poll Resource (``allow_multiselect``); bots can't vote."""
    _, poll = await _ask(server)
    path = f"{poll}/answers/@me"
    assert (await server.ben.put(path, {"answer_ids": ["3"]})).code == 50035
    assert (await server.ben.put(path, {"answer_ids": ["1", "2"]})).code == 50035
    assert (await server.bot.put(path, {"answer_ids": ["1"]})).code == 20001


async def test_only_its_author_ends_a_poll_and_its_result_is_posted(server: SeededServer) -> None:
    """docs: End Poll; Message Types (POLL_RESULT); JSON Error Codes (520001)."""
    _, poll = await _ask(server)
    await server.ben.put(f"{poll}/answers/@me", {"answer_ids": ["2"]})
    assert (await server.bot.post(f"{poll}/expire")).code == 50005
    ended = await server.ann.post(f"{poll}/expire")
    assert ended.body["poll"]["results"]["is_finalized"] is True
    result = (await server.bot.get(f"/channels/{server.essays}/messages")).body[0]
    fields = {one["name"]: one["value"] for one in result["embeds"][0]["fields"]}
    assert (result["type"], fields["victor_answer_text"], fields["total_votes"]) == (46, "no", "1")
    assert (await server.ann.post(f"{poll}/expire")).code == 520001
    late = await server.ben.put(f"{poll}/answers/@me", {"answer_ids": ["1"]})
    assert late.code == 520001


async def test_the_result_mentions_the_author_and_names_the_winning_emoji(
    server: SeededServer,
) -> None:
    """docs: Message Resource › Poll Result Messages, Poll Result Embed Fields."""
    answers = [{"poll_media": {"text": "yes", "emoji": {"name": "👍"}}}]
    message, poll = await _ask(server, answers=answers)
    await server.ben.put(f"{poll}/answers/@me", {"answer_ids": ["1"]})
    await server.ann.post(f"{poll}/expire")
    result = (await server.bot.get(f"/channels/{server.essays}/messages")).body[0]
    fields = {one["name"]: one["value"] for one in result["embeds"][0]["fields"]}
    assert fields["victor_answer_emoji_name"] == "👍"
    assert [user["id"] for user in result["mentions"]] == [str(server.ann.user.id)]
    where = {"type": 0, "channel_id": str(server.essays), "message_id": message["id"]}
    assert result["message_reference"] == where


async def test_a_poll_cannot_be_edited_and_only_polls_end(server: SeededServer) -> None:
    """docs: Poll Resource › Poll Endpoints; JSON Error Codes (520003, 520006)."""
    message, _ = await _ask(server)
    path = f"/channels/{server.essays}/messages/{message['id']}"
    assert (await server.ann.patch(path, {"content": "x"})).code == 520003
    assert (await server.ann.patch(path, {"flags": 4})).status == 200
    plain = await server.ann.post_message(server.essays, "x")
    path = f"/channels/{server.essays}/messages/{plain['id']}"
    assert (await server.ann.patch(path, {"poll": _POLL})).code == 520003
    end = f"/channels/{server.essays}/polls/{plain['id']}/expire"
    assert (await server.ann.post(end)).code == 520006


async def test_a_poll_ends_at_its_expiry(server: SeededServer) -> None:
    """docs: Poll Object (``expiry``)."""
    message, _ = await _ask(server)
    world = server.emulator.world
    world.clock.advance_to(world.now() + timedelta(hours=1))
    world.pass_time()
    shown = (await server.bot.get(f"/channels/{server.essays}/messages/{message['id']}")).body
    assert shown["poll"]["results"]["is_finalized"] is True
