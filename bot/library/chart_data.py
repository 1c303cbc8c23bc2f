"""How a discussion went: people at each passage, replies over time, prompts, open questions.

Plain data for the chart. Nobody is named or ranked in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import from_milliseconds
from bot.core.text.questions import is_question, strip_note_marks
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from storage.replies.full_replies import FullReply

__all__ = ["Course", "CourseRecorder", "OwnPart", "PassageBar", "describe_course", "describe_own"]

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
#: Lengths of a step of the timeline, of which the first is used that isn't too short. Sixty of the
#: last one are longer than Discord's ids last.
_STEPS = (_HOUR, 6 * _HOUR, _DAY, _WEEK, 4 * _WEEK, 13 * _WEEK, 52 * _WEEK)
_MOST_STEPS = 60
#: The end of a text, which says whether it asks something.
_TAIL = 200
#: Passages that are named in words.
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class PassageBar:
    """A passage of the newest revision.

    people:             who wrote in the threads about it
    has_open_question:  the essay or somebody in those threads asks something that nobody answered
    """

    number: int
    people: int
    has_open_question: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How a discussion went.

    begun:    when it was published, or the first reply; None if nothing ever happened
    ended:    the newest reply or prompt
    dates:    the UTC dates of the first and the newest reply
    step:     the length of a step of the timeline
    counts:   the replies in each step
    prompts:  when prompts were sent
    """

    passages: tuple[PassageBar, ...] = ()
    people: int = 0
    replies: int = 0
    begun: datetime | None = None
    ended: datetime | None = None
    dates: tuple[str, str] = ("", "")
    step: timedelta = _HOUR
    counts: tuple[int, ...] = ()
    prompts: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnPart:
    """What one member has written, for them alone."""

    threads: int
    replies: int


@dataclass(frozen=True, slots=True)
class _Reply:
    """What is kept of a reply."""

    parent_id: int | None
    author_id: int | None
    written_at: int
    passages: tuple[tuple[int, int], ...]
    answers: str | None
    is_question: bool


