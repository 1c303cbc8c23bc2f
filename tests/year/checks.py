"""Checks a server's prompts against the prompt policy, independently of the bot's code.

The rules are written from the documented policy. They are checked on the world's messages, the
archive's rows and the log of what was done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.text.coded_text import CodedText, read_coded
from tests.support.archive_queries import query
from tests.year.life import Log

__all__ = ["Checker"]

BERLIN = ZoneInfo("Europe/Berlin")
QUIET_FROM, QUIET_UNTIL = (22, 0), (7, 30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOLERANCE = 12 * HOUR
#: Between a decision and the message: a step of the simulated clock, and calls that take time.
GRACE = timedelta(minutes=2)


def is_quiet(moment: datetime) -> bool:
    local = moment.astimezone(BERLIN)
    shown = (local.hour, local.minute)
    return shown >= QUIET_FROM or shown < QUIET_UNTIL


def after_quiet(moment: datetime) -> datetime:
    """The moment itself, or the first whole minute after it that is not quiet."""
    while is_quiet(moment):
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@dataclass(frozen=True)
class MemberMessage:
    """A member's message in a discussion."""

    id: int
    discussion: int
    place: int
    author: int
    when: datetime


class Checker:
    """Compares world, archive and log."""

    def __init__(self, world: dict[str, Any], database: Path, log: Log, own: int) -> None:
        self.log = log
        self.end = datetime.fromisoformat(world["now"])
        self.messages = {int(one["id"]): one for one in world["messages"]}
        self.own = own
        self.prompts = query(
            database,
            """
            SELECT prompts.*, planned_messages.message_id, discussions.channel_id AS essay_channel,
                   planned_messages.attempts
            FROM prompts LEFT JOIN planned_messages ON planned_messages.id = planned_message_id
            LEFT JOIN discussions ON discussions.id = prompts.discussion_id
            """,
        )
        self.published = {
            row["message_id"]
            for row in query(
                database,
                """
                SELECT message_id FROM planned_messages
                WHERE purpose IN ('card', 'part', 'closing')
                """,
            )
        }
        self.threads = {row["id"] for row in query(database, "SELECT id FROM threads")}
        rows = query(database, "SELECT id, discussion_id FROM replies")
        discussion = {row["id"]: row["discussion_id"] for row in rows}
        self.talk = sorted(
            (
                MemberMessage(
                    number,
                    discussion[number],
                    int(one["channel_id"]),
                    int(one["author"]["id"]),
                    self.when(number),
                )
                for number, one in self.messages.items()
                if number in discussion
            ),
            key=lambda said: said.id,
        )
        self.sent = sorted(
            (one for one in self.prompts if one["state"] == "sent"),
            key=lambda one: int(one["message_id"]),
        )
        self.steps = [one for one in self.sent if one["kind"] == "step"]

    def when(self, message_id: int) -> datetime:
        return datetime.fromisoformat(self.messages[message_id]["timestamp"])

    # -- every prompt and message is accounted for ------------------------------------------------

    def violations(self) -> list[str]:
        """Every violation, as a sentence."""
        return [
            *self._once(),
            *self._digests(),
            *self._all_decided(),
            *(fault for one in self.sent for fault in self._policy(one)),
            *(fault for one in self.prompts for fault in self._reason(one)),
        ]

    def _once(self) -> list[str]:
        """Each message of the bot is one sent prompt or a published part, and the reverse."""
        own = {
            number
            for number, one in self.messages.items()
            if int(one["author"]["id"]) == self.own
            and one["type"] in (0, 19)
            and not int(one["flags"]) & 64
        }
        told = Counter(int(one["message_id"]) for one in self.sent)
        found = [
            f"message {number} is {count} prompts" for number, count in told.items() if count > 1
        ]
        found += [f"message {n} belongs to nothing" for n in own - set(told) - self.published]
        found += [f"prompt's message {n} doesn't exist" for n in set(told) - own]
        return found

    def _digests(self) -> list[str]:
        """One digest a week: never two for the same time, and never two planned."""
        times = Counter(one["planned_for"] for one in self.sent if one["kind"] == "digest")
        found = [f"{count} digests for {at(time)}" for time, count in times.items() if count > 1]
        planned = [o for o in self.prompts if o["kind"] == "digest" and o["state"] == "planned"]
        return [*found, *(["no digest, or several, are planned"] if len(planned) != 1 else [])]

    def _all_decided(self) -> list[str]:
        late = self.end - GRACE
        found = [
            f"prompt {one['id']} is still {one['state']} ({one['reason']})"
            for one in self.prompts
            if one["state"] == "claimed" or (one["state"] == "planned" and at(one["due_at"]) < late)
        ]
        nudged = Counter(one["thread_id"] for one in self.prompts if one["kind"] == "nudge")
        found += [f"thread {thread} has no nudge planned" for thread in self.threads - set(nudged)]
        found += [f"thread {thread}: {n} nudges" for thread, n in nudged.items() if n > 1]
        return found

    # -- the policy -------------------------------------------------------------------------------

    def _policy(self, one: dict[str, Any]) -> list[str]:
        if one["kind"] == "now":
            return []
        when = self.when(one["message_id"])
        found = []
        # A message that was posted despite an error has the time of the first attempt.
        if is_quiet(when):
            found.append("was sent in quiet hours")
        closed = self.log.closed.get(one["discussion_id"])
        if closed is not None and when >= closed:
            found.append("came after the discussion closed")
        if self._paused(one["discussion_id"], when):
            found.append("came in a pause")
        found += self._lateness(one, when)
        if one["kind"] == "step":
            found += self._step(one, when)
        if one["kind"] == "nudge":
            found += self._nudge(one, when)
        return [f"prompt {one['id']} ({one['kind']}, {when}) {fault}" for fault in found]

    def _lateness(self, one: dict[str, Any], when: datetime) -> list[str]:
        planned = at(one["planned_for"])
        if when < planned - timedelta(seconds=1):
            return ["came early"]
        lateness = when - self._late_from(one, planned, when)
        waited_for_others = any(
            other is not one
            and other["essay_channel"] == one["essay_channel"]
            and planned - DAY - GRACE <= self.when(other["message_id"]) < when
            for other in self.steps
        )
        most = 8 * DAY if one["kind"] == "step" and waited_for_others else TOLERANCE
        return [] if lateness <= most + GRACE else [f"came {lateness} late"]

    def _late_from(self, one: dict[str, Any], planned: datetime, moment: datetime) -> datetime:
        """From when on its lateness counts at ``moment``: a pause that ended in time resets it."""
        late_from = after_quiet(planned)
        spans = [*self.log.paused.get(None, ()), *self.log.paused.get(one["discussion_id"], ())]
        for span in sorted(spans, key=lambda span: span.start):
            in_it = span.holds(planned) or span.holds(late_from)
            if not in_it or span.end is None or span.end > moment + GRACE:
                continue
            if span.end - late_from <= TOLERANCE + GRACE:
                late_from = after_quiet(span.end)
        return late_from

    def _step(self, one: dict[str, Any], when: datetime) -> list[str]:
        found = []
        before = [other for other in self.steps if other["message_id"] < one["message_id"]]
        for other in before:
            if other["essay_channel"] == one["essay_channel"]:
                earlier = self.when(other["message_id"])
                # Discord's timestamps are later than the decisions by the duration of a call.
                if when - earlier < DAY - GRACE or self._date(when) == self._date(earlier):
                    found.append(f"came {when - earlier} after prompt {other['id']}")
        last = self._last_message(one["discussion_id"], when)
        since = [
            other
            for other in before
            if other["discussion_id"] == one["discussion_id"]
            and (last is None or other["message_id"] > last.id)
        ]
        if len(since) >= 2:
            found.append("came after two that nobody answered")
        # Messages written during the call can't be known to the bot.
        known = when - GRACE
        if one["condition"].startswith("if quiet"):
            hours = int(one["condition"].split()[3])
            heard = self._last_message(one["discussion_id"], known)
            if heard is not None and known - heard.when < (hours * HOUR) - 2 * GRACE:
                found.append("came into a lively talk")
        if one["condition"].startswith("if fewer"):
            most = int(one["condition"].split()[3])
            if self._count_messages_before(one["discussion_id"], known) >= most:
                found.append("came although there were replies enough")
        return found

    def _nudge(self, one: dict[str, Any], when: datetime) -> list[str]:
        head = next(said for said in self.talk if said.id == one["thread_id"])
        found = []
        if when - head.when < 48 * HOUR - GRACE:
            found.append("came too soon")
        if self._answered(head, when - GRACE):
            found.append("came into an answered thread")
        if int(self.messages[one["message_id"]]["channel_id"]) != head.id:
            found.append("was sent to another channel")
        return found

    # -- the reasons for skipping are true --------------------------------------------------------

    def _reason(self, one: dict[str, Any]) -> list[str]:
        if one["state"] not in ("skipped", "failed"):
            return []
        decided = at(one["decided_at"])
        reason = read_coded(one["reason"])
        if reason is not None and self._is_true(one, reason, decided):
            return []
        return [f"prompt {one['id']} ({one['kind']}, {decided}): not true: {reason}"]

    def _is_true(self, one: dict[str, Any], reason: CodedText, decided: datetime) -> bool:
        discussion, planned = one["discussion_id"], at(one["planned_for"])
        last = None if discussion is None else self._last_message(discussion, decided)
        code, values = reason.code, dict(reason.values)
        if code == "discussion-closed":
            closed = self.log.closed.get(discussion)
            return closed is not None and closed <= decided
        if code == "prompts-paused":
            return self._paused(discussion, decided)
        if code == "no-replies":
            unanswered = [
                other
                for other in self.steps
                if other["discussion_id"] == discussion
                and self.when(other["message_id"]) <= decided
                and (last is None or other["message_id"] > last.id)
            ]
            return len(unanswered) >= 2
        if code == "not-quiet":
            return last is not None and decided - last.when < int(values["needed"]) * HOUR + GRACE
        if code == "too-many-replies":
            return self._count_messages_before(discussion, decided) == int(values["count"])
        if code in ("too-late-offline", "too-late-unsent"):
            away = any(span.touches(planned - DAY, decided) for span in self.log.absences)
            late_from = self._late_from(one, planned, decided)
            return away and after_quiet(decided) - late_from > TOLERANCE - GRACE
        if code == "tried":
            return any(span.touches(planned - DAY, decided + 8 * DAY) for span in self.log.absences)
        if code == "thread-answered":
            head = next(said for said in self.talk if said.id == one["thread_id"])
            return self._answered(head, decided)
        if code == "one-each-day":
            others = [
                other
                for other in self.steps
                if other["essay_channel"] == one["essay_channel"]
                and planned - DAY <= self.when(other["message_id"]) <= decided
            ]
            return len(others) >= 5
        if code == "all-asked":
            return any(
                other["discussion_id"] == discussion
                and self.when(other["message_id"]) <= decided
                and other["asked_questions"]
                for other in self.sent
            )
        if code == "digest-empty":
            return one["kind"] == "digest" and not any(
                decided - 7 * DAY <= said.when <= decided
                and not self._closed(said.discussion, decided)
                for said in self.talk
            )
        return False

    # -- shared helpers ---------------------------------------------------------------------------

    def _date(self, moment: datetime) -> Any:
        return moment.astimezone(BERLIN).date()

    def _closed(self, discussion: int, moment: datetime) -> bool:
        closed = self.log.closed.get(discussion)
        return closed is not None and closed <= moment

    def _paused(self, discussion: int | None, moment: datetime) -> bool:
        spans = [*self.log.paused.get(None, ()), *self.log.paused.get(discussion, ())]
        return any(span.holds(moment) for span in spans)

    def _last_message(self, discussion: int, moment: datetime) -> MemberMessage | None:
        found = [s for s in self.talk if s.discussion == discussion and s.when <= moment]
        return found[-1] if found else None

    def _count_messages_before(self, discussion: int, moment: datetime) -> int:
        return sum(said.discussion == discussion and said.when <= moment for said in self.talk)

    def _answered(self, head: MemberMessage, moment: datetime) -> bool:
        return any(
            said.place == head.id and said.author != head.author and said.when <= moment
            for said in self.talk
        )
