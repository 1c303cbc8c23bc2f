"""Attachments. docs: Message Resource › Attachment Object, Attachment Flags."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.emulator.http_clients import SeededServer

_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAC0lEQVR4nGNgQAAAAA4AAZ6kGZEAAAAASUVORK5CYII="
)
_GIF = b"GIF89a\x05\x00\x04\x00\x00\x00\x00;"
_JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x07\x00\x09\x03" + b"\x00" * 9
_WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8X" + b"\x0a\x00\x00\x00" + b"\x00" * 4
_WEBP += b"\x0a\x00\x00\x0b\x00\x00"
_AVIF = b"\x00\x00\x00\x18ftypavif" + b"\x00" * 12 + b"ispe\x00\x00\x00\x00"
_AVIF += b"\x00\x00\x00\x0d\x00\x00\x00\x0e"


async def _send(server: SeededServer, name: str, content: bytes, **more: Any) -> dict[str, Any]:
    path = f"/channels/{server.essays}/messages"
    reply = await server.bot.post(path, {"content": "x", **more}, files={name: content})
    assert reply.status == 200, reply
    found: dict[str, Any] = reply.body["attachments"][0]
    return found


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [
        (_PNG, "image/png", (3, 2)),
        (_GIF, "image/gif", (5, 4)),
        (_JPEG, "image/jpeg", (9, 7)),
        (_WEBP, "image/webp", (11, 12)),
        (_AVIF, "image/avif", (13, 14)),
    ],
)
async def test_a_pictures_type_and_size_come_from_its_bytes(
    server: SeededServer, content: bytes, kind: str, size: tuple[int, int]
) -> None:
    """docs: Attachment Object (``content_type``, ``width``, ``height``)."""
    shown = await _send(server, "not-a-picture.txt", content)
    assert (shown["content_type"], (shown["width"], shown["height"])) == (kind, size)


async def test_a_file_that_only_claims_to_be_a_picture_has_no_size(server: SeededServer) -> None:
    shown = await _send(server, "a.png", b"no picture")
    assert "width" not in shown
    assert "content_type" not in shown


async def test_a_text_file_has_a_charset(server: SeededServer) -> None:
    shown = await _send(server, "a.txt", b"text")
    assert shown["content_type"] == "text/plain; charset=utf-8"


async def test_a_spoiler_is_marked_by_a_flag_or_the_name(server: SeededServer) -> None:
    """docs: Attachment Flags (IS_SPOILER, 1 << 3), Attachment Request Object (``is_spoiler``)."""
    plain = await _send(server, "a.png", _PNG)
    marked = await _send(server, "a.png", _PNG, attachments=[{"id": 0, "is_spoiler": True}])
    named = await _send(server, "SPOILER_a.png", _PNG)
    assert [one["flags"] & 8 for one in (plain, marked, named)] == [0, 8, 8]


async def test_voice_messages_are_refused(server: SeededServer) -> None:
    body = {"attachments": [{"id": 0, "waveform": "AA==", "duration_secs": 1}]}
    path = f"/channels/{server.essays}/messages"
    reply = await server.bot.post(path, body, files={"a.ogg": b"x"})
    assert reply.fault("attachments.0.waveform") == "NOT_EMULATED"


async def test_metadata_names_describes_and_hides_new_and_kept_files(
    server: SeededServer,
) -> None:
    """docs: Message Resource › Attachment Request Structure."""
    said = {"id": "0", "filename": "b.txt", "description": "d", "is_spoiler": True}
    sent = await _send(server, "a.txt", b"x", attachments=[said])
    assert (sent["filename"], sent["description"], sent["flags"]) == ("b.txt", "d", 8)
    newest = (await server.bot.get(f"/channels/{server.essays}/messages?limit=1")).body[0]
    path = f"/channels/{server.essays}/messages/{newest['id']}"
    kept = {"id": sent["id"], "description": "e", "is_spoiler": False}
    changed = (await server.bot.patch(path, {"attachments": [kept]})).body["attachments"][0]
    assert (changed["filename"], changed["description"], changed["flags"]) == ("b.txt", "e", 0)
