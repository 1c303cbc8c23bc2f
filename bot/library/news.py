"""What's new: the news of a discussion for one member, as lines of Discord's Markdown on pages.

Each line has a link to the first message that is new. Who asks sees only what they may read at this
moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.conversation.author_questions import OpenQuestion, list_open_questions
from bot.core.conversation.unposted_answers import describe_unposted
from bot.core.message_link import make_message_link
from bot.core.snowflake import get_snowflake_time
from bot.core.text.length import count_utf16_units
from bot.core.text.spoilers import cut_text, put_spoilers_on_lines
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.library.snippets import make_snippet
from storage.db.writer import Transaction
from storage.essays.authors import get_authors
from storage.essays.discussions import ListedDiscussion
from storage.prompts.listings import get_asked_questions
from storage.replies import news as news_rows
from storage.replies import reading_marks
from storage.replies.answers import get_unposted, is_opted_out
from storage.replies.author_questions import get_discussion_questions
from storage.replies.news import ActiveThread, FreshThread, News, NewsReply, Since, TextChange
from storage.replies.reading_marks import ReadingMark

__all__ = ["BEGINNING", "NewsItem", "Visit", "get_visit", "make_page", "read_items"]

#: Characters of the first line of a message: the next number where it has too many UTF-16 units.
_EXCERPTS, _MAX_EXCERPT = (100, 50, 20), 400
#: Code points of a line that are looked at.
_MAX_READ = 400
#: UTF-16 units of a question, and of a name.
_QUESTION, _NAME = 120, 40

BEGINNING = Since(0, 0)

#: Whether who asks may read a channel or thread.
CanRead = Callable[[int], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Visit:
    """A look at what is new.

    since:     the later of the member's last look and their last message there
    mark:      where they were before; None if they never looked
    current:   where they are now
    is_stored: whether that may be stored; not of somebody who opted out
    """

    since: Since
    mark: ReadingMark | None
    current: ReadingMark
    is_stored: bool


@dataclass(frozen=True, slots=True)
class NewsItem:
    """A line, which is written only when it is shown.

    section:    the heading above it
    channel_id: where one must be able to read
    """

    section: str
    describe: Callable[[], str]
    channel_id: int


async def get_visit(
    tx: Transaction, discussion: ListedDiscussion, member_id: int, now_ms: int
) -> Visit:
    """What a member's look at a discussion begins with."""
    mark = await reading_marks.get_mark(tx, discussion.id, member_id)
    own_id = await news_rows.get_own_newest(tx, discussion.id, member_id)
    own_ms = to_milliseconds(get_snowflake_time(own_id)) if own_id else 0
    before = mark or ReadingMark(0, 0)
    return Visit(
        since=Since(max(before.reply_id, own_id), max(before.looked_at, own_ms)),
        mark=mark,
        current=await reading_marks.get_current(tx, discussion.id, now_ms),
        is_stored=not await is_opted_out(tx, discussion.server_id, member_id),
    )


async def read_items(
    tx: Transaction, discussion: ListedDiscussion, *, member_id: int, since: Since
) -> list[NewsItem]:
    """The news for a member, in the language of who asks."""
    has_own = discussion.style != "threads"
    news = await news_rows.get_news(
        tx,
        discussion.id,
        member_id=member_id,
        since=since,
        own_thread_id=discussion.thread_id if has_own else None,
    )
    section = _("**Not posted**")
    items = [
        NewsItem(
            section,
            partial(describe_unposted, one.state, one.last_error, one.text),
            discussion.channel_id,
        )
        for one in await get_unposted(tx, discussion.server_id, discussion.id, member_id)
    ]
    items += _list_talk(news, discussion.server_id)
    for asked in news.questions:
        questions = await get_asked_questions(tx, discussion.id, asked.asked_questions)
        text = " ".join(questions)
        if not text and asked.prompt_content.startswith("text:"):
            text = asked.prompt_content.removeprefix("text:").strip()
        if text:
            link = make_message_link(discussion.server_id, asked.channel_id, asked.message_id)
            line = _join(escape_title(text, _QUESTION), _link(link))
            section = _("**Unanswered questions**")
            items.append(NewsItem(section, partial(str, line), asked.channel_id))
    if await get_authors(tx, discussion.id):
        items += await _list_open_questions(tx, discussion, member_id, since)
    if news.change is not None:
        items.append(_describe_change(news.change, discussion))
    return items


async def _list_open_questions(
    tx: Transaction, discussion: ListedDiscussion, member_id: int, since: Since
) -> list[NewsItem]:
    """Other members' questions to the author that are new and not answered."""
    section = _("**Open questions to the author**")
    return [
        NewsItem(
            section, partial(_describe_open, one, discussion.server_id), one.question.channel_id
        )
        for one in list_open_questions(await get_discussion_questions(tx, discussion.id))
        if one.question.id > since.reply_id and one.question.asker_id != member_id
    ]


