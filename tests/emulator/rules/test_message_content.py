"""What a message may carry besides text. docs: Message Resource; Components; Uploading Files."""

from __future__ import annotations

from typing import Any

import pytest

from bot.emulator.world.models import Emoji
from bot.emulator.world.permissions import Permission
from tests.emulator.http_clients import Reply, SeededServer

V2 = 1 << 15


def _button(custom_id: str = "go", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def _row(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


async def _send(server: SeededServer, **body: Any) -> Reply:
    return await server.bot.post(f"/channels/{server.essays}/messages", body)


async def test_an_uploaded_file_is_served_from_its_address(server: SeededServer) -> None:
    """docs: Reference › Uploading Files."""
    reply = await server.ann.post(
        f"/channels/{server.essays}/messages",
        {"content": "", "attachments": [{"id": "0", "description": "notes"}]},
        files={"my notes.txt": b"text"},
    )
    assert reply.status == 200, reply
    attachment = reply.body["attachments"][0]
    assert (attachment["filename"], attachment["size"]) == ("my_notes.txt", 4)
    assert attachment["description"] == "notes"
    async with server.bot.session.get(attachment["url"]) as response:
        assert await response.read() == b"text"


async def test_a_file_of_more_than_10_mib_is_40005(server: SeededServer) -> None:
    """docs: Reference › Uploading Files."""
    most = 10 * 1024 * 1024
    path = f"/channels/{server.essays}/messages"
    assert (await server.ann.post(path, {}, files={"a": b"x" * most})).status == 200
    reply = await server.ann.post(path, {}, files={"a": b"x" * (most + 1)})
    assert (reply.status, reply.code) == (413, 40005)


async def test_a_message_has_at_most_ten_files(server: SeededServer) -> None:
    path = f"/channels/{server.essays}/messages"
    assert (await server.ann.post(path, {}, files={f"f{n}": b"x" for n in range(10)})).status == 200
    reply = await server.ann.post(path, {}, files={f"f{n}": b"x" for n in range(11)})
    assert reply.code == 50035


async def test_files_need_attach_files_and_embeds_embed_links(server: SeededServer) -> None:
    """docs: Create Message; Permissions › Implicit Permissions."""
    server.deny(server.bot.user, server.essays, Permission.ATTACH_FILES, Permission.EMBED_LINKS)
    path = f"/channels/{server.essays}/messages"
    assert (await server.bot.post(path, {}, files={"a": b"x"})).code == 50013
    assert (await _send(server, embeds=[{"title": "x"}])).code == 50013


async def test_an_edit_keeps_the_files_it_names(server: SeededServer) -> None:
    """docs: Edit Message (``attachments``)."""
    sent = await server.ann.post(
        f"/channels/{server.essays}/messages", {}, files={"a": b"1", "b": b"2"}
    )
    path = f"/channels/{server.essays}/messages/{sent.body['id']}"
    kept = sent.body["attachments"][1]["id"]
    edited = await server.ann.patch(
        path, {"attachments": [{"id": kept}, {"id": "0"}]}, files={"c": b"3"}
    )
    assert [one["filename"] for one in edited.body["attachments"]] == ["b", "c"]
    assert (await server.ann.patch(path, {"attachments": []})).code == 50006


@pytest.mark.parametrize(
    "embed",
    [
        {"title": "x" * 257},
        {"description": "x" * 4097},
        {"footer": {"text": "x" * 2049}},
        {"author": {"name": "x" * 257}},
        {"fields": [{"name": "x", "value": "x" * 1025}]},
        {"fields": [{"name": "", "value": "x"}]},
        {"fields": [{"name": "x", "value": "y"}] * 26},
        {"title": "x", "url": "javascript:alert()"},
        {},
    ],
)
async def test_an_embed_has_limits(server: SeededServer, embed: dict[str, Any]) -> None:
    """docs: Message Resource › Embed Limits."""
    assert (await _send(server, embeds=[embed])).code == 50035


async def test_embeds_hold_6000_characters_together(server: SeededServer) -> None:
    half = {"description": "x" * 3000}
    assert (await _send(server, embeds=[half, half])).status == 200
    assert (await _send(server, embeds=[half, half, {"title": "x"}])).code == 50035
    assert (await _send(server, embeds=[{"title": "x"}] * 11)).code == 50035


@pytest.mark.parametrize(
    "components",
    [
        [_button()],
        [_row()],
        [_row(*[_button(str(n)) for n in range(6)])],
        [_row(_button(str(n))) for n in range(6)],
        [_row(_button("a"), _button("a"))],
        [_row(_button("x" * 101))],
        [_row(_button(label="x" * 81))],
        [_row({"type": 2, "style": 1, "custom_id": "a"})],
        [_row({"type": 2, "style": 5, "label": "x"})],
        [_row({"type": 2, "style": 5, "label": "x", "url": "https://a.b", "custom_id": "c"})],
        [_row({"type": 3, "custom_id": "a", "options": []})],
        [_row({"type": 3, "custom_id": "a", "options": [{"label": "x", "value": "y"}] * 2})],
        [_row({"type": 5, "custom_id": "a"}, _button())],
        [{"type": 10, "content": "text"}],
    ],
)
async def test_components_have_rules(
    server: SeededServer, components: list[dict[str, Any]]
) -> None:
    """docs: Components › Component Reference."""
    assert (await _send(server, content="x", components=components)).code == 50035


async def test_buttons_and_selects_come_back_with_ids(server: SeededServer) -> None:
    select = {"type": 3, "custom_id": "s", "options": [{"label": "One", "value": "1"}]}
    reply = await _send(server, content="x", components=[_row(_button()), _row(select)])
    assert reply.status == 200, reply
    ids = [row["id"] for row in reply.body["components"]]
    assert len(set(ids)) == 2


async def test_components_v2_exclude_content_and_embeds(server: SeededServer) -> None:
    """docs: Components › Using Components in Messages (IS_COMPONENTS_V2)."""
    text = [{"type": 10, "content": "words"}]
    assert (await _send(server, flags=V2, components=text)).status == 200
    assert (await _send(server, flags=V2, components=text, content="x")).code == 50035
    assert (await _send(server, flags=V2, components=text, embeds=[{"title": "x"}])).code == 50035
    assert (await _send(server, flags=V2)).code == 50006


async def test_components_v2_hold_40_components_and_4000_characters(server: SeededServer) -> None:
    lines = [{"type": 10, "content": "x"}] * 39
    inside = [{"type": 17, "components": lines}]
    assert (await _send(server, flags=V2, components=inside)).status == 200
    over = [{"type": 17, "components": [*lines, {"type": 14}]}]
    assert (await _send(server, flags=V2, components=over)).code == 50035
    half = {"type": 10, "content": "x" * 2000}
    assert (await _send(server, flags=V2, components=[half, half])).status == 200
    assert (await _send(server, flags=V2, components=[half, half, lines[0]])).code == 50035


async def test_components_v2_cannot_be_removed(server: SeededServer) -> None:
    sent = await _send(server, flags=V2, components=[{"type": 10, "content": "words"}])
    path = f"/channels/{server.essays}/messages/{sent.body['id']}"
    assert (await server.bot.patch(path, {"content": "plain"})).code == 50035
    edited = await server.bot.patch(path, {"components": [{"type": 10, "content": "other"}]})
    assert edited.body["components"][0]["content"] == "other"
    assert edited.body["flags"] & V2


async def test_components_v2_show_uploaded_files(server: SeededServer) -> None:
    """docs: Components › Unfurled Media Item (``attachment://``)."""
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
    path = f"/channels/{server.essays}/messages"
    body = {"flags": V2, "components": [gallery]}
    sent = await server.bot.post(path, body, files={"a.png": b"x"})
    assert sent.status == 200, sent
    media = sent.body["components"][0]["items"][0]["media"]
    assert media["attachment_id"] == sent.body["attachments"][0]["id"]
    assert (await server.bot.post(path, body)).code == 50035


async def test_an_edit_that_is_refused_changes_nothing(server: SeededServer) -> None:
    sent = await _send(server, flags=V2, components=[{"type": 10, "content": "words"}])
    path = f"/channels/{server.essays}/messages/{sent.body['id']}"
    missing = {"type": 13, "file": {"url": "attachment://a.txt"}}
    assert (await server.bot.patch(path, {"components": [missing]})).code == 50035
    assert (await server.bot.get(path)).body["components"][0]["content"] == "words"


async def test_settable_flags_are_kept(server: SeededServer) -> None:
    """docs: Message Flags: silent and without embeds; others are not the author's."""
    reply = await _send(server, content="x", flags=(1 << 2) | (1 << 12) | (1 << 5) | (1 << 6))
    assert reply.body["flags"] == (1 << 2) | (1 << 12)


async def test_a_poll_has_limits(server: SeededServer) -> None:
    """docs: Poll Resource."""
    answers = [{"poll_media": {"text": "yes"}}, {"poll_media": {"text": "no"}}]
    poll = {"question": {"text": "Well?"}, "answers": answers, "duration": 24.0}
    reply = await server.ann.post(f"/channels/{server.essays}/messages", {"poll": poll})
    assert reply.status == 200, reply
    assert reply.body["poll"]["results"]["is_finalized"] is False
    too_many = {**poll, "answers": answers * 6}
    path = f"/channels/{server.essays}/messages"
    assert (await server.ann.post(path, {"poll": too_many})).code == 50035
    long = {**poll, "question": {"text": "x" * 301}}
    assert (await server.ann.post(path, {"poll": long})).code == 50035


async def test_reactions_are_counted_and_removed(server: SeededServer) -> None:
    """docs: Create Reaction, Get Reactions, Delete User Reaction."""
    message = await server.ann.post_message(server.essays, "one")
    path = f"/channels/{server.essays}/messages/{message['id']}"
    heart = f"{path}/reactions/%E2%9D%A4%EF%B8%8F"
    assert (await server.ann.put(f"{heart}/@me")).status == 204
    assert (await server.ann.put(f"{heart}/@me")).status == 204
    assert (await server.ben.put(f"{heart}/@me")).status == 204
    shown = (await server.bot.get(path)).body["reactions"][0]
    assert (shown["count"], shown["me"]) == (2, False)
    who = (await server.bot.get(heart)).body
    assert {user["global_name"] for user in who} == {"Ann", "Ben"}
    assert (await server.ann.delete(f"{heart}/{server.ben.user.id}")).code == 50013
    assert (await server.bot.delete(f"{heart}/{server.ben.user.id}")).status == 204
    assert (await server.ann.delete(f"{heart}/@me")).status == 204
    assert "reactions" not in (await server.bot.get(path)).body
    assert (await server.ann.put(f"{path}/reactions/plain/@me")).code == 10014


async def test_only_a_new_reaction_needs_add_reactions(server: SeededServer) -> None:
    message = await server.ann.post_message(server.essays, "one")
    server.deny(server.bot.user, server.essays, Permission.ADD_REACTIONS)
    path = f"/channels/{server.essays}/messages/{message['id']}/reactions/%F0%9F%91%8D/@me"
    assert (await server.bot.put(path)).code == 50013
    await server.ann.put(path)
    assert (await server.bot.put(path)).status == 204


async def test_pinning_needs_pin_messages_and_posts_a_message(server: SeededServer) -> None:
    """docs: Pin Message; Message Types (CHANNEL_PINNED_MESSAGE)."""
    message = await server.ann.post_message(server.essays, "one")
    path = f"/channels/{server.essays}/messages/pins"
    assert (await server.ann.put(f"{path}/{message['id']}")).code == 50013
    assert (await server.bot.put(f"{path}/{message['id']}")).status == 204
    pins = (await server.bot.get(path)).body
    assert [one["message"]["id"] for one in pins["items"]] == [message["id"]]
    told = (await server.bot.get(f"/channels/{server.essays}/messages")).body[0]
    assert told["type"] == 6
    assert (await server.bot.delete(f"{path}/{message['id']}")).status == 204
    assert (await server.bot.get(path)).body == {"items": [], "has_more": False}


async def test_reactions_are_cleared_by_those_who_manage_messages(server: SeededServer) -> None:
    """docs: Delete All Reactions, Delete All Reactions for Emoji."""
    message = await server.ann.post_message(server.essays, "one")
    path = f"/channels/{server.essays}/messages/{message['id']}"
    server.emulator.world.guild.emojis[123] = Emoji(123, "party")
    for emoji in ("%F0%9F%91%8D", "%F0%9F%91%8E", "party:123"):
        assert (await server.ann.put(f"{path}/reactions/{emoji}/@me")).status == 204
    assert (await server.ann.delete(f"{path}/reactions")).code == 50013
    assert (await server.bot.delete(f"{path}/reactions/%F0%9F%91%8D")).status == 204
    assert (await server.bot.delete(f"{path}/reactions/%F0%9F%91%8D")).code == 10014
    left = (await server.bot.get(path)).body["reactions"]
    assert [one["emoji"] for one in left] == [
        {"id": None, "name": "👎"},
        {"id": "123", "name": "party"},
    ]
    assert (await server.bot.delete(f"{path}/reactions")).status == 204
    assert "reactions" not in (await server.bot.get(path)).body


async def test_a_message_holds_20_different_reactions(server: SeededServer) -> None:
    """docs: JSON Error Codes (30010)."""
    message = await server.ann.post_message(server.essays, "one")
    path = f"/channels/{server.essays}/messages/{message['id']}/reactions"
    server.emulator.world.guild.emojis |= {n + 1: Emoji(n + 1, f"e{n}") for n in range(21)}
    codes = [(await server.ann.put(f"{path}/e{n}:{n + 1}/@me")).code for n in range(21)]
    assert codes == [None] * 20 + [30010]


_ODD: list[Any] = [
    None,
    True,
    -1,
    1.5,
    10**18,
    "",
    "x" * 3000,
    [],
    [[]],
    [None],
    [{}],
    [{"type": 1}],
    [{"type": 17, "components": [[]]}],
    {},
    {"a": 1},
    {"id": []},
]


@pytest.mark.parametrize(
    "field",
    [
        "content",
        "embeds",
        "components",
        "flags",
        "nonce",
        "allowed_mentions",
        "message_reference",
        "poll",
        "attachments",
        "sticker_ids",
        "tts",
    ],
)
async def test_no_odd_value_makes_the_emulator_fail(server: SeededServer, field: str) -> None:
    for value in _ODD:
        for flags in (0, V2):
            body = {"content": "x", "flags": flags, field: value}
            reply = await server.bot.post(f"/channels/{server.essays}/messages", body)
            assert reply.status < 500, body
            assert reply.status == 200 or reply.code, body
