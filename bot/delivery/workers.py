"""Delivery: the workers that carry planned work to Discord, as one part of the running bot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Sequence
from typing import Protocol

from bot.core.shards import Shards
from bot.delivery.answers import AnswerPoster
from bot.delivery.attachments import AttachmentDownloader, AttachmentLimits
from bot.delivery.author_messages import AuthorMessenger
from bot.delivery.card_indexes import CardIndexUpdater
from bot.delivery.message_edits import MessageEditor
from bot.delivery.messages import MessageSender
from bot.delivery.reply_moves import ReplyMover
from bot.delivery.temporary_messages import TemporaryMessageRemover
from bot.delivery.threads import ThreadOpener
from bot.delivery.worker import Worker
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api.call_budget import Urgency, use_urgency

__all__ = ["Delivery"]


class _AnyWorker(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def next_due(self) -> str: ...

    @property
    def idle(self) -> bool: ...

    async def start_due(self) -> None: ...

    async def stop(self) -> None: ...


class Delivery:
    """All workers. ``on_change`` is called after every attempt of one.

    ``catch_up``: reads the history of a thread that somebody else opened.
    """

    def __init__(
        self,
        context: DeliveryContext,
        *,
        attachment_limits: AttachmentLimits,
        catch_up: Callable[[int], Awaitable[None]],
        on_change: Callable[[], None],
    ) -> None:
        self._on_change = on_change
        self._changed = asyncio.Event()
        self._single = context.single
        threads = ThreadOpener(context, catch_up=catch_up)
        self._sender = MessageSender(context, make_room=threads.make_room)
        remover = TemporaryMessageRemover(context)
        mover = ReplyMover(context)
        editor = MessageEditor(context)
        downloader = AttachmentDownloader(context, limits=attachment_limits)
        clock = context.clock
        changed = self._announce_change
        self._messages = Worker(self._sender, clock=clock, on_change=changed)
        self.downloads = Worker(downloader, clock=clock, on_change=changed)
        self._following_up: Sequence[_AnyWorker] = (
            Worker(threads, clock=clock, on_change=changed),
            Worker(remover, clock=clock, on_change=changed),
            Worker(mover, clock=clock, on_change=changed),
            Worker(CardIndexUpdater(context), clock=clock, on_change=changed),
            self.downloads,
        )
        self._workers: Sequence[_AnyWorker] = (
            self._messages,
            Worker(AnswerPoster(context), clock=clock, on_change=changed),
            Worker(AuthorMessenger(context), clock=clock, on_change=changed),
            Worker(editor, clock=clock, on_change=changed),
            *self._following_up,
        )

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return all(worker.idle for worker in self._workers)

    @property
    def messages_under_way(self) -> frozenset[int]:
        """The ids of the planned messages that are being sent."""
        return self._messages.keys

    async def wait_for_change(self) -> None:
        """Return after the next attempt of any worker, however it goes."""
        await self._changed.wait()

    @property
    def next_due(self) -> dict[str, str]:
        """By the name of each kind of job, the query for when the next one is due."""
        return {worker.name: worker.next_due for worker in self._workers}

    async def start_due(
        self, kinds: Container[str], *, prompt_shards: Shards | None = None
    ) -> None:
        """Begin the jobs of these kinds that are due and not under way.

        ``prompt_shards``: in whose servers prompts and nudges are sent, too; None: in all.
        """
        self._sender.prompt_shards = prompt_shards
        for worker in self._workers:
            if worker.name not in kinds:
                continue
            urgency = Urgency.FOLLOW_UP if worker in self._following_up else Urgency.ORDINARY
            with use_urgency(urgency):
                await worker.start_due()

    async def stop(self) -> None:
        """Stop all workers at once; what they cancel goes on at the next start."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))
        await self._single.close()

    def _announce_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        self._on_change()
