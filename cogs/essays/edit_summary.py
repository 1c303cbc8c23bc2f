"""Summary of an edit, for the admin who decides on it: messages, facts and passages that change."""

from __future__ import annotations

from bot.core import limits
from bot.core.extraction.corrections import list_corrected_facts
from bot.core.extraction.title import find_former_title_line
from bot.core.layout.card import CARD_TEXT
from bot.core.layout.diff import diff_facts, diff_passages
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate, truncate_lines
from bot.publishing.edit import EditPreview
from bot.publishing.plan_revision import RevisionPlan
from cogs.essays import wording

__all__ = ["join_messages", "list_all_changes", "summarize"]

#: UTF-16 units of the text below the card.
_MAX_SUMMARY = limits.COMPONENT_TEXT - CARD_TEXT - 200
_MAX_NOTES = 5


def _count_messages(plan: RevisionPlan) -> str:
    """How many messages stay, change, are added and are removed."""
    changes = plan.changes
    gone = [change.message.answered for change in changes if not change.needed]
    counts = (
        (sum(change.body is None for change in changes), "stays as it is", "stay as they are"),
        (sum(c.body is not None and c.needed for c in changes), "changes", "change"),
        (len(plan.added), "is added at the end", "are added at the end"),
        (gone.count(False), "is removed", "are removed"),
        (gone.count(True), "is emptied, having been answered", "are emptied, having been answered"),
    )
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)


def summarize(preview: EditPreview) -> str:
    """What an admin should know before deciding."""
    new = preview.edit.revision
    lines = [f"**Not yet:** {preview.problem}"] if preview.problem else []
    lines.append(f"**Messages:** {_count_messages(preview.plan)}.")
    if not any(message.purpose == "card" for message in preview.posted.messages):
        lines.append(
            "**The card** was deleted. An edit does not post it again: it would stand below the "
            "text."
        )
    facts = diff_facts(preview.old, new.essay)
    if new.closing is not None:
        facts.append(f"Closing question: {escape_title(new.closing, 200)}")
    elif preview.posted.closing is not None:
        facts.append("Closing question: the essay's own question")
    if corrected := list_corrected_facts(new.essay):
        facts.append(f"As given here, not as the text says: {', '.join(corrected)}")
    if (left := find_former_title_line(new.essay)) is not None:
        facts.append(wording.describe_former_title(left))
    if facts:
        lines += [f"- {fact}" for fact in facts]
    if preview.skipped:
        one = preview.skipped == 1
        lines.append(
            f"**Prompts:** {preview.skipped} planned {'one is' if one else 'ones are'} skipped: "
            f"what {'it is' if one else 'they are'} about is gone."
        )
    lines += [
        _("**Couldn't be reproduced exactly:** {note}", note=note.translate())
        for note in new.notes[:_MAX_NOTES]
    ]
    room = _MAX_SUMMARY - len("\n".join(lines)) - 40
    changed = [f"- {line}" for line in diff_passages(preview.old, new.essay)]
    if changed:
        lines.append("**Text:**")
        lines.append(truncate_lines(changed, max(room, 200)))
    return truncate("\n".join(lines), _MAX_SUMMARY)


def list_all_changes(preview: EditPreview) -> str:
    """Every change, as a Markdown text."""
    essay = preview.edit.revision.essay
    lines = [*diff_facts(preview.old, essay), *diff_passages(preview.old, essay, full=True)]
    return "\n\n".join(lines or ["The words stay the same."])


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