def _list_talk(news: News, server_id: int) -> Iterator[NewsItem]:
    section = _("**Replies to you**")
    for reply in news.replies:
        yield NewsItem(section, partial(_describe_reply, reply, server_id), reply.channel_id)
    section = _("**The author wrote**")
    for reply in news.by_authors:
        yield NewsItem(section, partial(_describe_reply, reply, server_id), reply.channel_id)
    if news.own_thread is not None:
        describe = partial(_describe_active, news.own_thread, server_id)
        yield NewsItem(_("**New replies**"), describe, news.own_thread.first.channel_id)
    section = _("**Threads you took part in**")
    for active in news.active:
        yield NewsItem(section, partial(_describe_active, active, server_id), active.thread_id)
    section = _("**New threads**")
    for fresh in news.fresh:
        yield NewsItem(section, partial(_describe_fresh, fresh, server_id), fresh.thread_id)
    section = _("**Here for the first time**")
    for reply in news.newcomers:
        yield NewsItem(section, partial(_describe_newcomer, reply, server_id), reply.channel_id)


def _describe_newcomer(reply: NewsReply, server_id: int) -> str:
    return _join(_name(reply), _link(_get_link(reply, server_id)))


def _describe_reply(reply: NewsReply, server_id: int) -> str:
    name, excerpt = _name(reply), _excerpt(reply)
    said = f"{name}: {excerpt}" if excerpt else name
    return _join(said, _link(_get_link(reply, server_id)))


def _describe_active(active: ActiveThread, server_id: int) -> str:
    count = ngettext("{count} new", "{count} new", active.replies)
    return _join(f"<#{active.thread_id}>", count, _describe_reply(active.first, server_id))


def _describe_fresh(fresh: FreshThread, server_id: int) -> str:
    marks = [f"<#{fresh.thread_id}>"]
    if fresh.replies:
        marks.append(ngettext("{count} reply", "{count} replies", fresh.replies))
    if fresh.is_unanswered:
        marks.append(_("● unanswered"))
    if fresh.first is not None:
        marks.append(_link(_get_link(fresh.first, server_id)))
    return _join(*marks)


def _describe_open(asked: OpenQuestion, server_id: int) -> str:
    one = asked.question
    reply = NewsReply(
        one.id, one.channel_id, one.message_id, one.asker_id, one.asker_name, one.text
    )
    line = _describe_reply(reply, server_id)
    if not asked.also:
        return line
    return _join(line, ngettext("+{count} also asks", "+{count} also ask", asked.also))


def _describe_change(change: TextChange, discussion: ListedDiscussion) -> NewsItem:
    when = format_timestamp(from_milliseconds(change.at_ms), "R")
    text = _("Changed {when}", when=when)
    if change.passages:
        count = change.passages
        text = _join(text, ngettext("{count} passage", "{count} passages", count))
    channel_id = discussion.channel_id
    if change.channel_id is not None and change.message_id is not None:
        channel_id = change.channel_id
        link = make_message_link(discussion.server_id, channel_id, change.message_id)
        text = _join(text, _link(link))
    return NewsItem(_("**The text**"), partial(str, text), channel_id)


def _join(*marks: str) -> str:
    return " · ".join(marks)


def _link(address: str) -> str:
    label = _("Open")
    return f"[{label}]({address})"


def _get_link(reply: NewsReply, server_id: int) -> str:
    return make_message_link(server_id, reply.channel_id, reply.message_id)


def _name(reply: NewsReply) -> str:
    return f"**{escape_title(reply.author_name, _NAME)}**"


def _excerpt(reply: NewsReply) -> str:
    """The first line of the member's own words; that of a quotation if there are no others."""
    lines = [line for line in put_spoilers_on_lines(reply.text).splitlines() if line.strip()]
    own = [line for line in lines if not line.lstrip().startswith(">")] or lines
    if not own:
        return ""
    line = cut_text(own[0], _MAX_READ)
    for length in _EXCERPTS:
        excerpt = make_snippet(line, (), {reply.author_id: reply.author_name}, length)
        if count_utf16_units(excerpt) <= _MAX_EXCERPT:
            return excerpt
    return ""


async def make_page(
    items: Sequence[NewsItem], can_read: CanRead, page: int, room: int
) -> tuple[str, bool]:
    """A page's text of at most ``room`` UTF-16 units, and whether there is a further one.

    ``page`` from 0; the last one where there aren't as many. Empty if there is nothing to read.
    """
    lines: list[str] = []
    used, number, section = 0, 0, ""
    for item in items:
        if not await can_read(item.channel_id):
            continue
        line = f"- {item.describe()}"
        added = [line] if item.section == section else [item.section, line]
        size = sum(count_utf16_units(line) + 1 for line in added)
        if lines and used + size > room:
            if number == page:
                return "\n".join(lines), True
            number, lines, used = number + 1, [], 0
            added = [item.section, line]
            size = sum(count_utf16_units(line) + 1 for line in added)
        lines += added
        used, section = used + size, item.section
    return "\n".join(lines), False
