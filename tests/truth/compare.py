"""What the archive has to contain, derived from the world alone, and how it differs.

Derived from Discord's message objects by the design's rules about replies, parents and threads,
without any code of the bot.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["differences"]

_WRITTEN = {0, 19}
#: docs: Reference › Snowflakes.
_EPOCH = 1_420_070_400_000


class _Truth:
    """The members' messages of one discussion, by the ids that Discord gave."""

    def __init__(
        self, world: dict[str, Any], ours: set[str], kept: set[str], joined_in: str | None
    ) -> None:
        self.messages = {
            message["id"]: message
            for message in world["messages"]
            if message["type"] in _WRITTEN and not message["author"].get("bot")
        }
        # The message that links to a thread is a reply to the member's reply it is about. The hint
        # below a message that isn't recorded is about the essay.
        self._about = {
            message["id"]: _answered(message)
            for message in world["messages"]
            if message["id"] in ours
            and _answered(message) is not None
            and not message["content"].startswith("-# To answer the essay")
        }
        self._orphaned_links = {
            message["id"]
            for message in world["messages"]
            if message["id"] in ours
            and message["content"].startswith("-# This conversation continues in")
            and message["id"] not in self._about
        }
        self._ours = ours
        self._kept = kept
        self._joined_in = joined_in
        self.places = {one["id"] for kind in ("channels", "threads") for one in world.get(kind, ())}
        self._known: dict[str, bool] = {}

    def is_reply(self, message_id: str) -> bool:
        """Whether a message belongs to the discussion, as far as the bot could know.

        A message written and deleted while the bot was away is in no history.
        """
        if message_id not in self.messages:
            return False
        if message_id not in self._known:
            self._known[message_id] = self._may_be_known(message_id) and self._belongs(message_id)
        return self._known[message_id]

    def _may_be_known(self, message_id: str) -> bool:
        return message_id in self._kept or not self.messages[message_id]["deleted"]

    def _belongs(self, message_id: str) -> bool:
        message = self.messages[message_id]
        head = message["channel_id"]
        if head in self._ours or self.is_reply(head):
            return True
        if self.is_plain(message_id):
            return True
        answered = self._target(message)
        return answered is not None and (answered in self._ours or self.is_reply(answered))

    def is_plain(self, message_id: str) -> bool:
        """Whether it replies to nothing and answers the essay all the same."""
        message = self.messages[message_id]
        return message["channel_id"] == self._joined_in and not message.get("message_reference")

    def _target(self, message: dict[str, Any]) -> str | None:
        answered = _answered(message)
        return self._about.get(answered, answered) if answered is not None else None

    def answers_orphaned_link(self, message_id: str) -> bool:
        """Whether it replies to a link whose own reply was deleted before the link was posted.

        Nothing in the world says what such a link is about.
        """
        answered = _answered(self.messages[message_id])
        return answered in self._orphaned_links

    def parent(self, message_id: str) -> str | None:
        """The reply that a reply answers; None for the essay."""
        message = self.messages[message_id]
        answered = self._target(message)
        if answered is not None and self.is_reply(answered):
            return answered
        head = message["channel_id"]
        return head if self.is_reply(head) else None


def _answered(message: dict[str, Any]) -> str | None:
    reference = message.get("message_reference") or {}
    if reference.get("type", 0) != 0:
        return None
    found: str | None = reference.get("message_id")
    return found


def _poll(message: dict[str, Any]) -> dict[str, Any] | None:
    poll = message.get("poll")
    if poll is None:
        return None
    ended = poll["results"]["is_finalized"]
    counts = {one["id"]: one["count"] for one in poll["results"]["answer_counts"]}
    answers = [
        {
            "text": one["poll_media"]["text"],
            "emoji": (one["poll_media"].get("emoji") or {}).get("name", ""),
            "votes": counts.get(one["answer_id"], 0) if ended else None,
        }
        for one in poll["answers"]
    ]
    return {"question": poll["question"]["text"], "answers": answers, "ended": ended}


