"""The essay or prompt of a server that an admin names in a command, by number or title."""

from __future__ import annotations

from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.errors import UserError
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion
from storage.prompts import listings, prompts
from storage.prompts.listings import EssayChoice
from storage.prompts.prompts import Prompt

__all__ = [
    "PUBLISHED",
    "choose_essay",
    "choose_optional_essay",
    "choose_prompt",
    "list_published_essays",
]

#: The states of an essay that members may read.
PUBLISHED = ("publishing", "open", "closed")


async def choose_essay(tx: Transaction, server_id: int, entered: str) -> EssayChoice:
    """The server's discussion with this number or exact title; UserError if there isn't one."""
    text = entered.strip()
    named = await listings.get_named_essays(tx, server_id, text)
    if not named:
        raise UserError(
            _(
                "This server has no essay with the number or the title “{entered}”. Choose one "
                "from the list, or see `/essay list`.",
                entered=escape_title(text),
            )
        )
    if len(named) > 1:
        numbers = ", ".join(str(one.id) for one in named)
        raise UserError(
            _(
                "Several essays are titled “{title}”. Name one by its number ({numbers}).",
                title=escape_title(text),
                numbers=numbers,
            )
        )
    return named[0]


async def choose_prompt(tx: Transaction, server_id: int, entered: str) -> Prompt:
    """The server's prompt with this number; UserError if there is none."""
    text = entered.strip().removeprefix("#")
    found = None
    if text.isascii() and text.isdigit() and len(text) < 19:
        found = await prompts.find_prompt(tx, int(text))
    if found is None or found.server_id != server_id:
        raise UserError(
            _(
                "This server has no prompt “{entered}”. Choose one from the list, or see "
                "`/prompts list`.",
                entered=escape_title(text, 50),
            )
        )
    return found


async def choose_optional_essay(
    tx: Transaction, server_id: int, essay: str | None
) -> EssayChoice | None:
    """Like :func:`choose_essay`; None where no essay was named."""
    return None if essay is None else await choose_essay(tx, server_id, essay)


async def list_published_essays(
    tx: Transaction, server_id: int, channel_id: int | None, essay: str | None
) -> list[ListedDiscussion]:
    """The published essays with this number or title; else all, those in the channel first."""
    if essay is not None:
        named = await listings.get_named_essays(tx, server_id, essay.strip())
        looked_up = [await discussions.find(tx, one.id) for one in named]
        return [one for one in looked_up if one is not None and one.state in PUBLISHED]
    listed = [
        one for one in await discussions.list_discussions(tx, server_id) if one.state in PUBLISHED
    ]
    return sorted(listed, key=lambda one: channel_id not in (one.channel_id, one.thread_id))
