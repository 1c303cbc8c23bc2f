"""The texts of ``/prompts``: lines of a list, and descriptions of settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.message_link import make_message_link
from bot.core.prompts.describe_plan import (
    describe_action,
    describe_condition,
    describe_content,
    describe_step,
    describe_wait,
)
from bot.core.prompts.local_time import get_quiet_end
from bot.core.prompts.plan import Step, parse_condition, parse_content
from bot.core.prompts.policy import PromptKind
from bot.core.prompts.wording import escape_line
from bot.core.text.locale_format import format_short_date_time
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.core.text.truncate import truncate_lines
from bot.prompting.forecast import Forecast
from storage.prompts.listings import PastPrompt
from storage.prompts.prompts import Prompt
from storage.servers.settings import ServerSettings

__all__ = [
    "count_more_nudges",
    "count_more_prompts",
    "describe_digest",
    "describe_kind",
    "describe_plan",
    "describe_planned",
    "describe_policy",
    "describe_sent_now",
    "describe_unchangeable",
    "describe_upcoming",
    "format_choice",
    "format_past",
    "format_upcoming",
]

_MAX_TITLE, _MAX_CONTENT = 60, 80


# -- lists -----------------------------------------------------------------------------------------


def describe_upcoming(prompt: Prompt, forecast: Forecast) -> str:
    """What a planned prompt will do: "asks 2 of the essay's questions"."""
    if prompt.kind is PromptKind.NUDGE:
        return _("nudges a thread")
    if prompt.kind is PromptKind.DIGEST:
        return _("reports what is new")
    questions = () if forecast.text is None else forecast.text.questions
    return describe_action(parse_content(prompt.content), questions)


def format_choice(prompt: Prompt, forecast: Forecast, settings: ServerSettings) -> str:
    """A planned prompt in a list of choices, without Markdown."""
    when = format_short_date_time(prompt.due_at.astimezone(settings.zone))
    return f"{when}: {describe_upcoming(prompt, forecast)}"


def format_upcoming(prompt: Prompt, forecast: Forecast, settings: ServerSettings) -> str:
    """A planned prompt, its time, and what would keep it from being sent."""
    when = format_short_date_time(prompt.due_at.astimezone(settings.zone))
    what = escape_line(describe_upcoming(prompt, forecast))
    if prompt.channel_id is not None and prompt.kind is PromptKind.NUDGE:
        what = _("nudges {thread}", thread=f"<#{prompt.channel_id}>")
    condition = describe_condition(parse_condition(prompt.condition))
    line = f"- {when}: {what}"
    if condition:
        line += f", {condition}"
    return f"{line} — {forecast.obstacle}" if forecast.obstacle else line


def count_more_prompts(count: int) -> str:
    """The line for planned prompts that a list leaves out."""
    return ngettext("-# … and {count} more prompt.", "-# … and {count} more prompts.", count)


def count_more_nudges(count: int) -> str:
    """The line for nudges that a list leaves out."""
    return ngettext("-# … and {count} more nudge.", "-# … and {count} more nudges.", count)


def describe_kind(kind: PromptKind) -> str:
    """What a nudge or a digest is called; "" for the other kinds, which have a content."""
    match kind:
        case PromptKind.NUDGE:
            return _("nudge")
        case PromptKind.DIGEST:
            return _("digest")
        case PromptKind.STEP | PromptKind.NOW:
            return ""


def _describe_stored(kind: PromptKind, content: str) -> str:
    what = describe_kind(kind) or describe_content(parse_content(content))
    return escape_title(what, _MAX_CONTENT)


def format_past(
    one: PastPrompt, server_id: int, settings: ServerSettings, *, with_title: bool = False
) -> str:
    """A prompt of the past: what it asked and how many answered, or why it wasn't sent."""
    when = format_short_date_time(one.at.astimezone(settings.zone))
    if with_title and one.title is not None:
        when = f"{when}, **{escape_title(one.title, _MAX_TITLE)}**"
    what = _describe_stored(PromptKind(one.kind), one.content)
    if one.asked_questions:
        first, *others = one.asked_questions
        what = _("asked “{question}”", question=escape_title(first, _MAX_CONTENT))
        if others:
            what = ngettext(
                "asked “{question}” and {count} more question",
                "asked “{question}” and {count} more questions",
                len(others),
                question=escape_title(first, _MAX_CONTENT),
            )
    if one.state == "skipped":
        return _("⏭️ {when}: {what} — skipped: {reason}", when=when, what=what, reason=one.reason)
    if one.state == "failed":
        return _("⚠️ {when}: {what} — failed: {reason}", when=when, what=what, reason=one.reason)
    line = _("✅ {when}: {what} — no replies", when=when, what=what)
    if one.replies:
        line = ngettext(
            "✅ {when}: {what} — {count} reply",
            "✅ {when}: {what} — {count} replies",
            one.replies,
            when=when,
            what=what,
        )
    if one.channel_id is None or one.message_id is None:
        return line
    return f"{line} {make_message_link(server_id, one.channel_id, one.message_id)}"


