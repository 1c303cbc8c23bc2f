"""The fields of a modal and what members may put into them. docs: Component Reference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.http_clients import SeededServer
from tests.emulator.rules.test_interactions import ESSAY, GIVEN, Play

_OPTIONS = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]


def _label(**field: Any) -> dict[str, Any]:
    return {"type": 18, "label": "L", "description": "D", "component": {"custom_id": "f", **field}}


def _modal(*components: dict[str, Any]) -> dict[str, Any]:
    return {"custom_id": "form", "title": "T", "components": list(components)}


async def _show(server: SeededServer, *components: dict[str, Any]) -> tuple[Play, int | None]:
    play = Play(server)
    await play.register(ESSAY)
    got = await play.run(GIVEN)
    return play, (await play.answer(got, 9, _modal(*components))).code


async def _fill(play: Play, **field: Any) -> Any:
    """Ann fills in the one field; an error code, or the component as the bot receives it."""
    filled = [{"type": 18, "component": {"custom_id": "f", **field}}]
    reply = await play.begin(play.server.ann, 5, {"custom_id": "form", "components": filled})
    if reply.status != 204:
        return reply.code
    return play.received[-1]["data"]["components"][0]["component"]


async def test_a_radio_group_takes_one_of_its_options(server: SeededServer) -> None:
    play, code = await _show(server, _label(type=21, options=_OPTIONS))
    assert code is None
    assert await _fill(play, type=21, value="3") == 50035
    assert await _fill(play, type=21) == 50035
    assert (await _fill(play, type=21, value="2"))["value"] == "2"


async def test_a_checkbox_group_takes_as_many_as_it_asks_for(server: SeededServer) -> None:
    play, code = await _show(server, _label(type=22, options=_OPTIONS, max_values=1))
    assert code is None
    assert await _fill(play, type=22, values=["1", "2"]) == 50035
    assert await _fill(play, type=22, values=[]) == 50035
    assert await _fill(play, type=22, values=["3"]) == 50035
    assert (await _fill(play, type=22, values=["1"]))["values"] == ["1"]


async def test_a_checkbox_is_true_or_false(server: SeededServer) -> None:
    play, code = await _show(server, _label(type=23))
    assert code is None
    assert await _fill(play, type=23, value="yes") == 50035
    assert (await _fill(play, type=23, value=True))["value"] is True


async def test_a_select_in_a_modal_takes_its_options(server: SeededServer) -> None:
    play, code = await _show(server, _label(type=3, options=_OPTIONS, required=False))
    assert code is None
    assert await _fill(play, type=3, values=["3"]) == 50035
    assert (await _fill(play, type=3, values=[]))["values"] == []


async def test_a_channel_select_in_a_modal_is_resolved(server: SeededServer) -> None:
    play, code = await _show(server, _label(type=8))
    assert code is None
    assert (await _fill(play, type=8, values=[str(server.essays)]))["type"] == 8
    resolved = play.received[-1]["data"]["resolved"]
    assert resolved["channels"][str(server.essays)]["name"] == "essays"


async def test_a_text_input_may_be_left_empty_if_it_is_not_required(server: SeededServer) -> None:
    play, code = await _show(server, _label(type=4, style=1, required=False, min_length=3))
    assert code is None
    assert await _fill(play, type=4, value="ab") == 50035
    assert await _fill(play, type=5, custom_id="other") == 50035
    assert (await _fill(play, type=4, value=""))["value"] == ""


async def test_a_text_input_in_an_action_row_needs_a_label(server: SeededServer) -> None:
    field = {"type": 4, "custom_id": "f", "style": 1}
    play, code = await _show(server, {"type": 1, "components": [field]})
    assert code == 50035
    play = Play(server)
    got = await play.run(GIVEN)
    row = {"type": 1, "components": [{**field, "label": "L"}]}
    text = {"type": 10, "content": "Read this first."}
    assert (await play.answer(got, 9, _modal(text, row))).status == 200
    filled = [{"type": 1, "components": [{"type": 4, "custom_id": "f", "value": "x"}]}]
    reply = await play.begin(server.ann, 5, {"custom_id": "form", "components": filled})
    assert reply.status == 204
    shape = play.received[-1]["data"]["components"]
    assert [one["type"] for one in shape] == [10, 1]
    assert shape[1]["components"][0]["value"] == "x"


@pytest.mark.parametrize(
    "field",
    [
        {"type": 4, "style": 3},
        {"type": 4, "style": 1, "label": "inside"},
        {"type": 4, "style": 1, "min_length": 5, "max_length": 4},
        {"type": 4, "style": 1, "max_length": 4001},
        {"type": 19, "max_values": 11},
        {"type": 21, "options": _OPTIONS[:1]},
        {"type": 22, "options": []},
        {"type": 2, "style": 1, "label": "a button"},
        {"type": 3, "options": _OPTIONS, "max_values": 3},
        {"type": 3, "options": _OPTIONS, "min_values": 0},
        {"type": 19, "min_values": 0},
        {"type": 19, "file_types": ["pdf"]},
        {"type": 19, "file_types": [".pdf"] * 11},
        {"type": 22, "options": _OPTIONS, "min_values": 0, "required": True},
    ],
)
async def test_a_field_has_limits(server: SeededServer, field: dict[str, Any]) -> None:
    _, code = await _show(server, _label(**field))
    assert code == 50035


@pytest.mark.parametrize(
    "field",
    [
        {"type": 3, "options": _OPTIONS, "min_values": 0, "required": False},
        {"type": 19, "min_values": 0, "required": False},
        {"type": 19, "file_types": [".pdf"] * 10},
        {"type": 23, "default": True},
    ],
)
async def test_a_field_within_its_limits_is_shown(
    server: SeededServer, field: dict[str, Any]
) -> None:
    _, code = await _show(server, _label(**field))
    assert code is None


async def test_a_file_upload_takes_files_of_its_types(server: SeededServer) -> None:
    """docs: Reference › File Type Filtering (only the name counts)."""
    play, code = await _show(server, _label(type=19, file_types=["image", ".TAR.gz"]))
    assert code is None
    for name, refused in (("a.pdf", 50035), ("b.tar.GZ", None)):
        field = {"type": 19, "custom_id": "f", "values": ["0"]}
        filled = [{"type": 18, "component": field}]
        data = {"custom_id": "form", "components": filled}
        reply = await play.begin(server.ann, 5, data, files={name: b"x"})
        assert reply.code == refused, name
