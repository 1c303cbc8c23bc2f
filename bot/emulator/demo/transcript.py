"""The transcript: everything posted in the world, as text for a terminal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from bot.emulator.demo.terminal_markdown import (
    Style,
    cell_width,
    render_markdown,
    strip_control,
    wrap,
)

__all__ = ["render_transcript", "style_for"]

_Json = Mapping[str, Any]

_SPOKEN = frozenset({0, 19, 20, 23})
"""Default, reply, command and context-menu messages; the others are system messages.

docs: Message Resource › Message Types.
"""
_FORUMS = frozenset({15, 16})
"""docs: Channels Resource › Channel Types."""
_SILENCE = timedelta(hours=6)
_CARD_WIDTH = 76


def style_for(stream: TextIO) -> Style:
    """The style for a stream: 90 cells; for a terminal its width (60 to 100) and colour.

    ``NO_COLOR`` in the environment turns colour off.
    """
    if not stream.isatty():
        return Style()
    columns = shutil.get_terminal_size().columns
    return Style(width=min(max(columns - 1, 60), 100), colour=not os.environ.get("NO_COLOR"))


def render_transcript(world: _Json, style: Style | None = None) -> str:
    """Render every channel with messages, each thread after the message it starts from.

    ``world`` is the JSON of ``GET /rehearsal/world``; times are the world's, in UTC.
    """
    scribe = _Writer(world, style or Style())
    return "\n".join(_collapse_blank(scribe.lines())) + "\n"


def _collapse_blank(lines: Iterator[str]) -> Iterator[str]:
    """Remove blank lines at the start and the end, and repeated ones."""
    pending = False
    begun = False
    for line in lines:
        if not line.strip():
            pending = begun
            continue
        if pending:
            yield ""
        pending = False
        begun = True
        yield line.rstrip()


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of a channel: a message, perhaps with its thread, or a thread alone."""

    id: int
    message: _Json | None
    thread: _Json | None


