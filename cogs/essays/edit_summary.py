"""Summary of an edit, for the admin who decides on it: messages, facts and passages that change."""

from __future__ import annotations

from bot.core import limits
from bot.core.extraction.corrections import list_corrected_facts
from bot.core.extraction.title import find_former_title_line
from bot.core.layout.card import CARD_TEXT
from bot.core.layout.diff import diff_facts, diff_passages
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.core.text.truncate import truncate, truncate_lines
from bot.publishing.edit import EditPreview
from bot.publishing.plan_revision import RevisionPlan
from cogs.essays import wording

__all__ = ["join_messages", "list_all_changes", "summarize"]

#: UTF-16 units of the text below the card.
_MAX_SUMMARY = limits.COMPONENT_TEXT - CARD_TEXT - 200
_MAX_NOTES = 5


#: What an admin may have corrected, by the names of bot.core.extraction.corrections.
_CORRECTED = {
    "title": gettext_noop("The title was given here and isn't the text's own."),
    "byline": gettext_noop("The byline was given here and isn't the text's own."),
    "epigraph": gettext_noop("The epigraph was given here and isn't the text's own."),
}


def _count_messages(plan: RevisionPlan) -> list[str]:
    """How many messages stay, change, are added and are removed, a sentence each."""
    changes = plan.changes
    same = sum(change.body is None for change in changes)
    changed = sum(change.body is not None and change.needed for change in changes)
    removed = [change.message.answered for change in changes if not change.needed]
    sentences = []
    if same:
        sentences.append(
            ngettext("{count} message stays as it is.", "{count} messages stay as they are.", same)
        )
    if changed:
        sentences.append(
            ngettext("{count} message will change.", "{count} messages will change.", changed)
        )
    if plan.added:
        sentences.append(
            ngettext(
                "{count} message will be added at the end.",
                "{count} messages will be added at the end.",
                len(plan.added),
            )
        )
    if unanswered := removed.count(False):
        sentences.append(
            ngettext(
                "{count} message will be deleted.",
                "{count} messages will be deleted.",
                unanswered,
            )
        )
    if answered := removed.count(True):
        sentences.append(
            ngettext(
                "{count} message has replies, so only its text will be removed.",
                "{count} messages have replies, so only their text will be removed.",
                answered,
            )
        )
    return sentences


def summarize(preview: EditPreview) -> str:
    """What an admin should know before deciding."""
    new = preview.edit.revision
    lines = [_("**Not yet:** {problem}", problem=preview.problem)] if preview.problem else []
    lines.append(_("**Messages:** {sentences}", sentences=" ".join(_count_messages(preview.plan))))
    if not any(message.purpose == "card" for message in preview.posted.messages):
        lines.append(
            _(
                "**The card** was deleted. An edit doesn't post it again: it would be below the "
                "text."
            )
        )
    facts = diff_facts(preview.old, new.essay)
    if new.closing is not None:
        question = escape_title(new.closing, 200)
        facts.append(_("Closing question: {question}", question=question))
    elif preview.posted.closing is not None:
        facts.append(_("Closing question: the essay's own"))
    if preview.authors != preview.old_authors:
        facts.append(wording.describe_authors(preview.authors))
    facts += [_(_CORRECTED[name]) for name in list_corrected_facts(new.essay)]
    if (left := find_former_title_line(new.essay)) is not None:
        facts.append(wording.describe_former_title(left))
    if facts:
        lines += [f"- {fact}" for fact in facts]
    if preview.skipped:
        lines.append(
            ngettext(
                "**Prompts:** {count} planned prompt will be skipped, because what it is about was "
                "removed.",
                "**Prompts:** {count} planned prompts will be skipped, because what they are about "
                "was removed.",
                preview.skipped,
            )
        )
    lines += [
        _("**Couldn't be reproduced exactly:** {note}", note=note)
        for note in new.notes[:_MAX_NOTES]
    ]
    room = _MAX_SUMMARY - len("\n".join(lines)) - 40
    changed = [f"- {line}" for line in diff_passages(preview.old, new.essay)]
    if changed:
        lines.append(_("**Text:**"))
        lines.append(truncate_lines(changed, max(room, 200)))
    return truncate("\n".join(lines), _MAX_SUMMARY)


def list_all_changes(preview: EditPreview) -> str:
    """Every change, as a Markdown text."""
    essay = preview.edit.revision.essay
    lines = [*diff_facts(preview.old, essay), *diff_passages(preview.old, essay, full=True)]
    return "\n\n".join(lines or [_("The text doesn't change.")])


def join_messages(preview: EditPreview) -> str:
    """The messages as they will be posted, in the order of the essay."""
    payloads = [
        change.payload
        for change in preview.plan.changes
        if change.needed and change.message.purpose == "part"
    ]
    payloads += [post.payload for post in preview.plan.added]
    payloads += [
        change.payload
        for change in preview.plan.changes
        if change.needed and change.message.purpose == "closing"
    ]
    return "\n\n".join(payload["content"] for payload in payloads)
