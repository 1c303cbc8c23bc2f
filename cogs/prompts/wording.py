"""The texts of ``/prompts``: lines of a list, and descriptions of settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.core import limits
from bot.core.message_link import make_message_link
from bot.core.prompts.local_time import WeeklyTime
from bot.core.prompts.plan import (
    Condition,
    CustomText,
    DefaultQuestion,
    FewerReplies,
    LastCall,
    NextQuestions,
    NumberedQuestion,
    Poll,
    PromptContent,
    QuietFor,
    QuotedPassage,
    Step,
    parse_condition,
    parse_content,
)
from bot.core.prompts.policy import PromptKind
from bot.core.prompts.wording import escape_line
from bot.core.text.length import count_utf16_units
from bot.core.text.locale_format import format_weekday
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
    "describe_condition",
    "describe_content",
    "describe_digest",
    "describe_kind",
    "describe_plan",
    "describe_planned",
    "describe_policy",
    "describe_unchangeable",
    "describe_wait",
    "format_coming",
    "format_past",
    "join_lists",
]

_MAX_TITLE, _MAX_CONTENT = 60, 80
#: UTF-16 units of a message for prompts of the past; planned ones get the rest.
_PAST_UNITS = 900
#: A Monday, to name weekdays by.
_MONDAY = date(2024, 1, 1)


# -- the words of a plan, translated ---------------------------------------------------------------


def describe_kind(kind: PromptKind) -> str:
    """What a nudge or a digest is called; "" for the other kinds, which have a content."""
    match kind:
        case PromptKind.NUDGE:
            return _("nudge")
        case PromptKind.DIGEST:
            return _("digest")
        case PromptKind.STEP | PromptKind.NOW:
            return ""


def describe_content(content: PromptContent) -> str:
    """What a prompt says, as it is written in a plan; the keywords are translated."""
    match content:
        case NextQuestions(limit):
            return _("questions") if limit > 1 else _("next question")
        case NumberedQuestion(number):
            return _("question {number}", number=number)
        case QuotedPassage(number, ""):
            return _("passage {number}", number=number)
        case QuotedPassage(number, question):
            return _("passage {number}: {question}", number=number, question=question)
        case CustomText(text):
            return _("text: {text}", text=text)
        case Poll(question, answers):
            return _("poll: {choices}", choices=" | ".join((question, *answers)))
        case LastCall():
            return _("last call")
        case DefaultQuestion():
            return _("default")


def describe_condition(condition: Condition) -> str:
    """A prompt's condition as it is written in a plan, translated; "" for none."""
    match condition:
        case QuietFor(hours):
            return ngettext("if quiet for {count} hour", "if quiet for {count} hours", hours)
        case FewerReplies(replies):
            return ngettext("if fewer than {count} reply", "if fewer than {count} replies", replies)
        case _always:
            return ""


def _describe_step(step: Step) -> str:
    parts = [_describe_when(step.when), describe_condition(step.condition)]
    return f"{', '.join(part for part in parts if part)}: {describe_content(step.content)}"


def _describe_when(when: timedelta | WeeklyTime) -> str:
    if isinstance(when, timedelta):
        return _("after {wait}", wait=describe_wait(when))
    clock = f"{when.at:%H:%M}"
    if when.weekday is None:
        return _("daily {time}", time=clock)
    day = datetime.combine(_MONDAY + timedelta(days=when.weekday), when.at)
    return _("{weekday} {time}", weekday=format_weekday(day), time=clock)


def describe_wait(wait: timedelta) -> str:
    """A wait in the largest unit that expresses it exactly: ``3 days``."""
    minutes = int(wait.total_seconds()) // 60
    if minutes and not minutes % (24 * 60):
        return ngettext("{count} day", "{count} days", minutes // (24 * 60))
    if minutes and not minutes % 60:
        return ngettext("{count} hour", "{count} hours", minutes // 60)
    return ngettext("{count} minute", "{count} minutes", minutes)


# -- lists -----------------------------------------------------------------------------------------


def _describe_stored(kind: PromptKind, content: str) -> str:
    what = describe_kind(kind) or describe_content(parse_content(content))
    return escape_title(what, _MAX_CONTENT)


def _format_title(title: str | None) -> str:
    return "" if title is None else f" **{escape_title(title, _MAX_TITLE)}**"


def format_coming(prompt: Prompt, title: str | None, forecast: Forecast) -> str:
    """A planned prompt, its time, and what would keep it from being sent."""
    named = describe_kind(prompt.kind)
    where = f" <#{prompt.channel_id}>" if named and prompt.channel_id else ""
    condition = describe_condition(parse_condition(prompt.condition))
    condition = f", {condition}" if condition else ""
    line = f"⏳ **{prompt.id}** {format_timestamp(prompt.due_at)}{_format_title(title)}{where}: "
    line += f"{_describe_stored(prompt.kind, prompt.content)}{condition}"
    return line + (f" — {forecast.obstacle}" if forecast.obstacle else "")


def format_past(one: PastPrompt, server_id: int) -> str:
    """A prompt of the past: what it asked and how many answered, or why it wasn't sent."""
    line = f"{_describe_stored(PromptKind(one.kind), one.content)}{_format_title(one.title)}"
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
    prompt: Prompt, title: str, quiet_until: datetime | None, forecast: Forecast
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
    return truncate_lines([heading, *(f"- {escape_line(_describe_step(step))}" for step in steps)])


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
