"""How answers to admins describe essays: state, style, progress, links."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core import limits
from bot.core.conversation.styles import FORUM, THREADS
from bot.core.message_link import make_message_link
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.core.text.truncate import truncate_lines
from bot.publishing.publish import CreatedDrafts
from storage.essays.discussions import ListedDiscussion
from storage.essays.progress import Progress

__all__ = [
    "describe_authors",
    "describe_chapter_drafts",
    "describe_closed",
    "describe_edit_progress",
    "describe_former_title",
    "describe_publishing",
    "describe_state",
    "describe_style",
    "describe_withdrawal",
    "format_essay_line",
    "get_state_name",
    "make_card_link",
]

#: The states of an essay; translated where they are shown.
_STATES = {
    "draft": gettext_noop("draft"),
    "scheduled": gettext_noop("scheduled"),
    "publishing": gettext_noop("being published"),
    "open": gettext_noop("open"),
    "closed": gettext_noop("closed"),
    "withdrawn": gettext_noop("withdrawn"),
}
_STATES_SINCE_PUBLISHED = {
    "publishing": gettext_noop("being published (started {when})"),
    "open": gettext_noop("open, published {when}"),
    # When it was closed or withdrawn isn't the time of publishing.
    "closed": gettext_noop("closed (published {when})"),
    "withdrawn": gettext_noop("withdrawn (published {when})"),
}


def describe_authors(members: Sequence[int]) -> str:
    """The members who are an essay's authors."""
    if not members:
        return _("Authors in this server: none")
    named = ", ".join(f"<@{one}>" for one in members)
    return _("Authors in this server: {members}", members=named)


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
        return _("Its own thread was deleted, or couldn't be opened.")
    if essay.style == THREADS:
        return _("Discussed in a thread for each reply.")
    if essay.style == FORUM:
        if essay.thread_id:
            return _("Discussed in its own post: {post}", post=f"<#{essay.thread_id}>")
        return _("Discussed in its own post.")
    if essay.thread_id:
        return _("Discussed in one thread: {thread}", thread=f"<#{essay.thread_id}>")
    return _("Discussed in one thread.")


def describe_closed(essay: ListedDiscussion) -> str:
    """Says that an essay was closed, and what that does to its threads."""
    title = escape_title(essay.title)
    if essay.style == THREADS:
        text = _("“{title}” is closed. Its threads stay open.", title=title)
    elif essay.style == FORUM:
        text = _("“{title}” is closed, and its post is locked.", title=title)
    else:
        text = _("“{title}” is closed, and its thread is locked.", title=title)
    return " ".join((text, _("Use `/essay reopen` to open it again.")))


def describe_withdrawal(essay: ListedDiscussion) -> str:
    """Asks whether to withdraw an essay, and says what that does to what the bot posted."""
    question = _("Withdraw “{title}”?", title=escape_title(essay.title))
    if essay.style == FORUM:
        what = _("The text of everything I posted will be removed, and the post will be locked.")
    elif essay.style == THREADS:
        what = _("Its card, parts and prompts will be deleted, and its threads will be locked.")
    else:
        what = _("Its card, parts and prompts will be deleted, and its thread will be locked.")
    rest = _(
        "What members wrote will stay, in the channel and in the archive. You can't undo this."
    )
    return f"{question} {what} {rest}"


def describe_former_title(line: str) -> str:
    """Says that a line is in the text because the essay has another title now."""
    return _(
        "“{title}” was read as the title before. Now it is the first line of the text.",
        title=escape_title(line),
    )


def describe_chapter_drafts(created: CreatedDrafts) -> str:
    """Lists the drafts of a book's chapters by their numbers, and the chapters without one."""
    drafts, chapters = created.drafts, created.chapters or 0
    last = max([*(draft.chapter or 0 for draft in drafts), *created.skipped])
    lines = [
        ngettext(
            "**{count} draft**, one for each chapter. Use `/essay show` with a draft's number to "
            "publish, change or discard it.",
            "**{count} drafts**, one for each chapter. Use `/essay show` with a draft's number to "
            "publish, change or discard it.",
            len(drafts),
        )
    ]
    if last < chapters:
        lines.append(
            ngettext(
                "This EPUB has {count} chapter, and I read it up to chapter {last}. For a later "
                "one, use `/essay publish` with its number as `chapter`.",
                "This EPUB has {count} chapters, and I read it up to chapter {last}. For a later "
                "one, use `/essay publish` with its number as `chapter`.",
                chapters,
                last=last,
            )
        )
    if created.skipped:
        numbers = ", ".join(str(number) for number in created.skipped)
        lines.append(_("I couldn't read any text in these chapters: {numbers}.", numbers=numbers))
    lines += [
        _(
            "- **{number}** {title} (chapter {chapter})",
            number=draft.id,
            title=escape_title(draft.title),
            chapter=draft.chapter,
        )
        for draft in drafts
    ]
    return truncate_lines(lines, limits.COMPONENT_TEXT)


def get_state_name(state: str) -> str:
    """The name of an essay's state."""
    return _(_STATES[state])


def describe_state(essay: ListedDiscussion) -> str:
    """The state, and since or until when."""
    if essay.publishing_error is not None:
        return _("stopped: {reason}", reason=essay.publishing_error)
    if essay.state == "scheduled" and essay.scheduled_for is not None:
        return _("scheduled, {when}", when=f"<t:{essay.scheduled_for // 1000}:R>")
    if essay.published_at is None or essay.state not in _STATES_SINCE_PUBLISHED:
        return get_state_name(essay.state)
    return _(_STATES_SINCE_PUBLISHED[essay.state], when=f"<t:{essay.published_at // 1000}:R>")


def format_essay_line(essay: ListedDiscussion) -> str:
    """An essay in a list."""
    where = make_card_link(essay) or f"<#{essay.channel_id}>"
    return f"**{essay.id}** {escape_title(essay.title)} — {describe_state(essay)} — {where}"


def describe_publishing(name: str, progress: Progress) -> str:
    """The progress of a publishing."""
    text = _(
        "Publishing “{title}”: {sent} of {total} messages posted.",
        title=escape_title(name),
        sent=progress.sent,
        total=progress.total,
    )
    return f"{text} {_describe_wait(progress)}" if progress.last_error else text


def describe_edit_progress(name: str, revision: int, progress: Progress) -> str:
    """The progress of applying a new revision to the messages."""
    values = {"revision": revision, "title": name}
    if progress.sent == progress.total:
        return _("Revision {revision} of “{title}” is posted.", **values)
    counts = {"sent": progress.sent, "total": progress.total}
    text = _("Revision {revision} of “{title}”: {sent} of {total} steps done.", **values, **counts)
    if progress.failed:
        stopped = _("It stopped: {reason}", reason=progress.last_error)
        return f"{text} {stopped}"
    return f"{text} {_describe_wait(progress)}" if progress.last_error else text


def _describe_wait(progress: Progress) -> str:
    return _("Waiting: {reason}", reason=progress.last_error)
