"""The narration of a rehearsal: one line of text for each event that a person cares about."""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.payloads import Dispatch
from bot.emulator.world.events import Event
from bot.emulator.world.world import World

__all__ = ["Narrator"]

_MAX_LENGTH = 160
_COMPONENTS_V2 = 1 << 15
_INTERACTIONS = {2: "runs", 3: "presses", 5: "submits the form"}


class Narrator:
    """Turns events into lines: the world's time, the channel, who did what."""

    def __init__(self, world: World) -> None:
        self._world = world

    def line(self, event: Event) -> str | None:
        """The line for an event, None for one without interest."""
        text = self._describe(payloads.render(event, self._world))
        if text is None:
            return None
        return f"{self._world.now():%Y-%m-%d %H:%M:%S}  {text}"

    def _describe(self, dispatch: Dispatch) -> str | None:
        data = dispatch.data
        match dispatch.name:
            case "MESSAGE_CREATE":
                return f"{self._place(data)} {_author(data)}{_to(data)}: {_said(data)}"
            case "MESSAGE_UPDATE":
                if data.get("edited_timestamp") is None:
                    return None
                return f"{self._place(data)} {_author(data)} edits: {_said(data)}"
            case "MESSAGE_DELETE":
                return f"{self._place(data)} a message was deleted"
            case "MESSAGE_DELETE_BULK":
                return f"{self._place(data)} {len(data['ids'])} messages were deleted"
            case "MESSAGE_REACTION_ADD":
                emoji = data["emoji"]["name"]
                return f"{self._place(data)} {self._user(data['user_id'])} reacts with {emoji}"
            case "THREAD_CREATE" if data.get("newly_created"):
                return f"{self._channel(data.get('parent_id'))} new thread: {data['name']}"
            case "THREAD_DELETE":
                return f"{self._channel(data.get('parent_id'))} a thread was deleted"
            case "GUILD_MEMBER_ADD":
                return f"{self._user(data['user']['id'])} joins"
            case "INTERACTION_CREATE":
                return self._interaction(data)
            case _:
                return None

    def _interaction(self, data: dict[str, Any]) -> str | None:
        # The dispatch for the member's own client has no type and is left out.
        does = _INTERACTIONS.get(data.get("type", 0))
        if does is None:
            return None
        who = data.get("member", data).get("user", {})
        inner = data.get("data", {})
        if data["type"] == 2:
            what = "/" + " ".join([inner.get("name", ""), *_subcommands(inner)])
        else:
            what = str(inner.get("custom_id", ""))
        return f"{self._place(data)} {self._user(who.get('id'))} {does} {what}"

    def _place(self, data: dict[str, Any]) -> str:
        return self._channel(data.get("channel_id"))

    def _channel(self, channel_id: str | None) -> str:
        channel = self._world.channels.get(int(channel_id or 0))
        if channel is None:
            return "#?"
        if channel.thread is not None:
            return f"{self._channel(str(channel.parent_id or 0))} › {_shortened(channel.name, 40)}"
        return f"#{channel.name}" if channel.guild_id is not None else "(direct)"

    def _user(self, user_id: str | None) -> str:
        user = self._world.users.get(int(user_id or 0))
        return "somebody" if user is None else _plain(user.display_name or user.name)


def _subcommands(inner: dict[str, Any]) -> list[str]:
    """The names of the chosen subcommands (option types 1 and 2)."""
    for option in inner.get("options") or []:
        if option.get("type") in {1, 2}:
            return [str(option["name"]), *_subcommands(option)]
    return []


def _author(data: dict[str, Any]) -> str:
    author = data["author"]
    return _plain(author.get("global_name") or author["username"])


def _to(data: dict[str, Any]) -> str:
    answered = data.get("referenced_message")
    return f" → {_author(answered)}" if answered else ""


def _said(data: dict[str, Any]) -> str:
    content = _plain(data.get("content") or "")
    if content:
        return _shortened(content, _MAX_LENGTH)
    if data.get("flags", 0) & _COMPONENTS_V2:
        texts = " / ".join(_texts(data.get("components") or []))
        return _shortened(f"[card] {texts}", _MAX_LENGTH)
    kinds = ("attachments", "embeds", "poll", "sticker_items")
    found = [kind for kind in kinds if data.get(kind)]
    return f"[{', '.join(found) or 'a system message'}]"


def _texts(components: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for component in components:
        if isinstance(component.get("content"), str):
            found.append(_plain(component["content"]))
        found += _texts(component.get("components") or [])
    return found


def _plain(text: str) -> str:
    """A text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _shortened(text: str, most: int) -> str:
    text = _plain(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
