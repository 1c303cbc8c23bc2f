"""Commands, components and modals. docs: Interactions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.emulator.world.events import Event, InteractionCreated
from bot.emulator.world.permissions import Permission
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import ApiClient, Reply, SeededServer

TITLE = {"type": 3, "name": "title", "description": "Which", "required": True}
COUNT = {"type": 4, "name": "count", "description": "How many", "min_value": 1, "max_value": 9}
ESSAY = {"name": "essay", "description": "An essay", "options": [TITLE, COUNT]}
EPHEMERAL = 64


class Play:
    """Starts interactions and collects them as the bot receives them."""

    def __init__(self, server: SeededServer) -> None:
        self.server = server
        self.received: list[dict[str, Any]] = []
        server.emulator.world.listeners.append(self._listen)

    def _listen(self, event: Event) -> None:
        if isinstance(event, InteractionCreated):
            self.received.append(event.interaction.payload)

    async def register(self, *commands: dict[str, Any]) -> list[dict[str, Any]]:
        """Replace the global commands."""
        path = f"/applications/{self.server.application_id}/commands"
        reply = await self.server.bot.put(path, list(commands))
        assert reply.status == 200, reply
        found: list[dict[str, Any]] = reply.body
        return found

    async def begin(self, who: ApiClient, kind: int, data: Any, **more: Any) -> Reply:
        """Send an interaction as a member's client does."""
        files = more.pop("files", None)
        body = {
            "type": kind,
            "application_id": str(self.server.application_id),
            "guild_id": str(self.server.guild_id),
            "channel_id": str(more.pop("channel_id", self.server.essays)),
            "session_id": "s",
            "data": data,
            **more,
        }
        return await who.call("POST", "/interactions", body, files)

    async def run(self, *options: dict[str, Any], kind: int = 2) -> dict[str, Any]:
        """Ann runs /essay; the interaction as the bot receives it."""
        command = next(iter(self.server.emulator.world.commands.values()))
        data = {"id": str(command.id), "name": "essay", "type": 1, "options": list(options)}
        reply = await self.begin(self.server.ann, kind, data)
        assert reply.status == 204, reply
        return self.received[-1]

    async def answer(self, to: dict[str, Any], kind: int, data: Any = None) -> Reply:
        """Send the first response."""
        path = f"/interactions/{to['id']}/{to['token']}/callback?with_response=1"
        return await self.server.nobody.post(path, {"type": kind, "data": data})

    def hook(self, to: dict[str, Any], path: str = "") -> str:
        """The address of an interaction's messages."""
        return f"/webhooks/{self.server.application_id}/{to['token']}{path}"


@pytest.fixture
def play(server: SeededServer) -> Play:
    """A play in the test's emulator."""
    return Play(server)


GIVEN = {"type": 3, "name": "title", "value": "On Walking"}


