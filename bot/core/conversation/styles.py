"""Discussion styles: a thread for each reply, one thread for the essay, or a forum post.

``threads``: the parts are posted in the channel, and each reply to them opens a thread.
``thread``: the card is posted in the channel with one thread on it, which holds everything else.
``forum``: the essay is a post of a forum channel, which holds all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import limits
from bot.errors import UserError

__all__ = [
    "FORUM",
    "MAX_PARTS_IN_CHANNEL",
    "THREAD",
    "THREADS",
    "Tag",
    "TargetChannel",
    "check_target_channel",
    "choose_style",
    "parse_tags",
]

THREADS, THREAD, FORUM = "threads", "thread", "forum"

#: Parts an essay may have in the channel itself; a longer essay goes into a thread of its own.
MAX_PARTS_IN_CHANNEL = 20

#: docs: Channel Resource › Channel Types.
_TEXT, _ANNOUNCEMENT, _FORUM, _MEDIA = 0, 5, 15, 16


@dataclass(frozen=True, slots=True)
class Tag:
    """A forum tag. ``moderated``: only who has *Manage Threads* may put it on a post."""

    id: int
    name: str
    moderated: bool


@dataclass(frozen=True, slots=True)
class TargetChannel:
    """A channel where an essay may be published.

    type:                Discord's number for its type
    requires_tag:        each post must have a tag (docs: Channel Resource › Channel Flags,
                         REQUIRE_TAG)
    can_manage_threads:  the bot has *Manage Threads* there
    """

    name: str
    type: int
    tags: tuple[Tag, ...] = ()
    requires_tag: bool = False
    can_manage_threads: bool = False

    @property
    def is_forum(self) -> bool:
        """Whether an essay becomes a post in it."""
        return self.type == _FORUM


def check_target_channel(channel: TargetChannel, tags: tuple[int, ...]) -> str:
    """Why an essay with these tags can't be published in a channel, as a sentence; "" if it can."""
    if channel.type == _MEDIA:
        # docs: Channel Resource › Channel Types, GUILD_MEDIA: it is for posts of media.
        return f"#{channel.name} is a media channel, which is for pictures. Choose another channel."
    if channel.type not in (_TEXT, _ANNOUNCEMENT, _FORUM):
        return f"I can't publish in #{channel.name}. Choose a text, announcement or forum channel."
    if channel.requires_tag and not tags:
        if (
            channel.tags
            and not channel.can_manage_threads
            and all(tag.moderated for tag in channel.tags)
        ):
            return (
                f"Each post in #{channel.name} needs a tag, and only moderators can use its tags. "
                "Give me *Manage Threads* there."
            )
        return f"Each post in #{channel.name} needs a tag. Choose one."
    if not {tag.id for tag in channel.tags}.issuperset(tags):
        return f"#{channel.name} no longer has one of the chosen tags. Choose again."
    if not channel.can_manage_threads:
        reserved = [f"“{tag.name}”" for tag in channel.tags if tag.moderated and tag.id in tags]
        if reserved:
            return (
                f"Only moderators can use the tag {reserved[0]}. Give me *Manage Threads* in "
                f"#{channel.name}, or choose another tag."
            )
    return ""


def choose_style(channel: TargetChannel | None, asked: str | None, usual: str, parts: int) -> str:
    """The style of an essay with so many ``parts``.

    ``asked``: what an admin chose for this essay; ``usual``: the server's setting.
    """
    if channel is not None and channel.is_forum:
        return FORUM
    if asked is not None:
        return asked
    return THREAD if parts > MAX_PARTS_IN_CHANNEL else usual


def parse_tags(channel: TargetChannel, text: str) -> tuple[int, ...]:
    """The ids of the tags an admin named, separated by commas; UserError if one is unknown."""
    known = {tag.name.strip().casefold(): tag.id for tag in channel.tags}
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if not wanted:
        return ()
    if not channel.is_forum:
        raise UserError(f"#{channel.name} isn't a forum. Only forum posts can have tags.")
    if not known:
        raise UserError(f"#{channel.name} has no tags.")
    for name in wanted:
        if name.casefold() not in known:
            there = ", ".join(tag.name for tag in channel.tags)
            raise UserError(f"#{channel.name} has no tag “{name}”. Its tags are: {there}.")
    found = tuple(dict.fromkeys(known[name.casefold()] for name in wanted))
    if len(found) > limits.FORUM_TAGS:
        raise UserError(
            f"A post can have at most {limits.FORUM_TAGS} tags. You chose {len(found)}."
        )
    return found
