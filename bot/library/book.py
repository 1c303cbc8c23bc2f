"""The book of a discussion: the essay, and after each passage the threads that answer it.

Plain data for the writers (page, EPUB, Markdown). What was deleted or erased isn't in it; where
somebody answered it, its empty place is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import SequenceMatcher
from itertools import pairwise

from bot.clock import from_milliseconds
from bot.core.conversation.forwards_polls_stickers import Extras
from bot.core.essay.essay import BodyBlock, Essay
from bot.core.prompts.plan import CustomText, Poll, QuotedPassage, parse_content
from bot.library.chart_data import Course, CourseRecorder
from storage.replies.book import BookPrompt, BookRevision, BookRows
from storage.replies.full_replies import FullReply, ReplyFile

__all__ = [
    "Book",
    "Change",
    "Entry",
    "Question",
    "RevisionChanges",
    "Section",
    "Thread",
    "build_book",
    "list_threads",
    "make_course",
    "make_recorder",
    "with_threads",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """A reply as the book has it.

    author:     None: somebody who was erased, or who appears as a reader
    is_author:  the essay's author wrote it
    to_author:  it is a question to the essay's author
    depth:      how many replies it is below the thread's first one
    answers:    the author of the reply that it answers; "" if that isn't named
    is_deleted: only its place is left
    """

    id: int
    author: str | None
    is_author: bool
    to_author: bool
    at: datetime
    is_edited: bool
    depth: int
    answers: str
    text: str
    files: tuple[ReplyFile, ...]
    reactions: tuple[tuple[str, int], ...]
    extras: Extras
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A reply to the essay and everything below it, in the order of reading."""

    entries: tuple[Entry, ...]
    #: The numbers of the passages that it is about, in the newest revision.
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A run of the essay's blocks up to the end of a passage, and the threads about it.

    ``number``: the passage's; None for what comes before the first or after the last one.
    """

    number: int | None
    blocks: tuple[BodyBlock, ...]
    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question that was asked in the discussion, and the threads that answer it.

    Without a text: the questions of members to the essay's author.
    """

    text: str
    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A passage that another revision has in another form; None: it hasn't got it."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RevisionChanges:
    """What changed with a revision."""

    number: int
    at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """A book.

    participants: the names of those who wrote, sorted; readers: how many appear as readers
    names:        by id, of members whom a reply may mention
    essay:        its newest revision
    course:       how the discussion went
    volume:       which part of the book it is, and how many there are
    """

    id: int
    server_id: int
    server: str
    essay: Essay
    state: str
    published_at: datetime | None
    newest_at: datetime
    sections: tuple[Section, ...]
    whole: tuple[Thread, ...]
    questions: tuple[Question, ...]
    participants: tuple[str, ...]
    readers: int
    changes: tuple[RevisionChanges, ...]
    names: dict[int, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    replies: int = 0
    course: Course = field(default_factory=Course)
    volume: tuple[int, int] = (1, 1)


def build_book(
    rows: BookRows,
    may_read: Callable[[int], bool] | None = None,
    recorder: CourseRecorder | None = None,
) -> Book:
    """Make a book of a discussion.

    ``may_read``: whether the one who gets the book may read a channel or thread; replies in others
    are left out. None: they may read everything. ``recorder``: gets the replies that are shown.
    """
    newest = rows.revisions[-1]
    essay = newest.essay
    shown = [one for one in rows.replies if may_read is None or may_read(one.channel_id)]
    threads = _make_threads(shown)
    heads = {one.id: one for one in shown}
    places = _map_passages(rows.revisions)
    by_passage: dict[int, list[Thread]] = defaultdict(list)
    whole: list[Thread] = []
    to_author: list[Thread] = []
    own = _list_questions(newest)
    by_question: dict[str, list[Thread]] = {text: [] for text in own}
    asked = {one.id: _find_asked(one, own) for one in rows.prompts}
    for text in asked.values():
        if text is not None:
            by_question.setdefault(text, [])
    for thread in threads:
        head = heads[thread.entries[0].id]
        numbers = _translate(head.passages, places)
        question = _find_question(head, asked, own)
        if numbers:
            by_passage[numbers[-1]].append(replace(thread, passages=numbers))
        elif question is not None:
            by_question[question].append(thread)
        elif head.asks_author and not head.is_deleted:
            to_author.append(thread)
        else:
            whole.append(thread)
    recorder = recorder or make_recorder(rows)
    recorder.add(shown)
    sections = tuple(_make_sections(essay, by_passage))
    written = [one for one in shown if not one.is_deleted]
    named = {one.author_name for one in written if one.author_id is not None and one.is_named}
    readers = {one.author_id for one in written if one.author_id is not None and not one.is_named}
    times = [one.written_at for one in written] + [one.created_at for one in rows.revisions]
    published = rows.discussion.published_at
    return Book(
        id=rows.discussion.id,
        server_id=rows.discussion.server_id,
        server=rows.server_name,
        essay=essay,
        state=rows.discussion.state,
        published_at=None if published is None else from_milliseconds(published),
        newest_at=from_milliseconds(max(times)),
        sections=sections,
        whole=tuple(whole),
        questions=(
            *(Question(text, tuple(answers)) for text, answers in by_question.items()),
            *([Question("", tuple(to_author))] if to_author else []),
        ),
        participants=tuple(sorted(named, key=lambda name: (name.casefold(), name))),
        readers=len(readers),
        changes=tuple(_list_changes(rows.revisions)),
        names={
            one.author_id: one.author_name
            for one in shown
            if one.author_id is not None and one.is_named and one.author_name
        },
        pictures=rows.pictures,
        replies=len(written),
        course=make_course(rows, recorder),
    )


def make_recorder(rows: BookRows) -> CourseRecorder:
    """A recorder for the replies of a discussion."""
    own = _list_questions(rows.revisions[-1])
    asked = {one.id: _find_asked(one, own) for one in rows.prompts}
    return CourseRecorder(lambda reply: _find_question(reply, asked, own))


def make_course(rows: BookRows, recorder: CourseRecorder) -> Course:
    """How the discussion went, by the replies that were recorded."""
    newest = rows.revisions[-1]
    return recorder.make_course(
        [one.text for one in newest.essay.passages],
        places=_map_passages(rows.revisions),
        published_at=rows.discussion.published_at,
        prompts=[one.sent_at for one in rows.prompts],
        questions=_list_questions(newest),
    )


def list_threads(book: Book) -> Iterator[Thread]:
    """All threads of a book in their order."""
    for section in book.sections:
        yield from section.threads
    yield from book.whole
    for question in book.questions:
        yield from question.threads


def with_threads(book: Book, kept: Collection[int], volume: tuple[int, int]) -> Book:
    """The book with only the threads at these positions of :func:`list_threads`."""
    positions = iter(range(len(list(list_threads(book)))))

    def keep(threads: Iterable[Thread]) -> tuple[Thread, ...]:
        return tuple(thread for thread in threads if next(positions) in kept)

    return replace(
        book,
        sections=tuple(replace(one, threads=keep(one.threads)) for one in book.sections),
        whole=keep(book.whole),
        questions=tuple(replace(one, threads=keep(one.threads)) for one in book.questions),
        volume=volume,
    )


def _list_questions(revision: BookRevision) -> list[str]:
    """The essay's closing questions, and the one that an admin chose if it is another."""
    questions = list(dict.fromkeys(revision.essay.questions))
    if revision.closing and revision.closing not in questions:
        questions.append(revision.closing)
    return questions


def _find_asked(prompt: BookPrompt, own: Sequence[str]) -> str | None:
    """The question that a prompt asked; None if it isn't one, or is about a passage."""
    if prompt.asked:
        return own[prompt.asked[0]] if prompt.asked[0] < len(own) else None
    content = parse_content(prompt.content)
    match content:
        case CustomText():
            return content.text
        case Poll():
            return content.question
        case QuotedPassage():
            return content.question or None
        case _:
            return own[-1] if own else None


def _find_question(
    head: FullReply, asked: Mapping[int, str | None], own: Sequence[str]
) -> str | None:
    """The question that a thread answers; None if it is about the whole essay."""
    if head.prompt_id is not None and head.prompt_id in asked:
        return asked[head.prompt_id]
    return own[-1] if own and head.purpose in ("closing", "prompt") else None


def _make_threads(replies: Sequence[FullReply]) -> list[Thread]:
    """The trees of replies, each in the order of reading; deleted ones only above others."""
    known = {one.id: one for one in replies}
    below: dict[int | None, list[FullReply]] = defaultdict(list)
    for one in replies:
        parent = one.parent_id if one.parent_id in known and one.parent_id != one.id else None
        below[parent].append(one)
    threads = []
    for head in below[None]:
        order: list[tuple[FullReply, int]] = []
        waiting = [(head, 0)]
        while waiting:  # replies may be nested deeper than Python's stack
            reply, depth = waiting.pop()
            order.append((reply, depth))
            waiting += [(one, depth + 1) for one in reversed(below.get(reply.id, []))]
        kept = _find_kept(order, known)
        entries = tuple(
            _make_entry(reply, depth, known) for reply, depth in order if reply.id in kept
        )
        if entries:
            threads.append(Thread(entries))
    return threads


def _find_kept(order: Sequence[tuple[FullReply, int]], known: dict[int, FullReply]) -> set[int]:
    """The replies that aren't deleted, and those above them."""
    kept: set[int] = set()
    for reply, _depth in reversed(order):
        if not reply.is_deleted or reply.id in kept:
            kept.add(reply.id)
            if reply.parent_id in known:
                kept.add(reply.parent_id)
    return kept


def _make_entry(reply: FullReply, depth: int, known: dict[int, FullReply]) -> Entry:
    is_shown = reply.author_id is not None and reply.is_named and not reply.is_deleted
    parent = known.get(reply.parent_id or 0)
    answers = ""
    if parent is not None and parent.is_named and not parent.is_deleted:
        answers = parent.author_name
    return Entry(
        id=reply.id,
        author=reply.author_name if is_shown else None,
        is_author=is_shown and reply.by_author,
        to_author=reply.asks_author and not reply.is_deleted,
        at=from_milliseconds(reply.written_at),
        is_edited=reply.edited_at is not None and not reply.is_deleted,
        depth=depth,
        answers=answers,
        text=reply.text,
        files=reply.files,
        reactions=reply.reactions,
        extras=reply.extras,
        is_deleted=reply.is_deleted,
    )


def _make_sections(essay: Essay, threads: dict[int, list[Thread]]) -> Iterator[Section]:
    """The essay up to the end of each passage that was answered; the rest is one section."""
    last_of = {one.passage: place for place, one in enumerate(essay.body) if one.passage}
    blocks: list[BodyBlock] = []
    done: set[int] = set()
    for place, block in enumerate(essay.body):
        blocks.append(block)
        number = block.passage
        if number in threads and last_of[number] == place:
            yield Section(number, tuple(blocks), tuple(threads[number]))
            done.add(number)
            blocks = []
    # A passage that has no block of its own comes after the essay.
    rest = [one for number in sorted(threads.keys() - done) for one in threads[number]]
    if blocks or rest:
        yield Section(None, tuple(blocks), tuple(rest))


_Places = dict[int, dict[int, int]]


def _map_passages(revisions: Sequence[BookRevision]) -> _Places:
    """For each revision, where its passages are in the newest one."""
    newest = [one.text for one in revisions[-1].essay.passages]
    places: _Places = {}
    for revision in revisions:
        texts = [one.text for one in revision.essay.passages]
        if texts == newest:
            places[revision.number] = {number: number for number in range(1, len(texts) + 1)}
            continue
        found = places[revision.number] = {}
        for kind, a, b, c, d in SequenceMatcher(None, texts, newest, autojunk=False).get_opcodes():
            for old in range(a, b):
                new = c + old - a
                # Of passages that went, the one before their place.
                found[old + 1] = new + 1 if kind != "delete" and new < d else max(d, 1)
    return places


def _translate(passages: Sequence[tuple[int, int]], places: _Places) -> tuple[int, ...]:
    found = {places.get(revision, {}).get(number) for revision, number in passages}
    return tuple(sorted(number for number in found if number is not None))


def _list_changes(revisions: Sequence[BookRevision]) -> Iterator[RevisionChanges]:
    for before, after in pairwise(revisions):
        old = [one.text for one in before.essay.passages]
        new = [one.text for one in after.essay.passages]
        changes: list[Change] = []
        if before.essay.title != after.essay.title:
            changes.append(Change(before.essay.title, after.essay.title))
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                continue
            changes += [
                Change(
                    old[a + place] if a + place < b else None,
                    new[c + place] if c + place < d else None,
                )
                for place in range(max(b - a, d - c))
            ]
        if changes:
            yield RevisionChanges(after.number, from_milliseconds(after.created_at), tuple(changes))
