"""A member's Discord client: posts messages, runs commands and presses buttons over the API."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

import aiohttp

from bot.emulator.world.models import Application, Command, Message, User

__all__ = ["MemberClient", "RequestFailedError"]


class RequestFailedError(Exception):
    """The emulator rejected a member's request; the text says which and why."""


class MemberClient:
    """Sends members' requests to the emulator at ``page`` (no slash at its end)."""

    def __init__(self, session: aiohttp.ClientSession, page: str, guild_id: int) -> None:
        self._session = session
        self._page = page
        self._api = f"{page}/api/v10"
        self._guild_id = guild_id

    async def write(
        self, member: User, channel_id: int, content: str, answers: int | None = None
    ) -> int:
        """Post a message, as a reply to the message ``answers`` if given; its id.

        docs: Message Resource › Create Message.
        """
        body: dict[str, Any] = {"content": content, "nonce": _nonce()}
        if answers is not None:
            body["message_reference"] = {
                "message_id": str(answers),
                "channel_id": str(channel_id),
                "guild_id": str(self._guild_id),
            }
        answer = await self._send(member, f"/channels/{channel_id}/messages", body)
        return int(answer["id"])

    async def run(
        self,
        member: User,
        application: Application,
        command: Command,
        subcommand: str,
        channel_id: int,
        file: tuple[str, str, bytes],
    ) -> str:
        """Run a subcommand with one attachment option (its name, the file's name, its bytes).

        Returns the interaction's nonce. docs: Receiving and Responding to
        Interactions › Interaction Structure; Reference › Uploading Files.
        """
        option, filename, content = file
        nonce = _nonce()
        body = {
            "type": 2,
            "application_id": str(application.id),
            "guild_id": str(self._guild_id),
            "channel_id": str(channel_id),
            "session_id": secrets.token_hex(16),
            "nonce": nonce,
            "data": {
                "id": str(command.id),
                "name": command.name,
                "type": 1,
                "version": str(command.version),
                "options": [
                    {
                        "type": 1,
                        "name": subcommand,
                        "options": [{"type": 11, "name": option, "value": "0"}],
                    }
                ],
                "attachments": [{"id": "0", "filename": filename}],
            },
        }
        await self._send(member, "/interactions", body, (filename, content))
        return nonce

    async def press(
        self, member: User, application: Application, message: Message, button: str
    ) -> str:
        """Press the button with this custom id; the interaction's nonce.

        docs: Receiving and Responding to Interactions › Message Component Data Structure.
        """
        nonce = _nonce()
        body = {
            "type": 3,
            "application_id": str(application.id),
            "guild_id": str(self._guild_id),
            "channel_id": str(message.channel_id),
            "message_id": str(message.id),
            "message_flags": int(message.flags),
            "session_id": secrets.token_hex(16),
            "nonce": nonce,
            "data": {"component_type": 2, "custom_id": button},
        }
        await self._send(member, "/interactions", body)
        return nonce

    async def advance(self, seconds: float) -> None:
        """Advance the clock of world and bot; with 0, wait until the bot has nothing left to do."""
        patient = aiohttp.ClientTimeout(total=None)
        address = f"{self._page}/rehearsal/clock"
        async with self._session.post(
            address, json={"advance": seconds}, timeout=patient
        ) as response:
            if response.status != 200:
                raise RequestFailedError(f"The clock couldn't be moved: {await response.text()}")

    async def _send(
        self,
        member: User,
        path: str,
        body: dict[str, Any],
        file: tuple[str, bytes] | None = None,
    ) -> dict[str, Any]:
        headers = {"Authorization": member.token}
        if file is None:
            headers["Content-Type"] = "application/json"
        while True:
            async with self._session.post(
                f"{self._api}{path}", data=_form(body, file), headers=headers
            ) as response:
                text = await response.text()
                if response.status == 429:
                    await asyncio.sleep(float(json.loads(text)["retry_after"]))
                    continue
                if response.status >= 300:
                    raise RequestFailedError(
                        f"{member.display_name or member.name} got an error for POST {path}: "
                        f"{response.status} {text}"
                    )
                found: dict[str, Any] = json.loads(text) if text else {}
                return found


def _form(body: dict[str, Any], file: tuple[str, bytes] | None) -> aiohttp.FormData | bytes:
    payload = json.dumps(body)
    if file is None:
        return payload.encode()
    form = aiohttp.FormData()
    form.add_field("payload_json", payload, content_type="application/json")
    form.add_field("files[0]", file[1], filename=file[0], content_type="application/octet-stream")
    return form


def _nonce() -> str:
    return str(secrets.randbits(62))
