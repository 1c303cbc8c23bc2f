"""A proxy app in a play: it reposts a member's message by webhook, then deletes the original."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.emulator.world.models import Message
from bot.emulator.world.seed import add_application, invite_bot
from tests.truth.play_state import PlayState

__all__ = ["Original", "Proxies", "apply_proxies"]

_NAMES = ("Luna", "Sol 🌞", "Nobody's")
#: What may happen between a message and its repost.
_BETWEEN = ("outage", "return", "cut", "invalid session", "hide", "show", "reorder", "duplicate")
_BETWEEN_SHARE = 0.3
#: After one of these the bot may see the events of a repost late or in another order.
_PROBLEMS = {*_BETWEEN, "close", "lose server", "find server", "kick", "invite", "failing call"}
_RECENT = 10
#: Distinct, so that only one message can be the original of another.
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Original:
    """A member's message that the app will repost."""

    id: str
    place: int
    repost: dict[str, Any]


class Proxies(PlayState):
    """What members do with the app."""

    async def set_up_proxies(self) -> int:
        """Add the app and its webhook; the app's id."""
        self.proxies = True
        application = add_application(self.emulator.world, self.admin, "Proxy")
        self.proxy = self.emulator.world.users[application.bot_id]
        invite_bot(self.emulator.world, self.guild, self.proxy)
        path = f"/channels/{self.channel_id}/webhooks"
        hook = await self._ask(self.proxy, "POST", path, {"name": "Proxy"})
        assert hook is not None
        self._webhook = f"/webhooks/{hook['id']}/{hook['token']}"
        return application.id

    async def write_original(self) -> Original | None:
        """A member writes what the app will repost; None if it was refused."""
        place, to = self._pick_place()
        tag, *words = ("".join(self.random.choices(_LETTERS, k=9)) for _ in range(4))
        said = " ".join(words)
        self.marks.update((tag, words[0]))
        body: dict[str, Any] = {"content": f"{tag}: {said}"}
        shown: dict[str, Any] = {"content": said, "username": self._pick(list(_NAMES))}
        if to is not None:
            body["message_reference"] = {"message_id": str(to)}
            link = f"https://discord.com/channels/{self.guild.id}/{place}/{to}"
            shown["embeds"] = [{"description": f"[Reply to:]({link})"}]
        author = self._pick(self.here())
        found = await self._ask(author, "POST", f"/channels/{place}/messages", body)
        if found is None:
            return None
        self.note_author(author, found["id"])
        if self.hidden or self.lost or set(self.actions[-_RECENT:]) & _PROBLEMS:
            self.interrupted.add(found["id"])
        return Original(found["id"], place, shown)

    async def repost(self, original: Original) -> None:
        """The app reposts a message, and deletes it."""
        in_thread = "" if original.place == self.channel_id else f"&thread_id={original.place}"
        path = f"{self._webhook}?wait=true{in_thread}"
        found = await self._ask(self.proxy, "POST", path, original.repost)
        assert found is not None
        path = f"/channels/{original.place}/messages/{original.id}"
        assert await self._call(self.proxy, "DELETE", path)
        self.reposted[found["id"]] = original.id
        self.names[found["id"]] = [original.repost["username"]]

    async def _proxy(self) -> bool:
        original = await self.write_original()
        if original is None:
            return False
        if self.random.random() < _BETWEEN_SHARE:
            self.interrupted.add(original.id)
            await self.do(self._pick(list(_BETWEEN)))
        await self.repost(original)
        return True

    async def _proxy_at_once(self) -> bool:
        """The same with nothing in between, for plays without problems."""
        original = await self.write_original()
        if original is not None:
            await self.repost(original)
        return original is not None

    def _pick_place(self) -> tuple[int, int | None]:
        """Where somebody writes, and which message they reply to."""
        thread_id = self._pick(self._threads())
        if thread_id is not None and self.random.random() < 0.3:
            return thread_id, None
        message = self._pick([one for one in self._present() if self._is_open(one)])
        post = self._pick(self._present(mine=False, in_thread=False))
        to = self._pick([one for one in (message, post) if one is not None])
        return (self.channel_id, None) if to is None else (to.channel_id, to.id)

    def _is_open(self, message: Message) -> bool:
        return message.channel_id in {self.channel_id, *self._threads()}

    def _pick_reposted(self) -> str | None:
        found: str | None = self._pick(
            [str(m.id) for m in self._present() if str(m.id) in self.reposted and self._is_open(m)]
        )
        return found

    def _path_of(self, message_id: str) -> str:
        place = self.emulator.world.messages[int(message_id)].channel_id
        in_thread = "" if place == self.channel_id else f"?thread_id={place}"
        return f"{self._webhook}/messages/{message_id}{in_thread}"

    async def _edit_proxy(self) -> bool:
        one = self._pick_reposted()
        if one is None:
            return await self.do("proxy") and await self._edit_proxy()
        if not self.bot.is_up:
            self.interrupted.add(self.reposted[one])  # its first text is never seen
        return await self._call(self.proxy, "PATCH", self._path_of(one), {"content": self._words()})

    async def _delete_proxy(self) -> bool:
        one = self._pick_reposted()
        if one is None:
            return await self.do("proxy") and await self._delete_proxy()
        return await self._call(self.proxy, "DELETE", self._path_of(one))


def apply_proxies(
    world: dict[str, Any],
    exported: dict[str, Any],
    reposted: Mapping[str, str],
    interrupted: Collection[str] = (),
) -> dict[str, Any]:
    """The world as if members had written what the app reposted, and no originals.

    The reposted message replies to what its original replied to, and has its thread. If it was
    deleted before the bot could see it, its original is a deleted reply like any other. So may one
    of ``interrupted`` be: a problem kept the bot from seeing it and its repost in their order, or
    the repost was edited before the bot saw it (docs/proxies.md, Limits).
    """
    result = copy.deepcopy(world)
    messages = {message["id"]: message for message in result["messages"]}
    kept = {reply["id"] for reply in exported["replies"]}
    proxies = {}
    for proxy_id, original_id in reposted.items():
        message = messages[proxy_id]
        message.pop("webhook_id", None)
        if message["deleted"] and proxy_id not in kept:
            continue
        message["author"] = message["author"] | {"bot": False}
        message["message_reference"] = messages[original_id].get("message_reference")
        if original_id not in interrupted or original_id not in kept:
            proxies[original_id] = proxy_id
            result["messages"].remove(messages[original_id])
    for message in result["messages"]:
        reference = message.get("message_reference") or {}
        if reference.get("message_id") in proxies:
            reference["message_id"] = proxies[reference["message_id"]]
        # A thread that was opened on the original becomes the reply's.
        message["channel_id"] = proxies.get(message["channel_id"], message["channel_id"])
    for thread in result["threads"]:
        thread["id"] = proxies.get(thread["id"], thread["id"])
    return result
