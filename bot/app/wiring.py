"""Builds the services of a running bot and connects them with each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import discord
from discord.http import HTTPClient

from bot.clock import Clock
from bot.core.shards import Shards
from bot.delivery import after_send
from bot.delivery.attachments import AttachmentLimits
from bot.delivery.scheduler import Scheduler
from bot.delivery.worker_context import DeliveryContext
from bot.delivery.workers import Delivery
from bot.discord_api.call_budget import CallBudget
from bot.discord_api.command_permissions import CommandPermissions
from bot.discord_api.commands import CommandMentions
from bot.discord_api.download import download_attachment
from bot.discord_api.permissions import Permissions
from bot.discord_api.single_attempt import SingleCalls
from bot.discord_api.webhooks import Webhooks
from bot.ingest.catch_up import DEFAULT_COMPARE_WINDOW, CatchUp
from bot.ingest.recorder import Recorder
from bot.publishing.edit import Editing
from bot.publishing.fetch_page import Page, fetch_page, fetch_picture
from bot.publishing.pictures import FetchPicture
from bot.publishing.publish import Publishing
from bot.publishing.restore_messages import Restoring
from bot.services import Services
from storage.db.database import Database

__all__ = ["Options", "build_services"]


@dataclass(frozen=True)
class Options:
    """What the operator can set, and what tests replace.

    attachments:       size limits of saved attachments
    compare_window:    saved messages of this time before an outage are compared with Discord's
    server_retention:  how long the data of a server that the bot was removed from is kept
    fetch_page:        fetches a web page by its address
    fetch_picture:     fetches a picture by its address
    """

    attachments: AttachmentLimits = field(default_factory=AttachmentLimits)
    compare_window: timedelta = DEFAULT_COMPARE_WINDOW
    server_retention: timedelta = timedelta(days=30)
    fetch_page: Callable[[str], Awaitable[Page]] = fetch_page
    fetch_picture: FetchPicture = fetch_picture


def build_services(
    database: Database,
    clock: Clock,
    options: Options,
    *,
    http: HTTPClient,
    call_budget: CallBudget,
    permissions: Permissions,
    command_permissions: CommandPermissions,
    get_server: Callable[[int], discord.Guild | None],
    shards: Shards,
    is_connected: Callable[[int], bool],
    get_served_shards: Callable[[], Shards],
    get_caught_up_shards: Callable[[], Shards],
) -> Services:
    """The services of one client.

    call_budget:           what each call of ``http`` waits for
    shards:                those that this process serves; servers of others are ignored
    is_connected:          whether one of them, by its id, is connected
    get_served_shards:     gets those whose servers are known by now
    get_caught_up_shards:  gets those in which everything sent during an outage has been read
    """

    def wake() -> None:
        scheduler.wake()

    recorder = Recorder(
        database, clock, confirm_own_message=after_send.own_message, on_work=wake, shards=shards
    )
    catch_up = CatchUp(
        database=database,
        clock=clock,
        http=http,
        permissions=permissions,
        recorder=recorder,
        guild=get_server,
        is_connected=is_connected,
        on_done=wake,
        compare_window=options.compare_window,
        shards=shards,
    )
    single = SingleCalls(http, call_budget)
    webhooks = Webhooks(http=http, permissions=permissions, single=single)
    delivery = Delivery(
        DeliveryContext(
            database, clock, http, permissions, recorder, single, webhooks, get_served_shards
        ),
        attachment_limits=options.attachments,
        catch_up=catch_up.catch_up_channel,
        on_change=wake,
    )
    scheduler = Scheduler(
        database=database,
        clock=clock,
        delivery=delivery,
        shards=shards,
        get_served_shards=get_served_shards,
        get_caught_up_shards=get_caught_up_shards,
        left_kept_for=options.server_retention,
    )
    commands = CommandMentions()
    publishing = Publishing(
        database=database,
        clock=clock,
        fetch_file=lambda url: download_attachment(http, url),
        fetch_page=options.fetch_page,
        fetch_picture=options.fetch_picture,
        permissions=permissions,
        commands=commands,
        on_work=wake,
    )
    editing = Editing(
        database=database,
        clock=clock,
        publishing=publishing,
        permissions=permissions,
        commands=commands,
        on_work=wake,
    )
    return Services(
        database=database,
        clock=clock,
        permissions=permissions,
        command_permissions=command_permissions,
        recorder=recorder,
        delivery=delivery,
        catch_up=catch_up,
        scheduler=scheduler,
        publishing=publishing,
        editing=editing,
        restoring=Restoring(database=database, clock=clock, commands=commands, on_work=wake),
        commands=commands,
    )