async def test_a_command_sends_a_complete_interaction(play: Play) -> None:
    """docs: Interaction Object."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert got["data"]["options"] == [GIVEN]
    assert got["member"]["user"]["global_name"] == "Ann"
    assert int(got["app_permissions"]) & Permission.SEND_MESSAGES
    assert got["attachment_size_limit"] == 10 * 1024 * 1024
    assert got["authorizing_integration_owners"] == {"0": str(play.server.guild_id)}
    assert (got["context"], got["entitlements"], got["version"]) == (0, [], 1)
    assert got["channel"]["id"] == str(play.server.essays)
    assert (got["locale"], got["guild_locale"]) == ("en-US", "en-US")


async def test_a_bot_cannot_start_an_interaction(play: Play) -> None:
    """docs: JSON Error Codes (20001)."""
    assert (await play.begin(play.server.bot, 2, {"id": "1"})).code == 20001


async def test_an_unknown_command_is_10063(play: Play) -> None:
    data = {"id": "1", "name": "essay", "type": 1}
    assert (await play.begin(play.server.ann, 2, data)).code == 10063


async def test_an_outdated_command_is_refused(play: Play) -> None:
    command = (await play.register(ESSAY))[0]
    data = {"id": command["id"], "name": "essay", "type": 1, "version": "1", "options": [GIVEN]}
    assert (await play.begin(play.server.ann, 2, data)).code == 50035


@pytest.mark.parametrize(
    "options",
    [
        [],
        [{"type": 3, "name": "title", "value": 5}],
        [{"type": 4, "name": "title", "value": "x"}],
        [GIVEN, GIVEN],
        [GIVEN, {"type": 4, "name": "count", "value": 10}],
        [GIVEN, {"type": 4, "name": "count", "value": "many"}],
        [GIVEN, {"type": 3, "name": "other", "value": "x"}],
    ],
)
async def test_options_are_checked_against_the_command(
    play: Play, options: list[dict[str, Any]]
) -> None:
    """docs: Application Command Option Structure."""
    command = (await play.register(ESSAY))[0]
    data = {"id": command["id"], "name": "essay", "type": 1, "options": options}
    assert (await play.begin(play.server.ann, 2, data)).code == 50035


async def test_default_member_permissions_are_honoured(play: Play) -> None:
    """docs: Application Commands › Permissions."""
    body = {**ESSAY, "default_member_permissions": str(int(Permission.MANAGE_GUILD))}
    command = (await play.register(body))[0]
    data = {"id": command["id"], "name": "essay", "type": 1, "options": [GIVEN]}
    assert (await play.begin(play.server.ann, 2, data)).code == 50013
    assert (await play.begin(play.server.ada, 2, data)).status == 204


async def test_users_channels_and_files_are_resolved(play: Play) -> None:
    """docs: Resolved Data Structure."""
    options = [
        {"type": 6, "name": "who", "description": "Who"},
        {"type": 7, "name": "where", "description": "Where", "channel_types": [0]},
        {"type": 11, "name": "file", "description": "File"},
    ]
    command = (await play.register({**ESSAY, "options": options}))[0]
    server = play.server
    given = [
        {"type": 6, "name": "who", "value": str(server.ben.user.id)},
        {"type": 7, "name": "where", "value": str(server.essays)},
        {"type": 11, "name": "file", "value": "0"},
    ]
    data: dict[str, Any] = {"id": command["id"], "name": "essay", "type": 1, "options": given}
    reply = await play.begin(server.ann, 2, data, files={"essay.md": b"# Title"})
    assert reply.status == 204, reply
    resolved = play.received[-1]["data"]["resolved"]
    assert resolved["users"][str(server.ben.user.id)]["global_name"] == "Ben"
    assert "permissions" in resolved["members"][str(server.ben.user.id)]
    assert resolved["channels"][str(server.essays)]["name"] == "essays"
    file_id = play.received[-1]["data"]["options"][2]["value"]
    async with server.bot.session.get(resolved["attachments"][file_id]["url"]) as response:
        assert await response.read() == b"# Title"
    data["options"] = [{"type": 7, "name": "where", "value": str(server.forum)}]
    assert (await play.begin(server.ann, 2, data)).code == 50035


async def test_a_response_is_returned_if_requested(play: Play) -> None:
    """docs: Create Interaction Response (``with_response``)."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    reply = await play.answer(got, 4, {"content": "Here"})
    assert reply.status == 200, reply
    assert reply.body["resource"]["message"]["type"] == 20
    assert reply.body["interaction"]["response_message_ephemeral"] is False
    history = (await play.server.ann.get(f"/channels/{play.server.essays}/messages")).body
    assert history[0]["interaction_metadata"]["id"] == got["id"]


async def test_there_is_only_one_first_response(play: Play) -> None:
    """docs: JSON Error Codes (40060)."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert (await play.answer(got, 4, {"content": "one"})).status == 200
    assert (await play.answer(got, 4, {"content": "two"})).code == 40060


async def test_after_3_seconds_a_response_is_10062(play: Play) -> None:
    """docs: Responding to an Interaction."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    world = play.server.emulator.world
    due = world.next_due()
    assert due is not None
    world.clock.advance_to(due + timedelta(milliseconds=1))
    world.pass_time()
    reply = await play.answer(got, 4, {"content": "late"})
    assert (reply.status, reply.code) == (404, 10062)
    async with play.server.bot.session.get(
        f"{play.server.emulator.page}/rehearsal/world"
    ) as response:
        truth = (await response.json())["interactions"]
    assert [(one["state"], one["answer"]) for one in truth] == [("failed", None)]


async def test_an_unknown_token_is_10062(play: Play) -> None:
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert (await play.answer({**got, "token": "x"}, 4, {"content": "x"})).code == 10062