class _Writer:
    """Renders one world. ``_last`` is the time of the previous message, None at first."""

    def __init__(self, world: _Json, style: Style) -> None:
        self._style = Style(style.width, style.colour, {**_names(world), **style.names})
        self._channels: list[_Json] = list(world["channels"])
        self._threads: dict[str, _Json] = {thread["id"]: thread for thread in world["threads"]}
        spoken = [m for m in world["messages"] if not m["deleted"] and m["type"] in _SPOKEN]
        self._by_id: dict[str, _Json] = {message["id"]: message for message in spoken}
        self._said: dict[str, list[_Json]] = {}
        for message in sorted(spoken, key=lambda message: int(message["id"])):
            self._said.setdefault(message["channel_id"], []).append(message)
        self._last: datetime | None = None

    def lines(self) -> Iterator[str]:
        for channel in self._channels:
            entries = sorted(self._entries(channel), key=lambda entry: entry.id)
            if entries:
                self._last = None
                yield from self._channel(channel, entries)
                yield ""

    def _entries(self, channel: _Json) -> Iterator[_Entry]:
        said = self._said.get(channel["id"], ())
        for message in said:
            yield _Entry(int(message["id"]), message, self._threads.get(message["id"]))
        heads = {message["id"] for message in said}
        for thread in self._threads.values():
            if thread.get("parent_id") == channel["id"] and thread["id"] not in heads:
                yield _Entry(int(thread["id"]), None, thread)

    def _channel(self, channel: _Json, entries: list[_Entry]) -> Iterator[str]:
        style = self._style
        title = f"━━ #{strip_control(channel['name'])} "
        yield style.bold(title + "━" * max(style.width - cell_width(title), 2))
        speaker: str | None = None
        for entry in entries:
            if entry.message is None:
                speaker = None
            else:
                passed = list(self._passed(entry.message))
                yield from passed
                alone = passed or entry.message["author"]["id"] != speaker
                yield from self._message(entry.message, "", headed=bool(alone))
                speaker = entry.message["author"]["id"]
            if entry.thread is not None:
                forum = channel["type"] in _FORUMS
                yield from self._thread(entry.thread, "" if forum else "    ")
                speaker = None

    def _thread(self, thread: _Json, indent: str) -> Iterator[str]:
        said = self._said.get(thread["id"], [])
        margin = f"{indent}│ "
        yield ""
        yield f"{indent}┌─ {self._style.bold(strip_control(thread['name']))}"
        for message in said:
            for line in self._message(message, margin, headed=True):
                yield line or margin.rstrip()
        ended = "" if said else " no replies yet"
        yield f"{indent}└─{ended}"
        yield ""

    def _passed(self, message: _Json) -> Iterator[str]:
        """A line with the time if much of it has passed since the previous message."""
        moment = _moment(message["timestamp"])
        last, self._last = self._last, moment
        if last is not None and moment - last < _SILENCE:
            return
        said = f"{moment:%A %-d %B %Y, %H:%M} UTC"
        if last is not None:
            said = f"{_span(moment - last)} later · {said}"
        room = max(self._style.width - cell_width(said) - 2, 4)
        left = room // 2
        yield ""
        yield self._style.faint(f"{'┄' * left} {said} {'┄' * (room - left)}")

    def _message(self, message: _Json, margin: str, *, headed: bool) -> Iterator[str]:
        style = self._style
        yield ""
        if headed or message.get("message_reference"):
            name = style.bold(_name(message))
            answered = self._answered(message)
            arrow = f" ↳ {answered}" if answered else ""
            yield f"{margin}{name}{arrow}  {style.faint(_clock(message['timestamp']))}"
        indent = f"{margin}  "
        width = max(style.width - cell_width(indent), 20)
        for line in self._body(message, width):
            yield f"{indent}{line}".rstrip() if line else margin.rstrip()

    def _answered(self, message: _Json) -> str:
        """Whom a reply answers, or for the bot's messages, their text."""
        reference = message.get("message_reference") or {}
        original = self._by_id.get(reference.get("message_id") or "")
        if original is None:
            return "a deleted message" if reference.get("message_id") else ""
        if not original["author"].get("bot") or not original["content"]:
            return _name(original)
        plain = Style(width=10_000, names=self._style.names)
        shown = next(
            (line for line in reversed(render_markdown(original["content"], plain)) if line), ""
        )
        return f"“{_shortened(shown, 48)}”"

    def _body(self, message: _Json, width: int) -> Iterator[str]:
        style = self._style
        if message["content"]:
            yield from render_markdown(message["content"], style, width)
        if message.get("components"):
            yield from self._card(message["components"], width)
        for embed in message.get("embeds", ()):
            texts = [part for part in (embed.get("title"), embed.get("description")) if part]
            yield from (
                f"│ {line}" for part in texts for line in render_markdown(part, style, width - 2)
            )
        for file in message.get("attachments", ()):
            yield style.faint(f"[{strip_control(file['filename'])}, {file['size']:,} bytes]")
        counted = [_reaction(reaction) for reaction in message.get("reactions", ())]
        if counted:
            yield "  ".join(counted)

    def _card(self, components: list[_Json], width: int) -> Iterator[str]:
        inner = min(width, _CARD_WIDTH) - 4
        yield f"╭{'─' * (inner + 2)}╮"
        for line in _collapse_blank(line for c in components for line in self._component(c, inner)):
            yield f"│ {line}{' ' * max(inner - cell_width(line), 0)} │"
        yield f"╰{'─' * (inner + 2)}╯"

    def _component(self, component: _Json, width: int) -> Iterator[str]:
        """docs: Component Reference (action row 1, button 2, section 9, text display 10,
        media gallery 12, separator 14, container 17)."""
        kind = component["type"]
        if kind == 10:
            yield ""
            yield from render_markdown(component["content"], self._style, width)
        elif kind == 2:
            label = strip_control(component.get("label") or "")
            yield from wrap(f"[ {label} ] {component.get('url') or ''}".rstrip(), width)
        elif kind == 12:
            for item in component["items"]:
                described = strip_control(item.get("description") or "a picture")
                yield from wrap(f"[{described}]", width)
        elif kind == 14:
            yield ""
        nested = [*component.get("components", ()), component.get("accessory")]
        for inner in nested:
            if inner is not None:
                yield from self._component(inner, width)


def _names(world: _Json) -> dict[str, str]:
    """The text to show for each mention of a known channel or user."""
    names: dict[str, str] = {}
    for channel in (*world["channels"], *world["threads"]):
        names[f"<#{channel['id']}>"] = f"#{channel['name']}"
    for message in world["messages"]:
        for user in (message["author"], *message.get("mentions", ())):
            names[f"<@{user['id']}>"] = f"@{user.get('global_name') or user['username']}"
    return names


def _name(message: _Json) -> str:
    """The author's name, or the handle if the name is invisible on a terminal."""
    author = message["author"]
    name = strip_control(author.get("global_name") or author["username"]).replace("\n", " ").strip()
    return name if cell_width(name) > 0 else f"@{author['username']}"


def _moment(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp).astimezone(UTC)


def _clock(timestamp: str) -> str:
    return f"{_moment(timestamp):%H:%M}"


def _span(passed: timedelta) -> str:
    days = round(passed / timedelta(days=1))
    if days < 1:
        return f"{round(passed / timedelta(hours=1))} hours"
    return "a day" if days == 1 else f"{days} days"


def _shortened(text: str, width: int) -> str:
    if cell_width(text) <= width:
        return text
    return wrap(text, width - 1)[0].rstrip(" ,;:.") + "…"


def _reaction(reaction: _Json) -> str:
    emoji = reaction["emoji"]
    name = strip_control(emoji["name"] or "?")
    return f"{name if emoji.get('id') is None else f':{name}:'} {reaction['count']}"
