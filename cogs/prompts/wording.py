"""The texts of ``/prompts``: lines of a list, and descriptions of settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core import limits
from bot.core.message_link import make_message_link
from bot.core.prompts.plan import Step, format_plan, format_wait
from bot.core.prompts.policy import PromptKind
from bot.core.prompts.wording import escape_line
from bot.core.text.length import count_utf16_units
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.truncate import truncate_lines
from storage.prompts.listings import PastPrompt
from storage.prompts.prompts import Prompt
from storage.servers.settings import ServerSettings

__all__ = [
    "KINDS",
    "describe_digest",
    "describe_plan",
    "describe_planned",
    "describe_policy",
    "format_coming",
    "format_past",
    "join_lists",
]

_MAX_TITLE, _MAX_CONTENT = 60, 80
#: UTF-16 units of a message for prompts of the past; planned ones get the rest.
_PAST_UNITS = 900
KINDS = {PromptKind.NUDGE: "nudge", PromptKind.DIGEST: "digest"}


def _describe_content(kind: str, what: str) -> str:
    return escape_title(KINDS.get(PromptKind(kind), what), _MAX_CONTENT)


def _format_title(title: str | None) -> str:
    return "" if title is None else f" **{escape_title(title, _MAX_TITLE)}**"


def format_coming(prompt: Prompt, title: str | None, obstacle: str) -> str:
    """A planned prompt, its time, and what would keep it from being sent."""
    where = f" <#{prompt.channel_id}>" if prompt.kind in KINDS and prompt.channel_id else ""
    condition = f", {prompt.condition}" if prompt.condition else ""
    line = f"⏳ **{prompt.id}** {format_timestamp(prompt.due_at)}{_format_title(title)}{where}: "
    line += f"{_describe_content(prompt.kind, prompt.content)}{condition}"
    return line + (f" — {obstacle}" if obstacle else "")


def format_past(one: PastPrompt, server_id: int) -> str:
    """A prompt of the past: what it asked and how many answered, or why it wasn't sent."""
    line = f"{_describe_content(one.kind, one.content)}{_format_title(one.title)}"
    if one.asked_questions:
        first, *others = one.asked_questions
        more = f" and {len(others)} more" if others else ""
        line += f" “{escape_title(first, _MAX_CONTENT)}”{more}"
    if one.state == "sent":
        count = {0: "no answers", 1: "1 answer"}.get(one.replies, f"{one.replies} answers")
        link = ""
        if one.channel_id is not None and one.message_id is not None:
            link = f" {make_message_link(server_id, one.channel_id, one.message_id)}"
        return f"✅ **{one.id}** {format_timestamp(one.at)} {line}: {count}{link}"
    mark = "⏭️" if one.state == "skipped" else "⚠️"
    return f"{mark} **{one.id}** {format_timestamp(one.at)} {line} {one.state}: {one.reason}"


def join_lists(to_come: Sequence[str], past: Sequence[str]) -> str:
    """Planned and past prompts in one message, with room for the past ones."""
    came = truncate_lines(past, _PAST_UNITS)
    left = limits.MESSAGE_CONTENT - count_utf16_units(came) - 1
    return "\n".join(part for part in (truncate_lines(to_come, left), came) if part)


def describe_planned(
    prompt: Prompt, title: str, quiet_until: datetime | None, obstacle: str
) -> str:
    """The answer to a prompt that was added or changed."""
    lines = [
        f"Prompt {prompt.id} for “{escape_title(title)}” comes "
        f"{format_timestamp(prompt.planned_for)} "
        f"({format_timestamp(prompt.planned_for, 'R')}): "
        f"{_describe_content(prompt.kind, prompt.content)}"
        + (f", {prompt.condition}." if prompt.condition else ".")
    ]
    if quiet_until is not None and "skipped" not in obstacle:
        lines.append(
            f"That is in quiet hours: it goes out at their end, {format_timestamp(quiet_until)}."
        )
    elif obstacle:
        lines.append(f"As things stand it {obstacle}.")
    return "\n".join(lines)


def describe_plan(steps: Sequence[Step], settings: ServerSettings) -> str:
    """The server's plan, a step a line."""
    if not steps:
        return "New essays get no prompts. `/prompts plan steps: default` brings them back."
    ours = " (the built-in one)" if settings.plan is None else ""
    lines = [f"Every new essay gets this plan{ours}; times are of {settings.zone_name}:"]
    lines += [f"- {escape_line(line)}" for line in format_plan(steps).splitlines()]
    return truncate_lines(lines)


def describe_policy(settings: ServerSettings) -> str:
    """Time zone, quiet hours, nudges, tolerance and the channel for alerts."""
    quiet = settings.quiet
    hours = "none" if quiet is None else f"{quiet.start:%H:%M} to {quiet.end:%H:%M}"
    nudges = settings.nudge_after
    after = "never" if nudges is None else f"after {format_wait(nudges)} without an answer"
    channel_id = settings.alerts_channel
    alerts = "in `/prompts list`" if channel_id is None else f"<#{channel_id}>"
    return "\n".join(
        [
            f"Time zone: {settings.zone_name}",
            f"Quiet hours: {hours}",
            f"A thread is nudged: {after}",
            f"A prompt may be late by: {format_wait(settings.tolerance)}",
            f"Admins are told of trouble: {alerts}",
            *(["**Prompts are paused.**"] if settings.paused else []),
        ]
    )


def describe_digest(settings: ServerSettings, now: datetime) -> str:
    """Where and when the digest comes."""
    if settings.digest is None:
        return "There is no digest. `/prompts digest when: Sunday 18:00` has one come here."
    at = settings.digest.next_after(now, settings.zone)
    when = format_timestamp(at)
    return f"The digest comes into <#{settings.digest_channel}> every week, next {when}."