async def test_an_ephemeral_response_is_seen_by_one_member(play: Play) -> None:
    """docs: Message Flags (EPHEMERAL)."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    heard = collect_dispatches(play.server.emulator.world)
    await play.answer(got, 4, {"content": "psst", "flags": EPHEMERAL})
    assert (await play.server.ann.get(f"/channels/{play.server.essays}/messages")).body == []
    assert [e.user_id for e in heard if e.name == "MESSAGE_CREATE"] == [play.server.ann.user.id]
    original = await play.server.nobody.get(play.hook(got, "/messages/@original"))
    assert original.body["content"] == "psst"
    reply = await play.server.bot.get(
        f"/channels/{play.server.essays}/messages/{original.body['id']}"
    )
    assert reply.code == 10008
    async with play.server.bot.session.get(
        f"{play.server.emulator.page}/rehearsal/world"
    ) as response:
        truth = await response.json()
    assert truth["messages"] == []
    assert [m["content"] for m in truth["interactions"][0]["messages"]] == ["psst"]
    assert truth["interactions"][0]["state"] == "answered"


async def test_a_deferred_response_is_filled_in_later(play: Play) -> None:
    """docs: Interaction Callback Type (5), Edit Original Interaction Response."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    reply = await play.answer(got, 5, {"flags": EPHEMERAL})
    assert reply.body["interaction"]["response_message_loading"] is True
    edited = await play.server.nobody.patch(
        play.hook(got, "/messages/@original"), {"content": "done"}
    )
    assert (edited.body["content"], edited.body["flags"]) == ("done", EPHEMERAL)


async def test_follow_ups_need_a_first_response(play: Play) -> None:
    """docs: Followup Messages."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert (await play.server.nobody.post(play.hook(got), {"content": "early"})).code == 10015
    await play.answer(got, 4, {"content": "first"})
    more = await play.server.nobody.post(play.hook(got), {"content": "more"})
    assert more.body["webhook_id"] == str(play.server.application_id)
    path = play.hook(got, f"/messages/{more.body['id']}")
    edited = await play.server.nobody.patch(path, {"content": "less"})
    assert edited.body["content"] == "less"
    assert (await play.server.nobody.delete(path)).status == 204
    assert (await play.server.nobody.get(path)).code == 10008
    assert (await play.server.nobody.delete(play.hook(got, "/messages/@original"))).status == 204


async def test_a_token_ends_after_15_minutes(play: Play) -> None:
    """docs: Responding to an Interaction; JSON Error Codes (50027)."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    await play.answer(got, 4, {"content": "first"})
    world = play.server.emulator.world
    world.clock.advance_to(world.now() + timedelta(minutes=15))
    reply = await play.server.nobody.post(play.hook(got), {"content": "late"})
    assert (reply.status, reply.code) == (401, 50027)


async def test_autocomplete_returns_up_to_25_choices(play: Play) -> None:
    """docs: Application Commands › Autocomplete."""
    option = {**TITLE, "autocomplete": True}
    await play.register({**ESSAY, "options": [option]})
    got = await play.run({"type": 3, "name": "title", "value": "On", "focused": True}, kind=4)
    assert got["data"]["options"][0]["focused"] is True
    choices = [{"name": f"c{n}", "value": f"c{n}"} for n in range(26)]
    assert (await play.answer(got, 4, {"content": "x"})).code == 50035
    assert (await play.answer(got, 8, {"choices": choices})).code == 50035
    assert (await play.answer(got, 8, {"choices": choices[:25]})).status == 200


async def _panel(play: Play, **button: Any) -> dict[str, Any]:
    row = {
        "type": 1,
        "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go", **button}],
    }
    return await play.server.bot.post_message(play.server.essays, "panel", components=[row])


async def _press(play: Play, message: dict[str, Any], custom_id: str = "go") -> Reply:
    data = {"component_type": 2, "custom_id": custom_id}
    return await play.begin(play.server.ann, 3, data, message_id=message["id"])


async def test_a_button_updates_its_message(play: Play) -> None:
    """docs: Interaction Callback Type (UPDATE_MESSAGE)."""
    message = await _panel(play)
    assert (await _press(play, message)).status == 204
    got = play.received[-1]
    assert (got["type"], got["message"]["id"]) == (3, message["id"])
    reply = await play.answer(got, 7, {"content": "pressed", "components": []})
    assert reply.body["resource"]["message"]["content"] == "pressed"
    assert (await _press(play, message)).code == 50035


async def test_a_disabled_or_unknown_button_cannot_be_pressed(play: Play) -> None:
    message = await _panel(play, disabled=True)
    assert (await _press(play, message)).code == 50035
    assert (await _press(play, message, "other")).code == 50035
    assert (await _press(play, {"id": "1"})).code == 10008


async def test_another_members_ephemeral_button_is_unknown(play: Play) -> None:
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    button = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
    rows = [{"type": 1, "components": [button]}]
    await play.answer(got, 4, {"content": "x", "flags": EPHEMERAL, "components": rows})
    original = (await play.server.nobody.get(play.hook(got, "/messages/@original"))).body
    data = {"component_type": 2, "custom_id": "go"}
    other = await play.begin(play.server.ben, 3, data, message_id=original["id"])
    assert other.code == 10008
    assert (await _press(play, original)).status == 204
    assert (await play.answer(play.received[-1], 6)).status == 200


