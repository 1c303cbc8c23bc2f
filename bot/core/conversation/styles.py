"""Discussion styles: a thread for each reply, one thread for the essay, or a forum post.

``threads``: the parts are posted in the channel, and each reply to them opens a thread.
``thread``: the card is posted in the channel with one thread on it, which holds everything else.
``forum``: the essay is a post of a forum channel, which holds all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import limits
from bot.core.text.translate import gettext as _
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

    @property
    def is_announcement(self) -> bool:
        """Whether other servers can follow it."""
        return self.type == _ANNOUNCEMENT


def check_target_channel(channel: TargetChannel, tags: tuple[int, ...]) -> str:
    """Why an essay with these tags can't be published in a channel, as a sentence; "" if it can."""
    if channel.type == _MEDIA:
        # docs: Channel Resource › Channel Types, GUILD_MEDIA: it is for posts of media.
        return _(
            "#{channel} is a media channel, which is for pictures. Choose another channel.",
            channel=channel.name,
        )
    if channel.type not in (_TEXT, _ANNOUNCEMENT, _FORUM):
        return _(
            "I can't publish in #{channel}. Choose a text, announcement or forum channel.",
            channel=channel.name,
        )
    if channel.requires_tag and not tags:
        if (
            channel.tags
            and not channel.can_manage_threads
            and all(tag.moderated for tag in channel.tags)
        ):
            return _(
                "Each post in #{channel} needs a tag, and only moderators can use its tags. Give "
                "me *Manage Threads* there.",
                channel=channel.name,
            )
        return _("Each post in #{channel} needs a tag. Choose one.", channel=channel.name)
    if not {tag.id for tag in channel.tags}.issuperset(tags):
        return _(
            "#{channel} no longer has one of the chosen tags. Choose again.", channel=channel.name
        )
    if not channel.can_manage_threads:
        reserved = [f"“{tag.name}”" for tag in channel.tags if tag.moderated and tag.id in tags]
        if reserved:
            return _(
                "Only moderators can use the tag {tag}. Give me *Manage Threads* in #{channel}, "
                "or choose another tag.",
                tag=reserved[0],
                channel=channel.name,
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
        raise UserError(
            _("#{channel} isn't a forum. Only forum posts can have tags.", channel=channel.name)
        )
    if not known:
        raise UserError(_("#{channel} has no tags.", channel=channel.name))
    for name in wanted:
        if name.casefold() not in known:
            there = ", ".join(tag.name for tag in channel.tags)
            raise UserError(
                _(
                    "#{channel} has no tag “{name}”. Its tags are: {there}.",
                    channel=channel.name,
                    name=name,
                    there=there,
                )
            )
    found = tuple(dict.fromkeys(known[name.casefold()] for name in wanted))
    if len(found) > limits.FORUM_TAGS:
        raise UserError(
            _(
                "A post can have at most {most} tags. You chose {found}.",
                most=limits.FORUM_TAGS,
                found=len(found),
            )
        )
    return found
