"""The styles of a discussion: a thread for each reply, one thread for the essay, a forum's post.

``threads``: the parts stand in the channel, and each reply to them heads a thread of its own.
``thread``: the card stands in the channel with one thread on it, which holds everything else.
``forum``: the essay is a post of a forum, and all of it stands in that post.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import limits
from bot.errors import Refused

__all__ = [
    "FORUM",
    "MOST_IN_CHANNEL",
    "THREAD",
    "THREADS",
    "Tag",
    "Venue",
    "chosen_style",
    "chosen_tags",
    "misplaced",
]

THREADS, THREAD, FORUM = "threads", "thread", "forum"

#: Parts that an essay may have in the channel itself; a longer one goes into its own thread.
MOST_IN_CHANNEL = 20

#: docs: Channel Resource › Channel Types.
_TEXT, _ANNOUNCEMENT, _FORUM, _MEDIA = 0, 5, 15, 16


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a forum. ``moderated``: only who manages threads may put it on a post."""

    id: int
    name: str
    moderated: bool


@dataclass(frozen=True, slots=True)
class Venue:
    """A channel where an essay may be published.

    ``kind``: Discord's number for its type. ``needs_tag``: each post must have one (docs: Channel
    Resource › Channel Flags, REQUIRE_TAG). ``manages``: whether the bot manages threads there.
    """

    name: str
    kind: int
    tags: tuple[Tag, ...] = ()
    needs_tag: bool = False
    manages: bool = False

    @property
    def is_forum(self) -> bool:
        """Whether an essay is a post in it."""
        return self.kind == _FORUM


def misplaced(venue: Venue, tags: tuple[int, ...]) -> str:
    """Why an essay with these tags cannot stand in a channel, as a sentence; "" if it can."""
    if venue.kind == _MEDIA:
        # docs: Channel Resource › Channel Types, GUILD_MEDIA: it is for posts of media.
        return f"#{venue.name} is a media channel, which is for pictures: choose another."
    if venue.kind not in (_TEXT, _ANNOUNCEMENT, _FORUM):
        return f"#{venue.name} takes no essays: choose a text, announcement or forum channel."
    if venue.needs_tag and not tags:
        if venue.tags and not venue.manages and all(tag.moderated for tag in venue.tags):
            return (
                f"Each post in #{venue.name} needs a tag, and all are for moderators: give me "
                "*Manage Threads* there."
            )
        return f"Each post in #{venue.name} needs a tag: choose one."
    if not {tag.id for tag in venue.tags}.issuperset(tags):
        return f"A tag that was chosen is gone from #{venue.name}: choose anew."
    if not venue.manages:
        reserved = [f"“{tag.name}”" for tag in venue.tags if tag.moderated and tag.id in tags]
        if reserved:
            return (
                f"The tag {reserved[0]} is for moderators: give me *Manage Threads* in "
                f"#{venue.name}, or choose another."
            )
    return ""


def chosen_style(venue: Venue | None, asked: str | None, usual: str, parts: int) -> str:
    """The style of an essay of so many ``parts``.

    ``asked``: what an admin chose for this one; ``usual``: what the server chose.
    """
    if venue is not None and venue.is_forum:
        return FORUM
    if asked is not None:
        return asked
    return THREAD if parts > MOST_IN_CHANNEL else usual


def chosen_tags(venue: Venue, text: str) -> tuple[int, ...]:
    """The tags that an admin named, with commas between them; Refused where one is unknown."""
    known = {tag.name.strip().casefold(): tag.id for tag in venue.tags}
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if not wanted:
        return ()
    if not venue.is_forum:
        raise Refused(f"#{venue.name} is no forum, and only a forum's posts have tags.")
    if not known:
        raise Refused(f"#{venue.name} has no tags.")
    for name in wanted:
        if name.casefold() not in known:
            there = ", ".join(tag.name for tag in venue.tags)
            raise Refused(f"#{venue.name} has no tag “{name}”. Its tags: {there}.")
    found = tuple(dict.fromkeys(known[name.casefold()] for name in wanted))
    if len(found) > limits.FORUM_TAGS:
        raise Refused(f"A post has at most {limits.FORUM_TAGS} tags; {len(found)} were named.")
    return found