async def test_a_select_sends_its_values(play: Play) -> None:
    """docs: Components › String Select."""
    options = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    row = {"type": 1, "components": [{"type": 3, "custom_id": "s", "options": options}]}
    message = await play.server.bot.post_message(play.server.essays, "panel", components=[row])

    async def choose(*values: str) -> Reply:
        data = {"component_type": 3, "custom_id": "s", "values": list(values)}
        return await play.begin(play.server.ann, 3, data, message_id=message["id"])

    assert (await choose("3")).code == 50035
    assert (await choose("1", "2")).code == 50035
    assert (await choose("2")).status == 204
    assert play.received[-1]["data"]["values"] == ["2"]


def _modal(**more: Any) -> dict[str, Any]:
    field = {"type": 4, "custom_id": "text", "style": 2, "max_length": 10}
    label = {"type": 18, "label": "Your essay", "component": field}
    return {"custom_id": "form", "title": "Publish", "components": [label], **more}


def _filled(value: str) -> dict[str, Any]:
    field = {"type": 4, "custom_id": "text", "value": value}
    return {"custom_id": "form", "components": [{"type": 18, "component": field}]}


async def test_a_modal_is_shown_and_submitted_once(play: Play) -> None:
    """docs: Interaction Callback Type (MODAL), Modal Submit Data Structure."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert (await play.begin(play.server.ann, 5, _filled("words"))).code == 50035
    assert (await play.answer(got, 9, _modal())).status == 200
    assert (await play.begin(play.server.ben, 5, _filled("words"))).code == 50035
    assert (await play.begin(play.server.ann, 5, _filled("x" * 11))).code == 50035
    assert (await play.begin(play.server.ann, 5, _filled(""))).code == 50035
    assert (await play.begin(play.server.ann, 5, _filled("words"))).status == 204
    sent = play.received[-1]
    assert sent["data"]["components"][0]["component"]["value"] == "words"
    assert (await play.begin(play.server.ann, 5, _filled("words"))).code == 50035
    assert (await play.answer(sent, 9, _modal())).code == 50035
    assert (await play.answer(sent, 4, {"content": "thanks"})).status == 200


@pytest.mark.parametrize(
    "modal",
    [
        _modal(title="x" * 46),
        _modal(components=[]),
        _modal(components=_modal()["components"] * 6),
        _modal(components=_modal()["components"] * 2),
        _modal(components=[{"type": 18, "label": "x" * 46, "component": {}}]),
        _modal(components=[{"type": 4, "custom_id": "a", "style": 1}]),
        _modal(custom_id=""),
    ],
)
async def test_a_modal_has_limits(play: Play, modal: dict[str, Any]) -> None:
    """docs: Modal; Label."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert (await play.answer(got, 9, modal)).code == 50035
    assert (await play.begin(play.server.ann, 5, _filled("words"))).code == 50035
    assert (await play.answer(got, 9, _modal())).status == 200