def _of_forward(truth: _Truth, reply_id: str, kept: Mapping[str, dict[str, Any]]) -> list[str]:
    """A forward has the words and files of what it forwards until that reply is erased."""
    message, reply = truth.messages[reply_id], kept[reply_id]
    snapshots = message.get("message_snapshots")
    forward = reply.get("forward")
    if not snapshots or message["deleted"]:
        return [] if forward is None else [f"{reply_id} is no forward"]
    if forward is None:
        return [f"{reply_id} is a forward"]
    shown = snapshots[0]["message"]
    whole = (shown["content"], [(f["filename"], f["size"]) for f in shown["attachments"]])
    found = (forward["text"], [(f["name"], f["size"]) for f in reply["attachments"]])
    wanted = [whole]
    source = kept.get(message["message_reference"]["message_id"])
    if source is not None and source["deleted"]:
        wanted = [("", [])]
        if truth.messages[source["id"]]["channel_id"] not in truth.places:
            wanted.append(whole)  # what was in a deleted thread is erased a week later
    return [] if found in wanted else [f"{reply_id}: forwards {found}, which should be {wanted}"]


def _moment(text: str | None) -> int | None:
    """Whole milliseconds, the precision of Discord's ids."""
    if text is None:
        return None
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


def differences(
    world: dict[str, Any],
    exported: dict[str, Any],
    own_id: str,
    names: Mapping[str, Collection[str]] | None = None,
    joined_in: str | None = None,
) -> list[str]:
    """Every difference between the export and the world.

    ``names``: for each message, its author's names when it was written and since; the name in the
    archive, which may have been read later, must be one of these. ``joined_in``: the channel in
    which messages that reply to nothing answer the essay.
    """
    ours = {m["id"] for m in world["messages"] if m["author"]["id"] == own_id}
    kept = {reply["id"]: reply for reply in exported["replies"]}
    truth = _Truth(world, ours, set(kept), joined_in)
    wanted = {message_id for message_id in truth.messages if truth.is_reply(message_id)}
    found = [
        f"{message_id} is missing: {truth.messages[message_id]['content']!r}"
        for message_id in sorted(wanted - set(kept))
    ]
    found += [f"{reply_id} isn't a reply" for reply_id in sorted(set(kept) - wanted)]
    for reply_id in sorted(wanted & set(kept)):
        found += _of_one(truth, reply_id, kept[reply_id])
        found += _of_forward(truth, reply_id, kept)
        name = kept[reply_id]["author"]["name"]
        if names is not None and name not in names[reply_id]:
            found.append(f"{reply_id}: its author {name!r} should be one of {names[reply_id]}")
    return found


def _may_continue(truth: _Truth, reply_id: str, parent: str | None) -> bool:
    """Whether a message that replies to nothing may continue what an earlier one began."""
    if not truth.is_plain(reply_id):
        return False
    return parent is None or (int(parent) < int(reply_id) and truth.is_reply(parent))


def _of_one(truth: _Truth, reply_id: str, reply: dict[str, Any]) -> list[str]:
    message = truth.messages[reply_id]
    wanted: dict[str, Any] = {
        "parent": truth.parent(reply_id),
        "author": message["author"]["id"],
        "deleted": message["deleted"],
        "text": "",
        "attachments": [],
        "reactions": {},
        "poll": None,
        "stickers": [],
    }
    found = {
        "parent": reply["parent"],
        "author": reply["author"]["id"],
        "deleted": reply["deleted"],
        "text": reply["text"],
        "attachments": [(file["name"], file["size"]) for file in reply["attachments"]],
        "reactions": {one["emoji"]: one["count"] for one in reply["reactions"]},
        "poll": reply.get("poll"),
        "stickers": reply.get("stickers") or [],
    }
    if truth.answers_orphaned_link(reply_id) or _may_continue(truth, reply_id, found["parent"]):
        wanted["parent"] = found["parent"]
    if not message["deleted"]:
        wanted["text"] = message["content"]
        wanted["poll"] = _poll(message)
        wanted["stickers"] = [one["name"] for one in message.get("sticker_items") or ()]
        wanted["attachments"] = [(f["filename"], f["size"]) for f in message["attachments"]]
        if message.get("message_snapshots"):
            wanted["attachments"] = found["attachments"]  # compared with the forward
        wanted["reactions"] = {
            one["emoji"]["name"]: one["count"] for one in message.get("reactions") or ()
        }
        wanted["edited_at"] = _moment(message["edited_timestamp"])
        found["edited_at"] = _moment(reply["edited_at"])
    # The time in an id and the timestamp beside it may differ by some milliseconds.
    moments = {(int(reply_id) >> 22) + _EPOCH, _moment(message["timestamp"])}
    wanted["written in time"] = True
    found["written in time"] = _moment(reply["written_at"]) in moments
    return [
        f"{reply_id}: {key} is {found[key]!r} and should be {value!r}"
        for key, value in wanted.items()
        if found[key] != value
    ]