# -- answers ---------------------------------------------------------------------------------------


def describe_planned(
    prompt: Prompt, title: str, settings: ServerSettings, forecast: Forecast
) -> str:
    """The answer to a prompt that was added or changed."""
    condition = describe_condition(parse_condition(prompt.condition))
    what = _describe_stored(prompt.kind, prompt.content)
    lines = [
        _(
            "Prompt {number} for “{title}” is planned for {time} ({relative}): {what}",
            number=prompt.id,
            title=escape_title(title),
            time=format_timestamp(prompt.planned_for),
            relative=format_timestamp(prompt.planned_for, "R"),
            what=f"{what}, {condition}" if condition else what,
        )
    ]
    quiet_until = get_quiet_end(prompt.due_at, settings.quiet, settings.zone)
    if quiet_until is not None and not forecast.is_skipped:
        lines.append(
            _(
                "That is in quiet hours. It will be sent at their end, {time}.",
                time=format_timestamp(quiet_until),
            )
        )
    elif forecast.obstacle:
        lines.append(forecast.obstacle)
    return "\n".join(lines)


def describe_sent_now(prompt: Prompt, title: str) -> str:
    """The answer to a prompt that an admin sends at once."""
    if prompt.state == "planned":
        return _(
            "Prompt {number} for “{title}” goes out when the essay that is being posted in its "
            "channel is complete.",
            number=prompt.id,
            title=escape_title(title),
        )
    return _(
        "Prompt {number} for “{title}” goes out now.", number=prompt.id, title=escape_title(title)
    )


def describe_unchangeable(prompt: Prompt) -> str:
    """Why a prompt that isn't planned any more can't be changed."""
    match prompt.state:
        case "claimed":
            return _("Prompt {number} can't be changed: it is being sent.", number=prompt.id)
        case "sent":
            return _("Prompt {number} can't be changed: it was sent.", number=prompt.id)
        case "failed":
            return _("Prompt {number} can't be changed: it couldn't be sent.", number=prompt.id)
        case _skipped:
            return _("Prompt {number} can't be changed: it was skipped.", number=prompt.id)


# -- settings --------------------------------------------------------------------------------------


def describe_plan(steps: Sequence[Step], settings: ServerSettings) -> str:
    """The server's plan, a step a line."""
    if not steps:
        return _("New essays get no prompts. To change that, use `/prompts plan steps: default`.")
    heading = _("Every new essay gets this plan. Times are in {zone}.", zone=settings.zone_name)
    if settings.plan is None:
        heading = _(
            "Every new essay gets this plan (the built-in one). Times are in {zone}.",
            zone=settings.zone_name,
        )
    return truncate_lines([heading, *(f"- {escape_line(describe_step(step))}" for step in steps)])


def describe_policy(settings: ServerSettings) -> str:
    """Time zone, quiet hours, nudges, tolerance and the channel for alerts."""
    lines = [
        _("Time zone: {zone}", zone=settings.zone_name),
        _describe_quiet_hours(settings),
        _("Nudges: never")
        if settings.nudge_after is None
        else _("Nudges: after {wait} without a reply", wait=describe_wait(settings.nudge_after)),
        _("A prompt may be late by up to {wait}", wait=describe_wait(settings.tolerance)),
        _("Alerts for admins: only in `/prompts list`")
        if settings.alerts_channel is None
        else _("Alerts for admins: {channel}", channel=f"<#{settings.alerts_channel}>"),
    ]
    if settings.paused:
        lines.append(_("**Prompts are paused.**"))
    return "\n".join(lines)


def _describe_quiet_hours(settings: ServerSettings) -> str:
    quiet = settings.quiet
    if quiet is None:
        return _("Quiet hours: none")
    return _(
        "Quiet hours: {start} to {end}", start=f"{quiet.start:%H:%M}", end=f"{quiet.end:%H:%M}"
    )


def describe_digest(settings: ServerSettings, now: datetime) -> str:
    """Where and when the digest comes."""
    if settings.digest is None:
        return _("There is no digest. To get one here, use `/prompts digest when: Sunday 18:00`.")
    return _(
        "The digest is posted in {channel} every week, next {time}.",
        channel=f"<#{settings.digest_channel}>",
        time=format_timestamp(settings.digest.next_after(now, settings.zone)),
    )