async def test_a_modal_takes_files(play: Play) -> None:
    """docs: Components › File Upload."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    upload = {"type": 19, "custom_id": "file", "min_values": 1, "max_values": 1}
    label = {"type": 18, "label": "File", "component": upload}
    assert (await play.answer(got, 9, _modal(components=[label]))).status == 200
    field = {"type": 19, "custom_id": "file", "values": ["0"]}
    data = {"custom_id": "form", "components": [{"type": 18, "component": field}]}
    assert (await play.begin(play.server.ann, 5, data)).code == 50035
    reply = await play.begin(play.server.ann, 5, data, files={"essay.md": b"# Title"})
    assert reply.status == 204, reply
    sent = play.received[-1]["data"]
    file_id = sent["components"][0]["component"]["values"][0]
    assert sent["resolved"]["attachments"][file_id]["filename"] == "essay.md"


async def test_a_message_command_includes_its_message(play: Play) -> None:
    """docs: Application Commands › Message Commands."""
    command = (await play.register({"name": "Open a Thread", "type": 3}))[0]
    assert command["description"] == ""
    message = await play.server.ben.post_message(play.server.essays, "one")
    data = {
        "id": command["id"],
        "name": "Open a Thread",
        "type": 3,
        "target_id": message["id"],
    }
    assert (await play.begin(play.server.ann, 2, data)).status == 204
    resolved = play.received[-1]["data"]["resolved"]["messages"]
    assert resolved[message["id"]]["content"] == "one"
    assert (await play.begin(play.server.ann, 2, {**data, "target_id": "1"})).code == 10008


async def test_subcommands_are_chosen_one_at_a_time(play: Play) -> None:
    """docs: Application Commands › Subcommands and Subcommand Groups."""
    sub = {"type": 1, "name": "publish", "description": "Publish", "options": [TITLE]}
    other = {"type": 1, "name": "close", "description": "Close"}
    await play.register({**ESSAY, "options": [sub, other]})
    got = await play.run({"type": 1, "name": "publish", "options": [GIVEN]})
    assert got["data"]["options"][0]["options"] == [GIVEN]
    command = next(iter(play.server.emulator.world.commands.values()))
    data = {"id": str(command.id), "name": "essay", "type": 1, "options": []}
    assert (await play.begin(play.server.ann, 2, data)).code == 50035


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Essay", "description": "x"},
        {"name": "es say", "description": "x"},
        {"name": "x" * 33, "description": "x"},
        {"name": "essay"},
        {"name": "essay", "description": "x" * 101},
        {
            "name": "essay",
            "description": "x",
            "options": [{**TITLE, "name": f"o{n}"} for n in range(26)],
        },
        {"name": "essay", "description": "x", "options": [TITLE, TITLE]},
        {"name": "essay", "description": "x", "options": [COUNT, TITLE]},
        {
            "name": "essay",
            "description": "x",
            "options": [TITLE, {"type": 1, "name": "sub", "description": "x"}],
        },
        {
            "name": "essay",
            "description": "x",
            "options": [
                {**TITLE, "choices": [{"name": f"{n}", "value": f"{n}"} for n in range(26)]}
            ],
        },
        {
            "name": "essay",
            "description": "x",
            "options": [
                {
                    **TITLE,
                    "name": f"o{n}",
                    "description": "x" * 100,
                    "choices": [
                        {"name": "y" * 99 + str(c), "value": "z" * 99 + str(c)} for c in range(9)
                    ],
                }
                for n in range(5)
            ],
        },
        {"name": "Menu", "type": 3, "description": "x"},
    ],
)
async def test_a_command_has_limits(play: Play, command: dict[str, Any]) -> None:
    """docs: Application Commands › Application Command Object."""
    path = f"/applications/{play.server.application_id}/commands"
    assert (await play.server.bot.post(path, command)).code == 50035
    assert (await play.server.bot.put(path, [command])).code == 50035


@pytest.mark.parametrize(
    "command",
    [
        {"name_localizations": {"de": "Aufsatz"}},
        {"name_localizations": {"de": "mein aufsatz"}},
        {"name_localizations": {"de": "a" * 33}},
        {"name_localizations": {"de": ""}},
        {"name_localizations": {"de-DE": "aufsatz"}},
        {"name_localizations": {"xx": "aufsatz"}},
        {"description_localizations": {"de": "x" * 101}},
        {"description_localizations": {"klingon": "x"}},
        {"options": [{**TITLE, "name_localizations": {"de": "Titel"}}]},
        {"options": [{**TITLE, "name_localizations": {"german": "titel"}}]},
        {"options": [{**TITLE, "description_localizations": {"de": "x" * 101}}]},
        {
            "options": [
                {**TITLE, "name_localizations": {"de": "eins"}},
                {**TITLE, "name": "other", "name_localizations": {"de": "eins"}},
            ]
        },
        {"options": [{**TITLE, "name_localizations": {"de": "other"}}, {**TITLE, "name": "other"}]},
        {
            "options": [
                {
                    **TITLE,
                    "choices": [
                        {"name": "a", "value": "a", "name_localizations": {"de": "x" * 101}}
                    ],
                }
            ]
        },
        {
            "options": [
                {**TITLE, "name": f"o{n}", "description_localizations": {"de": "x" * 100}}
                for n in range(20)
            ],
            "description_localizations": {"ja": "x" * 100},
            "name_localizations": {"ja": "x" * 32},
            "nsfw": False,
        }
        | {
            "options": [
                {
                    **TITLE,
                    "name": f"o{n}",
                    "choices": [
                        {"name": "a", "value": f"{c}", "name_localizations": {"de": "x" * 100}}
                        for c in range(25)
                    ],
                }
                for n in range(4)
            ]
        },
    ],
)
async def test_localizations_are_under_the_rules_of_what_they_translate(
    play: Play, command: dict[str, Any]
) -> None:
    """docs: Application Commands › Localization; Reference › Locales."""
    path = f"/applications/{play.server.application_id}/commands"
    asked = {"name": "essay", "description": "x", **command}
    assert (await play.server.bot.post(path, asked)).code == 50035


async def test_localizations_are_kept_and_listed_on_request(play: Play) -> None:
    """docs: Application Commands › Localization: ``with_localizations``."""
    path = f"/applications/{play.server.application_id}/commands"
    translated = {
        "name_localizations": {"de": "aufsatz", "ja": "エッセイ"},
        "description_localizations": {"de": "Ein Aufsatz."},
    }
    choice = {"name": "a", "value": "a", "name_localizations": {"de": "Ein langer Name " * 5}}
    option = {**TITLE, "name_localizations": {"de": "titel"}, "choices": [choice]}
    asked = {"name": "essay", "description": "x", **translated, "options": [option]}
    assert (await play.server.bot.post(path, asked)).status == 201
    (listed,) = (await play.server.bot.get(f"{path}?with_localizations=true")).body
    assert listed["name_localizations"] == translated["name_localizations"]
    assert listed["options"][0]["name_localizations"] == {"de": "titel"}
    (plain,) = (await play.server.bot.get(path)).body
    assert "name_localizations" not in plain
    menu = {"name": "Edit my reply", "type": 3, "name_localizations": {"de": "Meine Antwort"}}
    assert (await play.server.bot.post(path, menu)).status == 201


async def test_commands_are_registered_changed_and_deleted(play: Play) -> None:
    """docs: Application Commands › Endpoints."""
    server = play.server
    path = f"/applications/{server.application_id}/guilds/{server.guild_id}/commands"
    created = await server.bot.post(path, ESSAY)
    assert (created.status, created.body["guild_id"]) == (201, str(server.guild_id))
    assert (await server.bot.post(path, ESSAY)).status == 200
    one = f"{path}/{created.body['id']}"
    changed = await server.bot.patch(one, {"description": "Another"})
    assert changed.body["description"] == "Another"
    assert changed.body["version"] != created.body["version"]
    assert [c["name"] for c in (await server.bot.get(path)).body] == ["essay"]
    assert (await server.bot.delete(one)).status == 204
    assert (await server.bot.get(one)).code == 10063
    assert (await server.ann.get(path)).code == 20012


async def test_bulk_overwriting_keeps_the_ids_of_remaining_commands(play: Play) -> None:
    first = await play.register(ESSAY, {"name": "other", "description": "x"})
    again = await play.register(ESSAY)
    assert [c["id"] for c in again] == [first[0]["id"]]
    path = f"/applications/{play.server.application_id}/commands"
    twice = await play.server.bot.put(path, [ESSAY, ESSAY])
    assert twice.code == 50035
    many = [{"name": f"c{n}", "description": "x"} for n in range(101)]
    assert (await play.server.bot.put(path, many)).code == 30032


async def test_option_values_have_the_options_type(play: Play) -> None:
    """docs: Application Command Option Type."""
    kinds = {"flag": 5, "ratio": 10, "role": 8, "any": 9, "pick": 3}
    options: list[dict[str, Any]] = [
        {"type": kind, "name": name, "description": "x"} for name, kind in kinds.items()
    ]
    options[1] |= {"min_value": 0.5}
    options[4] |= {"choices": [{"name": "One", "value": "1"}]}
    command = (await play.register({**ESSAY, "options": options}))[0]

    async def give(name: str, value: Any) -> int:
        option = {"type": kinds[name], "name": name, "value": value}
        data = {"id": command["id"], "name": "essay", "type": 1, "options": [option]}
        return (await play.begin(play.server.ann, 2, data)).status

    assert [await give("flag", value) for value in (True, "true")] == [204, 400]
    assert [await give("ratio", value) for value in (0.5, 0.4, "x")] == [204, 400, 400]
    assert [await give("role", value) for value in (str(play.server.guild_id), "1")] == [204, 400]
    assert [await give("any", value) for value in (str(play.server.ann.user.id), "x")] == [204, 400]
    assert [await give("pick", value) for value in ("1", "2")] == [204, 400]


async def test_a_members_client_gets_the_commands_they_may_use(play: Play) -> None:
    guarded = {**ESSAY, "name": "guarded", "default_member_permissions": "0"}
    elsewhere = {**ESSAY, "name": "elsewhere", "contexts": [1]}
    await play.register(ESSAY, guarded, elsewhere)
    path = f"/guilds/{play.server.guild_id}/application-command-index"

    async def shown(who: ApiClient) -> set[str]:
        return {c["name"] for c in (await who.get(path)).body["application_commands"]}

    assert await shown(play.server.ann) == {"essay"}
    assert await shown(play.server.ada) == {"essay", "guarded"}


async def test_a_command_in_a_direct_message_has_a_user_and_no_member(play: Play) -> None:
    """docs: Interaction Object (``user``, ``context``)."""
    command = (await play.register(ESSAY))[0]
    opened = await play.server.ann.post(
        "/users/@me/channels", {"recipient_id": str(play.server.bot.user.id)}
    )
    data = {"id": command["id"], "name": "essay", "type": 1, "options": [GIVEN]}
    reply = await play.begin(play.server.ann, 2, data, channel_id=opened.body["id"])
    assert reply.status == 204, reply
    got = play.received[-1]
    assert got["user"]["id"] == str(play.server.ann.user.id)
    assert got["context"] == 1
    assert "member" not in got


async def test_a_modal_from_a_button_may_update_its_message(play: Play) -> None:
    """docs: Interaction Callback Type; Message Interaction Metadata."""
    message = await _panel(play)
    await _press(play, message)
    assert (await play.answer(play.received[-1], 9, _modal())).status == 200
    assert (await play.begin(play.server.ann, 5, _filled("words"))).status == 204
    sent = play.received[-1]
    assert sent["message"]["id"] == message["id"]
    reply = await play.answer(sent, 7, {"content": "thanks", "components": []})
    assert reply.body["resource"]["message"]["id"] == message["id"]


async def test_deleting_the_channel_deletes_a_response(play: Play) -> None:
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    await play.answer(got, 4, {"content": "psst", "flags": EPHEMERAL})
    await play.server.ada.delete(f"/channels/{play.server.essays}")
    original = play.hook(got, "/messages/@original")
    assert (await play.server.nobody.patch(original, {"content": "x"})).code == 10008
    assert (await play.server.nobody.post(play.hook(got), {"content": "x"})).code == 10003


async def test_a_removed_application_accepts_no_commands(play: Play) -> None:
    command = (await play.register(ESSAY))[0]
    server = play.server
    await server.ada.delete(f"/guilds/{server.guild_id}/members/{server.bot.user.id}")
    data = {"id": command["id"], "name": "essay", "type": 1, "options": [GIVEN]}
    assert (await play.begin(server.ann, 2, data)).code == 10002


async def test_commands_cannot_be_used_in_an_archived_thread(server: SeededServer) -> None:
    """docs: Threads › Active & Archived Threads."""
    play = Play(server)
    [command] = await play.register({"name": "essay", "description": "An essay"})
    message = await server.ann.post_message(server.essays, "one")
    thread = await server.bot.open_thread(server.essays, message["id"])
    await server.bot.patch(f"/channels/{thread['id']}", {"archived": True})
    data = {"id": command["id"], "name": "essay", "type": 1, "options": []}
    reply = await play.begin(server.ann, 2, data, channel_id=thread["id"])
    assert reply.code == 50083


async def test_an_attachment_option_keeps_its_file_types(server: SeededServer) -> None:
    """docs: Application Command Option Structure (``file_types`` since August 2026)."""
    option = {"type": 11, "name": "file", "description": "A file", "file_types": [".txt"]}
    command = {"name": "essay", "description": "An essay", "options": [option]}
    [made] = await Play(server).register(command)
    assert made["options"][0]["file_types"] == [".txt"]
    wrong = {**command, "options": [{**option, "type": 3}]}
    path = f"/applications/{server.application_id}/commands"
    assert (await server.bot.put(path, [wrong])).code == 50035


async def test_an_attachment_option_takes_files_of_its_types(server: SeededServer) -> None:
    """docs: Reference › File Type Filtering; Application Command Option Structure."""
    option = {"type": 11, "name": "file", "description": "A file", "required": True}
    play = Play(server)
    path = f"/applications/{server.application_id}/commands"
    for types in ([".txt"] * 11, ["txt"], ["text"], [5], "image", ["."], [".a/b"]):
        body = {"name": "x", "description": "X", "options": [{**option, "file_types": types}]}
        assert (await server.bot.post(path, body)).code == 50035, types
    wanted = {**option, "file_types": ["audio", ".Txt"]}
    [command] = await play.register({**ESSAY, "options": [wanted]})
    assert command["options"][0]["file_types"] == ["audio", ".txt"]
    given = [{"type": 11, "name": "file", "value": "0"}]
    data = {"id": command["id"], "name": "essay", "type": 1, "options": given}
    for name, code in (("a.png", 50035), ("a.TXT", None), ("a.mp3", None), ("txt", 50035)):
        reply = await play.begin(server.ann, 2, data, files={name: b"x"})
        assert reply.code == code, name


@pytest.mark.parametrize(
    "fields",
    [
        {"contexts": [3]},
        {"contexts": [0, "1"]},
        {"contexts": [[]]},
        {"contexts": []},
        {"integration_types": [2]},
        {"integration_types": []},
        {"options": [{**TITLE, "type": 4, "min_value": -(2**53)}]},
        {"options": [{**TITLE, "type": 10, "max_value": 2**53 + 2}]},
        {"options": [{**TITLE, "type": 4, "choices": [{"name": "n", "value": 2**53}]}]},
        {"options": [{**TITLE, "type": 7, "channel_types": [99]}]},
        {"options": [{**TITLE, "type": 6, "choices": [{"name": "n", "value": 1}]}]},
        {"options": [{**TITLE, "type": 4, "min_value": "1"}]},
        {"options": [{**TITLE, "type": 4, "max_value": 1.5}]},
        {"options": [{**TITLE, "type": 4, "choices": [{"name": "n", "value": 1.5}]}]},
    ],
)
async def test_no_value_of_a_command_is_dropped(play: Play, fields: dict[str, Any]) -> None:
    """docs: Application Command Object, Option Structure, Option Choice Structure."""
    path = f"/applications/{play.server.application_id}/commands"
    body = {"name": "c", "description": "d", **fields}
    assert (await play.server.bot.post(path, body)).code == 50035


async def test_an_age_restricted_command_needs_such_a_channel(server: SeededServer) -> None:
    """docs: Application Commands › Using Age-Restricted Commands."""
    play = Play(server)
    [command] = await play.register({"name": "essay", "description": "d", "nsfw": True})
    data = {"id": command["id"], "name": "essay", "type": 1, "options": []}
    for allowed, code in ((False, 50013), (True, None)):
        server.emulator.world.channels[server.essays].nsfw = allowed
        assert (await play.begin(server.ada, 2, data)).code == code
    message = await server.ann.post_message(server.essays, "one")
    thread = await server.bot.open_thread(server.essays, message["id"])
    assert (await play.begin(server.ann, 2, data, channel_id=thread["id"])).status == 204


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, None),
        ({"contexts": [0]}, 50013),
        ({"contexts": [0, 1]}, None),
        ({"dm_permission": False}, 50013),
    ],
)
async def test_a_command_is_used_in_direct_messages_if_its_contexts_say_so(
    play: Play, fields: dict[str, Any], code: int | None
) -> None:
    """docs: Application Commands › Contexts."""
    [command] = await play.register({"name": "essay", "description": "d", **fields})
    body = {"recipient_id": str(play.server.bot.user.id)}
    opened = (await play.server.ann.post("/users/@me/channels", body)).body["id"]
    data = {"id": command["id"], "name": "essay", "type": 1, "options": []}
    assert (await play.begin(play.server.ann, 2, data, channel_id=opened)).code == code


async def test_a_user_command_needs_the_permission_to_write(server: SeededServer) -> None:
    """docs: Application Commands › User Commands."""
    play = Play(server)
    user, message = await play.register({"name": "U", "type": 2}, {"name": "M", "type": 3})
    said = await server.bot.post_message(server.essays, "x")
    about = {"id": user["id"], "name": "U", "type": 2, "target_id": str(server.ben.user.id)}
    on = {"id": message["id"], "name": "M", "type": 3, "target_id": said["id"]}
    assert (await play.begin(server.ann, 2, about)).status == 204
    server.deny(server.ann.user, server.essays, Permission.SEND_MESSAGES)
    assert (await play.begin(server.ann, 2, about)).code == 50013
    assert (await play.begin(server.ann, 2, on)).status == 204


async def test_a_follow_up_to_a_deferred_response_fills_it_in(play: Play) -> None:
    """docs: Create Followup Message (as Edit Original Interaction Response, flags ignored)."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    assert (await play.answer(got, 5)).status == 200
    first = await play.server.nobody.post(play.hook(got), {"content": "here", "flags": EPHEMERAL})
    assert first.body["flags"] == 0
    second = await play.server.nobody.post(play.hook(got), {"content": "and more"})
    history = await play.server.bot.get(f"/channels/{play.server.essays}/messages")
    assert [one["content"] for one in history.body] == ["and more", "here"]
    original = await play.server.nobody.get(play.hook(got, "/messages/@original"))
    assert original.body["id"] == first.body["id"]
    assert second.body["message_reference"]["message_id"] == first.body["id"]


async def test_a_deferred_response_takes_no_flag_but_ephemeral(play: Play) -> None:
    """docs: Interaction Callback Data Structure › Messages (``flags``)."""
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    for flags in (1 << 15, 1 << 2, EPHEMERAL | 1 << 12):
        assert (await play.answer(got, 5, {"flags": flags})).code == 50035
    assert (await play.answer(got, 5, {"flags": EPHEMERAL})).status == 200
