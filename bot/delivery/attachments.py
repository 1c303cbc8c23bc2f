"""Downloads members' attachments, as far as the operator wants them saved.

A URL of Discord's CDN is valid for about a day (docs: Reference › Signed Attachment CDN URLs); when
one has expired, a new one is requested with the message.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.core.text.coded_text import make_coded
from bot.delivery.worker import Failure, JobFailed
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api import parse, retry
from bot.discord_api.errors import Outcome, classify, get_error_name
from storage.db.writer import Transaction
from storage.replies import attachments
from storage.replies.attachments import PendingFile

__all__ = ["AttachmentDownloader", "AttachmentJob", "AttachmentLimits"]

_log = logging.getLogger(__name__)

_CONCURRENCY = 2
#: Why a file isn't stored, where that is the operator's choice.
_FULL = make_coded("files-full")
_TOO_LARGE = make_coded("file-too-large")
#: Attempts before a file is skipped; the later ones are an hour apart.
_MOST_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """How many bytes are saved: of one file at most (0: none), and of all files together."""

    each: int = 5 * 1024 * 1024
    in_all: int = 1024 * 1024 * 1024


@dataclass(slots=True)
class AttachmentJob:
    """A download under way. ``url``: where the file is; None: to be requested."""

    file: PendingFile
    url: str | None


class AttachmentDownloader:
    """Downloads attachments; a :class:`bot.delivery.worker.JobSource`."""

    name = "attachment"
    next_due = attachments.NEXT_DUE
    concurrency = _CONCURRENCY

    def __init__(self, context: DeliveryContext, *, limits: AttachmentLimits) -> None:
        self._database = context.database
        self._get_shards = context.get_shards
        self._clock = context.clock
        self._http = context.http
        self._limits = limits
        self._logged_full = False

    def get_key(self, job: AttachmentJob) -> int:
        """The id of the file."""
        return job.file.id

    async def claim(self, busy: Sequence[AttachmentJob], most: int | None) -> list[AttachmentJob]:
        """The files that are due; those that are too large are skipped."""
        shards = self._get_shards()
        await self._database.write(
            lambda tx: attachments.skip_larger(tx, self._limits.each, _TOO_LARGE, shards)
        )
        now_ms, ids = self._clock.now_ms(), {job.file.id for job in busy}
        due = await self._database.read(
            lambda tx: attachments.get_due(
                tx, busy=ids, now_ms=now_ms, most=most or _CONCURRENCY, shards=shards
            )
        )
        return [AttachmentJob(file, file.url) for file in due]

    async def do(self, job: AttachmentJob) -> None:
        """Download the file and save its bytes."""
        if job.url is None:
            job.url = await self._request_url(job.file)
        if job.url is None:
            raise JobFailed(Outcome.DELETED, make_coded("file-removed"))
        content = await self._http.get_from_cdn(job.url)
        if len(content) > self._limits.each:
            raise JobFailed(Outcome.REFUSED, _TOO_LARGE)
        most = self._limits.in_all

        async def store(tx: Transaction) -> bool:
            if await attachments.get_stored_bytes(tx) + len(content) > most:
                await attachments.skip(tx, job.file.id, _FULL)
                return False
            await attachments.store(tx, job.file.id, content)
            return True

        saved = await self._database.write(store)
        if not saved and not self._logged_full:
            self._logged_full = True
            _log.warning(
                "Members' files take %d bytes, so no more are saved. "
                "SALON_ATTACHMENT_TOTAL_BYTES sets the limit.",
                most,
            )

    async def _request_url(self, file: PendingFile) -> str | None:
        """Where the file is now; None where its message doesn't have it."""
        message = dict(await self._http.get_message(file.channel_id, file.message_id))
        found = parse.parse_attachments(message)
        for one in found:
            if one.id == file.id:
                return one.url
        # On a copy the same file has another id.
        same = [one for one in found if (one.name, one.size) == (file.name, file.size)]
        return same[0].url if same else None

    async def explain(self, job: AttachmentJob, error: Exception) -> Failure:
        """What an error means for a download; after so many attempts the file is skipped."""
        outcome = Outcome.RETRY_SOON
        if not isinstance(error, discord.HTTPException):
            reason = make_coded("discord-unreachable", error=get_error_name(error))
        elif classify(error) is Outcome.DELETED:
            return Failure(Outcome.DELETED, make_coded("file-removed"))
        else:
            reason = make_coded("discord-answered", status=error.status)
            if error.status in (403, 404):
                job.url = None  # it may have expired
        if job.file.attempts + 1 >= _MOST_ATTEMPTS:
            outcome = Outcome.REFUSED
        return Failure(outcome, reason)

    def get_delay(self, job: AttachmentJob, failure: Failure) -> int:
        """An expired URL is requested soon; a file that still isn't there, later."""
        del failure
        expired = job.url is None and job.file.url is not None
        return retry.get_delay(job.file.attempts + 1, slow=not expired and job.file.attempts > 0)

    async def postpone(self, job: AttachmentJob, failure: Failure, due_at: int) -> None:
        """Try again later."""
        await self._database.write(
            lambda tx: attachments.postpone(
                tx,
                file_id=job.file.id,
                due_at=due_at,
                last_error=failure.reason,
                url=job.url,
            )
        )

    async def give_up(self, job: AttachmentJob, failure: Failure) -> None:
        """Don't save the file."""
        _log.info("File %d isn't saved: %s", job.file.id, failure.reason)
        await self._database.write(lambda tx: attachments.skip(tx, job.file.id, failure.reason))
