"""The cover that an admin chooses for an essay's card: an upload or a link, fetched and checked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.core.essay.essay import Essay
from bot.core.layout.card import MAX_COVER_URL
from bot.core.text.escape import escape_url
from bot.core.text.locale_format import format_number
from bot.core.text.translate import ENGLISH, use_language
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UnreadableEssay, UserError
from bot.publishing.fetch_page import MAX_PICTURE_BYTES
from bot.publishing.pictures import FetchPicture, check_picture
from storage.essays.submissions import SubmittedCover

__all__ = ["ChosenCover", "UploadedCover", "read_submitted_cover", "set_cover"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UploadedCover:
    """An uploaded picture; ``size`` in bytes, ``url`` from which Discord serves it."""

    filename: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class ChosenCover:
    """What an admin entered: an upload, an address, or neither to remove the cover.

    UserError if it is both, or the address isn't a link.
    """

    upload: UploadedCover | None
    address: str | None

    def __post_init__(self) -> None:
        if self.upload is not None and self.address is not None:
            raise UserError(_("Give either a picture or a link, not both. Nothing was changed."))
        if self.upload is not None and self.upload.size > MAX_PICTURE_BYTES:
            raise UserError(
                _(
                    "{name} is larger than {size} MiB. Nothing was changed.",
                    name=truncate(self.upload.filename, 80),
                    size=MAX_PICTURE_BYTES // 1024 // 1024,
                )
            )
        address = self.address
        if address is not None and not address.lower().startswith(("http://", "https://")):
            raise UserError(
                _(
                    "“{address}” isn't a link. It has to start with `https://`. Nothing was "
                    "changed.",
                    address=truncate(address, 80),
                )
            )
        if address is not None and len(escape_url(address)) > MAX_COVER_URL:
            raise UserError(
                _(
                    "The link is longer than {length} characters. Nothing was changed.",
                    length=format_number(MAX_COVER_URL),
                )
            )


def read_submitted_cover(cover: SubmittedCover) -> ChosenCover:
    """The cover that was given with an essay."""
    upload = None
    if cover.file_url is not None:
        upload = UploadedCover(cover.file_name or "", cover.file_size or 0, cover.file_url)
    return ChosenCover(upload, cover.address)


async def set_cover(
    essay: Essay,
    chosen: ChosenCover,
    *,
    fetch_file: Callable[[str], Awaitable[bytes]],
    fetch_picture: FetchPicture,
) -> tuple[Essay, dict[str, bytes]]:
    """The essay with the chosen cover, and the cover's copy by its name.

    A link that can't be fetched stays a link: Discord may reach it. Raises UserError for what isn't
    a picture.
    """
    bare = replace(essay, cover_image=chosen.address, cover_file=None, is_cover_chosen=True)
    try:
        if chosen.upload is not None:
            name, data = chosen.upload.filename, await fetch_file(chosen.upload.url)
        elif chosen.address is not None:
            name = chosen.address
            with use_language(ENGLISH):  # an error is only logged
                data = await fetch_picture(chosen.address, MAX_PICTURE_BYTES)
        else:
            return bare, {}
    except UnreadableEssay as error:
        _log.info("A cover couldn't be downloaded: %s", error)
        return bare, {}
    checked = await check_picture(data)
    if checked is None or not checked.name:
        raise UserError(
            _(
                "“{name}” can't be the cover. Use a PNG, JPEG, GIF, WebP, AVIF or SVG picture. "
                "Nothing was changed.",
                name=truncate(name, 80),
            )
        )
    return replace(bare, cover_file=checked.name), {checked.name: checked.content}