class CourseRecorder:
    """Takes the replies of a discussion in the order of their ids, and says how it went.

    ``find_question``: the question that a reply to the essay answers; None if it answers none
    """

    def __init__(self, find_question: Callable[[FullReply], str | None]) -> None:
        self._find_question = find_question
        self._replies: dict[int, _Reply] = {}

    def add(self, replies: Iterable[FullReply]) -> None:
        """Take some more replies."""
        for one in replies:
            self._replies[one.id] = _Reply(
                parent_id=one.parent_id,
                author_id=None if one.is_deleted else one.author_id,
                written_at=one.written_at,
                passages=one.passages,
                answers=None if one.passages else self._find_question(one),
                is_question=not one.is_deleted and _asks(one.text),
            )

    def get_own_part(self, member_id: int) -> OwnPart:
        """How many replies of a member there are, and in how many threads."""
        heads = self._find_heads()
        own = [key for key, one in self._replies.items() if one.author_id == member_id]
        return OwnPart(len({heads[key] for key in own}), len(own))

    def make_course(
        self,
        texts: Sequence[str],
        *,
        places: Mapping[int, Mapping[int, int]],
        published_at: int | None,
        prompts: Sequence[int],
        questions: Sequence[str],
    ) -> Course:
        """How the discussion went.

        texts:      of the passages, in their order
        places:     by revision, where its passages are in the newest one
        prompts:    when prompts were sent, in milliseconds
        questions:  the essay's own
        """
        people: dict[int, set[int]] = defaultdict(set)
        open_at: set[int] = set()
        heads = self._find_heads()
        last: dict[int, int] = {}
        authors: dict[int, set[int]] = defaultdict(set)
        for key, one in self._replies.items():
            if one.author_id is not None:
                last[heads[key]] = key
                authors[heads[key]].add(one.author_id)
        for head, key in last.items():
            for number in self._find_passages(head, places):
                people[number] |= authors[head]
                if self._replies[key].is_question:
                    open_at.add(number)
        answered = {self._replies[head].answers for head in last}
        folded = [" ".join(one.split()) for one in questions if one not in answered]
        bars = []
        for number, text in enumerate(texts, 1):
            words = " ".join(text.split())
            asks = number not in people and any(one in words for one in folded)
            bars.append(PassageBar(number, len(people[number]), asks or number in open_at))
        return self._with_times(tuple(bars), published_at, prompts)

    def _with_times(
        self, bars: tuple[PassageBar, ...], published_at: int | None, prompts: Sequence[int]
    ) -> Course:
        written = [one.written_at for one in self._replies.values() if one.author_id is not None]
        authors = {one.author_id for one in self._replies.values()} - {None}
        moments = [*written, *prompts, *([] if published_at is None else [published_at])]
        if not moments:
            return Course(passages=bars)
        begun, ended = min(moments), max(moments)
        length = timedelta(milliseconds=ended - begun)
        step = next((one for one in _STEPS if length < one * _MOST_STEPS), _STEPS[-1])
        counts = [0] * (length // step + 1)
        for at in written:
            counts[timedelta(milliseconds=at - begun) // step] += 1
        return Course(
            passages=bars,
            people=len(authors),
            replies=len(written),
            begun=from_milliseconds(begun),
            ended=from_milliseconds(ended),
            dates=(_format_date(min(written)), _format_date(max(written))) if written else ("", ""),
            step=step,
            counts=tuple(counts),
            prompts=tuple(from_milliseconds(at) for at in prompts),
        )

    def _find_passages(self, head: int, places: Mapping[int, Mapping[int, int]]) -> Iterable[int]:
        found = {
            places.get(revision, {}).get(number)
            for revision, number in self._replies[head].passages
        }
        return [number for number in found if number is not None]

    def _find_heads(self) -> dict[int, int]:
        """By reply, the first one of its thread; an answer may have a lower id than its parent."""
        heads: dict[int, int] = {}
        for key in self._replies:
            way: list[int] = []
            place: int | None = key
            while place is not None and place not in heads:
                way.append(place)
                heads[place] = place  # ends a circle
                parent = self._replies[place].parent_id
                place = parent if parent in self._replies else None
            head = way[-1] if place is None else heads[place]
            for one in way:
                heads[one] = head
        return heads


def _format_date(milliseconds: int) -> str:
    return f"{from_milliseconds(milliseconds):%Y-%m-%d}"


def _asks(text: str) -> bool:
    tail = text[-_TAIL:].rstrip()
    return bool(tail) and is_question(strip_note_marks(tail).rstrip())


def describe_own(own: OwnPart) -> str:
    """What a member has written, as a sentence for them; "" if that is nothing."""
    if not own.replies:
        return ""
    return _(
        "You: {threads}, {replies}",
        threads=ngettext("{count} thread", "{count} threads", own.threads),
        replies=ngettext("{count} reply", "{count} replies", own.replies),
    )


def describe_course(course: Course) -> str:
    """What the chart shows, in words."""
    return " ".join(_list_sentences(course))


def _list_sentences(course: Course) -> Iterable[str]:
    replies = ngettext("{count} reply", "{count} replies", course.replies)
    begun, ended = course.dates
    if not course.replies:
        yield _("Nobody has replied yet.")
    elif begun == ended:
        yield ngettext(
            "{replies} from {count} person, on {date}.",
            "{replies} from {count} people, on {date}.",
            course.people,
            replies=replies,
            date=begun,
        )
    else:
        yield ngettext(
            "{replies} from {count} person, between {begun} and {ended}.",
            "{replies} from {count} people, between {begun} and {ended}.",
            course.people,
            replies=replies,
            begun=begun,
            ended=ended,
        )
    if course.prompts:
        yield ngettext(
            "{count} prompt was sent.", "{count} prompts were sent.", len(course.prompts)
        )
    discussed = [one for one in course.passages if one.people]
    if discussed:
        busiest = sorted(discussed, key=lambda one: (-one.people, one.number))[:_MOST_NAMED]
        yield ngettext(
            "{count} of {all} passages has replies.",
            "{count} of {all} passages have replies.",
            len(discussed),
            all=len(course.passages),
        )
        yield _(
            "People at the most discussed passages: {named}.",
            named=", ".join(f"¶{one.number} ({one.people})" for one in busiest),
        )
    unanswered = [f"¶{one.number}" for one in course.passages if one.has_open_question]
    if unanswered:
        named = ", ".join(unanswered[:_MOST_NAMED])
        if len(unanswered) > _MOST_NAMED:
            named += " …"
        yield ngettext(
            "{count} passage has a question that nobody has answered: {named}.",
            "{count} passages have a question that nobody has answered: {named}.",
            len(unanswered),
            named=named,
        )
