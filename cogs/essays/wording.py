"""How answers to admins describe essays: state, style, progress, links."""

from __future__ import annotations

from bot.core import limits
from bot.core.conversation.styles import FORUM, THREADS
from bot.core.message_link import make_message_link
from bot.core.text.plural import format_count
from bot.core.text.titles import escape_title
from bot.core.text.truncate import truncate_lines
from bot.publishing.publish import CreatedDrafts
from storage.essays.discussions import ListedDiscussion
from storage.essays.progress import Progress

__all__ = [
    "describe_chapter_drafts",
    "describe_closing",
    "describe_edit_progress",
    "describe_former_title",
    "describe_publishing",
    "describe_state",
    "describe_style",
    "describe_withdrawal",
    "format_essay_line",
    "make_card_link",
]

_USE_DRAFTS = "Use `/essay show` with a draft's number to publish, change or discard it."
_STATES = {
    "draft": "draft",
    "scheduled": "scheduled",
    "publishing": "being published",
    "open": "open",
    "closed": "closed",
    "withdrawn": "withdrawn",
}


def make_card_link(essay: ListedDiscussion) -> str | None:
    """The link to the opening card, once it is sent."""
    if essay.card_id is None:
        return None
    # In a forum the card is in the post that it started.
    where = essay.card_id if essay.style == FORUM else essay.channel_id
    return make_message_link(essay.server_id, where, essay.card_id)


def describe_style(essay: ListedDiscussion) -> str:
    """How and where the essay is discussed, as a sentence."""
    if essay.thread_lost:
        return "Its own thread was deleted, or could not be opened."
    if essay.style == THREADS:
        return "Discussed in a thread for each reply."
    if essay.style == FORUM:
        if essay.thread_id:
            return f"Discussed in its own post: <#{essay.thread_id}>"
        return "Discussed in its own post."
    if essay.thread_id:
        return f"Discussed in one thread: <#{essay.thread_id}>"
    return "Discussed in one thread."


def describe_closing(essay: ListedDiscussion) -> str:
    """What closing does to the threads."""
    if essay.style == THREADS:
        return "Its threads stay"
    return "Its post is locked" if essay.style == FORUM else "Its thread is locked"


def describe_withdrawal(essay: ListedDiscussion) -> str:
    """What withdrawing does to what the bot posted."""
    if essay.style == FORUM:
        return "The text of everything I posted will be removed, and the post will be locked."
    if essay.style == THREADS:
        return "Its card, parts and prompts will be deleted, and its threads will be locked."
    return "Its card, parts and prompts will be deleted, and its thread will be locked."


def describe_former_title(line: str) -> str:
    """Says that a line is in the text because the essay has another title now."""
    title = escape_title(line)
    return f"“{title}” was read as the title before and is the first line of the text now"


def describe_chapter_drafts(created: CreatedDrafts) -> str:
    """Lists the drafts of a book's chapters by their numbers, and the chapters that are none."""
    drafts, chapters = created.drafts, created.chapters or 0
    last = max([*(draft.chapter or 0 for draft in drafts), *created.skipped])
    lines = [f"**{format_count(len(drafts), 'draft')}**, one for each chapter. {_USE_DRAFTS}"]
    if last < chapters:
        lines.append(
            f"This EPUB has {chapters} chapters, and I read the first {last}. For a later one, use "
            "`/essay publish` with its number as `chapter`."
        )
    if created.skipped:
        numbers = ", ".join(str(number) for number in created.skipped)
        lines.append(f"I couldn't read any text in these chapters: {numbers}.")
    lines += [
        f"- **{draft.id}** {escape_title(draft.title)} (chapter {draft.chapter})"
        for draft in drafts
    ]
    return truncate_lines(lines, limits.COMPONENT_TEXT)


def describe_state(essay: ListedDiscussion) -> str:
    """The state, and since or until when."""
    if essay.publishing_error is not None:
        return f"stopped: {essay.publishing_error}"
    text = _STATES[essay.state]
    if essay.state == "scheduled" and essay.scheduled_for is not None:
        return f"{text}, <t:{essay.scheduled_for // 1000}:R>"
    if essay.published_at is None:
        return text
    published = f"<t:{essay.published_at // 1000}:R>"
    if essay.state == "open":
        return f"{text}, published {published}"
    # When it was closed or withdrawn isn't the time of publishing.
    return f"{text} (published {published})"


def format_essay_line(essay: ListedDiscussion) -> str:
    """An essay in a list."""
    where = make_card_link(essay) or f"<#{essay.channel_id}>"
    return f"**{essay.id}** {escape_title(essay.title)} — {describe_state(essay)} — {where}"


def describe_publishing(name: str, progress: Progress) -> str:
    """The progress of a publishing."""
    text = f"Publishing “{escape_title(name)}”: {progress.sent} of {progress.total}."
    return f"{text} Waiting: {progress.last_error}" if progress.last_error else text


def describe_edit_progress(name: str, revision: int, progress: Progress) -> str:
    """The progress of applying a new revision to the messages."""
    if progress.sent == progress.total:
        return f"Revision {revision} of “{name}” is posted."
    text = f"Revision {revision} of “{name}”: {progress.sent} of {progress.total} steps done."
    if progress.failed:
        return f"{text} It stopped: {progress.last_error}"
    return f"{text} Waiting: {progress.last_error}" if progress.last_error else text
