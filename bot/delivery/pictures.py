"""Uploads the pictures of an essay's messages (docs: Reference › Uploading Files)."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.core.payload import Payload
from bot.core.text.coded_text import make_coded
from bot.delivery.worker import JobFailed
from bot.discord_api.errors import Outcome
from bot.discord_api.single_attempt import Upload
from storage.db.database import Database
from storage.essays import pictures

__all__ = ["load_pictures", "replace_pictures", "request_with_files"]

_LOST = make_coded("picture-missing")
_TYPES = {"jpg": "image/jpeg"}


async def load_pictures(database: Database, body: Payload) -> list[Upload]:
    """The pictures that a message's body names, in the order of its attachments."""
    names = [str(one["filename"]) for one in body.get("attachments", ())]
    if not names:
        return []
    found = await database.read(lambda tx: pictures.get_pictures(tx, names))
    if any(name not in found for name in names):
        raise JobFailed(Outcome.REFUSED, _LOST)
    return [Upload(name, _get_type(name), found[name]) for name in names]


def _get_type(name: str) -> str:
    ending = name.rpartition(".")[2]
    return _TYPES.get(ending, f"image/{ending}")


async def replace_pictures(
    database: Database, body: Payload, message: Mapping[str, Any]
) -> tuple[Payload, list[Upload]]:
    """The body of an edit and its uploads: pictures that the message has already are kept.

    docs: Reference › Editing Message Attachments.
    """
    present: dict[str, list[str]] = {}
    for one in message.get("attachments", ()):
        present.setdefault(str(one["filename"]), []).append(str(one["id"]))
    kept: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    for one in body["attachments"]:
        ids = present.get(one["filename"])
        if ids:
            # An empty description removes an earlier one.
            kept.append({"id": ids.pop(0), "description": one.get("description", "")})
        else:
            added.append(one)
    # Discord shows kept ones first. Where that would change their order, all are uploaded again.
    shown = [one["filename"] for one in body["attachments"]]
    stays = [one["filename"] for one in body["attachments"] if one not in added]
    if shown[: len(stays)] != stays:
        kept, added = [], list(body["attachments"])
    added = [one | {"id": number} for number, one in enumerate(added)]
    uploads = await load_pictures(database, {"attachments": added})
    return {**body, "attachments": [*kept, *added]}, uploads


async def request_with_files(
    http: HTTPClient, route: Route, body: Payload, uploads: Sequence[Upload]
) -> Any:
    """Make a call with a body, and with files as ``files[n]`` if there are any."""
    if not uploads:
        return await http.request(route, json=body)
    files = [discord.File(io.BytesIO(one.content), filename=one.name) for one in uploads]
    form: list[dict[str, Any]] = [
        {"name": "payload_json", "value": json.dumps(body), "content_type": "application/json"}
    ]
    form += [
        {
            "name": f"files[{number}]",
            "value": file.fp,
            "filename": upload.name,
            "content_type": upload.type or "application/octet-stream",
        }
        for number, (file, upload) in enumerate(zip(files, uploads, strict=True))
    ]
    # The library rewinds the files before each attempt.
    return await http.request(route, form=form, files=files)
