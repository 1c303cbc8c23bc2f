"""``/setup``: one panel for a server's settings.

The panel is a view of rows: each control changes a row and shows the panel again. A control's
custom id has only its name, so that it works after a restart.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.core import limits
from bot.core.prompts.parse_time import parse_quiet_hours
from bot.core.prompts.timezones import resolve_zone
from bot.core.text.coded_text import make_coded
from bot.core.text.escape import escape
from bot.core.text.translate import get_languages, gettext_noop, ngettext
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.prompting import change_settings
from bot.services import Services
from cogs.setup import wording
from cogs.ui.base_cog import get_server
from cogs.ui.deadline import acknowledge
from cogs.ui.forms import SubmittedForm, make_text_field, show_form
from cogs.ui.persistent_controls import make_control_class
from cogs.ui.ping_role import make_ping_field, read_ping_role
from cogs.ui.responses import answer, show, update
from cogs.ui.salon_bot import SalonBot
from cogs.ui.selects import make_default_channels
from storage.db.writer import Transaction
from storage.servers import settings as settings_module
from storage.servers.audit_log import record_action
from storage.servers.settings import ServerSettings

__all__ = ["Setup"]

_CUSTOM_ID = re.compile(r"salon:setup:(?P<what>[a-z]+)")
#: The types of channels for essays and for alerts.
_ESSAY_CHANNELS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]
_ALERT_CHANNELS = [discord.ChannelType.text, discord.ChannelType.news]

#: An id of Discord's, and the most apps that may be proxies.
_APP_ID = re.compile(r"[1-9][0-9]{16,19}", re.ASCII)
_MAX_PROXIES = 10
#: PluralKit's id, as an example.
_PLURALKIT = 466378653216014359

#: What one control changes.
Change = Callable[[Transaction], Awaitable[None]]


@app_commands.guild_only()
class Setup(commands.Cog):
    """The command and its panel.

    ``control_class``: the class of the panel's buttons and selects; registered with the bot, so
    that a panel that was shown before a restart works.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.control_class = make_control_class(_CUSTOM_ID, "setup", services, self.handle_control)
        super().__init__()

    @app_commands.command(description=gettext_noop("Choose how essays are hosted in this server."))
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def setup(self, interaction: discord.Interaction) -> None:
        """Show the panel."""
        with self.services.active_work.track():
            view = await self.make_panel(interaction)
            await answer(interaction, view=view)

    # -- the panel ------------------------------------------------------------------------------

    async def make_panel(self, interaction: discord.Interaction[Any]) -> ui.LayoutView:
        """The server's settings, and the permissions that the bot lacks for them."""
        server = get_server(interaction)
        settings = await self.services.database.read(
            lambda tx: settings_module.get_settings(tx, server.id)
        )
        return self._make_view(settings, server, interaction.channel_id, self.services.clock.now())

    def _make_view(
        self, settings: ServerSettings, server: discord.Guild, here: int | None, now: datetime
    ) -> ui.LayoutView:
        channel = None if settings.channel is None else server.get_channel(settings.channel)
        forum = isinstance(channel, discord.ForumChannel)
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(_(wording.HEADING)))
        where: ui.Container[Any] = ui.Container()
        where.add_item(
            ui.TextDisplay(wording.describe_channel(settings, known=channel is not None))
        )
        where.add_item(
            self._make_channel_select(
                server,
                "channel",
                settings.channel,
                _ESSAY_CHANNELS,
                _("The channel where the command is used"),
            )
        )
        where.add_item(
            ui.TextDisplay(_(wording.FORUM_STYLE_HEADING if forum else wording.STYLE_HEADING))
        )
        if not forum:
            where.add_item(self._make_select("style", wording.STYLES, settings.style))
            where.add_item(ui.TextDisplay(_(wording.CHANNEL_REPLIES_HEADING)))
            where.add_item(
                self._make_select("bring", wording.CHANNEL_REPLIES, settings.channel_replies)
            )
            where.add_item(ui.TextDisplay(wording.describe_plain_messages(settings)))
            where.add_item(
                self._make_select("loose", wording.PLAIN_MESSAGES, settings.plain_messages)
            )
        shown = _("Hide numbers") if settings.show_passage_numbers else _("Show numbers")
        where.add_item(
            self._make_section(wording.describe_passage_numbers(settings), "numbers", shown)
        )
        switch = _("Switch off") if settings.answer_forms else _("Switch on")
        where.add_item(
            self._make_section(wording.describe_answer_forms(settings), "answers", switch)
        )
        # A message has 40 components at most, so these share a text and a row of buttons.
        where.add_item(
            ui.TextDisplay(
                "\n".join(
                    [
                        wording.describe_proxies(settings),
                        wording.describe_books(settings),
                        wording.describe_notifications(settings, server),
                    ]
                )
            )
        )
        books = _("Books: admins only") if settings.books == "members" else _("Books: all members")
        row: ui.ActionRow[Any] = ui.ActionRow()
        for what, label in (
            ("proxies", _("Proxies …")),
            ("books", books),
            ("notifications", _("Notifications …")),
        ):
            button: ui.Button[Any] = ui.Button(label=label, custom_id=_make_custom_id(what))
            row.add_item(self.control_class(button))
        where.add_item(row)
        view.add_item(where)
        when: ui.Container[Any] = ui.Container()
        when.add_item(
            self._make_section(wording.describe_time(settings, now), "time", _("Change …"))
        )
        when.add_item(ui.TextDisplay(wording.describe_language()))
        when.add_item(
            self._make_select(
                "language",
                wording.list_languages(server.preferred_locale.value),
                settings.language or wording.DISCORDS_LANGUAGE,
            )
        )
        board = settings.alerts_channel
        alerts = None if board is None else server.get_channel(board)
        when.add_item(
            ui.TextDisplay(wording.describe_alerts_channel(settings, known=alerts is not None))
        )
        when.add_item(
            self._make_channel_select(server, "notices", board, _ALERT_CHANNELS, _("Nowhere"))
        )
        view.add_item(when)
        permissions: ui.Container[Any] = ui.Container()
        permissions.add_item(
            self._make_section(
                wording.describe_permissions(settings, server, here), "look", _("Check again")
            )
        )
        view.add_item(permissions)
        return view

    def _make_section(self, text: str, what: str, label: str) -> ui.Section[Any]:
        return ui.Section(
            text,
            accessory=self.control_class(ui.Button(label=label, custom_id=_make_custom_id(what))),
        )

    def _make_select(self, what: str, options: wording.Options, chosen: str) -> ui.ActionRow[Any]:
        select: ui.Select[Any] = ui.Select(custom_id=_make_custom_id(what))
        for value, label in options:
            select.add_option(label=_(label), value=value, default=value == chosen)
        return ui.ActionRow(self.control_class(select))

    def _make_channel_select(
        self,
        server: discord.Guild,
        what: str,
        chosen: int | None,
        kinds: list[discord.ChannelType],
        placeholder: str,
    ) -> ui.ActionRow[Any]:
        select: ui.ChannelSelect[Any] = ui.ChannelSelect(
            custom_id=_make_custom_id(what),
            channel_types=kinds,
            placeholder=placeholder,
            min_values=0,
            default_values=make_default_channels(server, chosen),
        )
        return ui.ActionRow(self.control_class(select))

    # -- changes --------------------------------------------------------------------------------

    async def handle_control(
        self, interaction: discord.Interaction[Any], match: re.Match[str], values: list[str]
    ) -> None:
        """Handle a control, and show the panel again."""
        what = match["what"]
        if what == "time":
            server = get_server(interaction)
            settings = await self.services.database.read(
                lambda tx: settings_module.get_settings(tx, server.id)
            )
            await show_form(
                interaction,
                "setup",
                title=_("Time zone and quiet hours"),
                fields=_make_time_fields(settings),
            )
            return
        if what == "proxies":
            server = get_server(interaction)
            settings = await self.services.database.read(
                lambda tx: settings_module.get_settings(tx, server.id)
            )
            await show_form(
                interaction,
                "proxies",
                title=_("Proxies"),
                fields=[_make_proxies_field(settings)],
            )
            return
        if what == "notifications":
            server = get_server(interaction)
            settings = await self.services.database.read(
                lambda tx: settings_module.get_settings(tx, server.id)
            )
            await show_form(
                interaction,
                "notifications",
                title=_("Notifications"),
                fields=_make_notification_fields(server, settings),
            )
            return
        if what != "look":
            await self.write_change(interaction, what, self._make_change(interaction, what, values))
        await update(interaction, await self.make_panel(interaction))

    async def handle_time_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Save time zone and quiet hours, or neither if one is invalid."""
        services, server_id = self.services, get_server(interaction).id
        zone = resolve_zone(entered.texts["zone"])
        hours = parse_quiet_hours(entered.texts["quiet"].strip() or "none")
        now = services.clock.now()

        async def change(tx: Transaction) -> None:
            await change_settings.set_time_zone(tx, server_id, zone, now)
            await change_settings.set_quiet_hours(tx, server_id, hours, now)

        await self.write_change(interaction, "time", change)
        await acknowledge(interaction)
        await show(interaction, await self.make_panel(interaction))

    async def handle_proxies_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Save the apps whose webhook messages count as members' messages."""
        server_id = get_server(interaction).id
        apps = _read_app_ids(entered.texts["apps"], own_id=self.services.permissions.own_id)
        await self.write_change(
            interaction,
            "proxies",
            lambda tx: settings_module.set_proxy_apps(tx, server_id, apps),
        )
        await acknowledge(interaction)
        await show(interaction, await self.make_panel(interaction))

    async def handle_notifications_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Save the role to ping, and what is done once an essay is published."""
        server_id, ping_role = get_server(interaction).id, read_ping_role(interaction, entered)
        await self.write_change(
            interaction,
            "notifications",
            lambda tx: settings_module.set_notifications(
                tx,
                server_id,
                ping_role=ping_role,
                pins_cards=entered.choices.get("pin") == ("yes",),
                tells_followers=entered.choices.get("followers") == ("yes",),
            ),
        )
        await acknowledge(interaction)
        await show(interaction, await self.make_panel(interaction))

    def _make_change(
        self, interaction: discord.Interaction[Any], what: str, values: list[str]
    ) -> Change:
        server_id, now_ms = get_server(interaction).id, self.services.clock.now_ms()
        value = values[0] if values else ""
        channel_id = int(value) if value.isdecimal() else None
        if what in ("channel", "notices") and channel_id is not None:
            _check_channel(interaction, channel_id)

        async def change(tx: Transaction) -> None:
            match what:
                case "channel":
                    await settings_module.set_channel(tx, server_id, channel_id)
                case "notices":
                    await settings_module.set_alerts_channel(tx, server_id, channel_id)
                case "style":
                    await settings_module.set_style(tx, server_id, value)
                case "bring":
                    await settings_module.set_channel_replies(tx, server_id, value)
                case "loose":
                    await settings_module.set_plain_messages(tx, server_id, value, now_ms)
                case "language":
                    chosen = value if value in get_languages() else None
                    await settings_module.set_language(tx, server_id, chosen)
                case "numbers":
                    numbered = (
                        await settings_module.get_settings(tx, server_id)
                    ).show_passage_numbers
                    await settings_module.set_show_passage_numbers(tx, server_id, not numbered)
                case "books":
                    before = (await settings_module.get_settings(tx, server_id)).books
                    chosen = "admins" if before == "members" else "members"
                    await settings_module.set_books(tx, server_id, chosen)
                case "answers":
                    allowed = (await settings_module.get_settings(tx, server_id)).answer_forms
                    await settings_module.set_answer_forms(tx, server_id, not allowed)
                case _:
                    raise UserError(_("This panel is out of date. Run `/setup` again."))

        return change

    async def write_change(
        self, interaction: discord.Interaction[Any], what: str, change: Change
    ) -> None:
        """Make a change in one transaction, with an entry in the audit log."""
        server, now_ms = get_server(interaction), self.services.clock.now_ms()

        async def changed(tx: Transaction) -> None:
            await settings_module.register_server(tx, server.id, server.name, now_ms)
            await change(tx)
            await record_action(
                tx,
                server_id=server.id,
                discussion_id=None,
                member_id=interaction.user.id,
                member_name=interaction.user.display_name,
                action=make_coded("did-set-up", setting=what),
                now_ms=now_ms,
            )

        await self.services.database.write(changed)
        self.services.scheduler.wake()


def _check_channel(interaction: discord.Interaction[Any], channel_id: int) -> None:
    if get_server(interaction).get_channel(channel_id) is None:
        raise UserError(_("I can't see this channel. Give me *View Channel* there."))


def _make_notification_fields(
    server: discord.Guild, settings: ServerSettings
) -> list[ui.Label[Any]]:
    fields = [make_ping_field(server, settings.ping_role)]
    for name, label, description, chosen in (
        (
            "pin",
            _("Pin the card"),
            _("While its discussion is open. Discord posts a line for each pin."),
            settings.pins_cards,
        ),
        (
            "followers",
            _("Tell followers"),
            _("Of an announcement channel, by a message with a link."),
            settings.tells_followers,
        ),
    ):
        select: ui.Select[Any] = ui.Select(custom_id=name)
        select.add_option(label=_("No"), value="no", default=not chosen)
        select.add_option(label=_("Yes"), value="yes", default=chosen)
        fields.append(
            ui.Label(
                text=truncate(label, limits.FIELD_LABEL),
                description=truncate(description, limits.FIELD_DESCRIPTION),
                component=select,
            )
        )
    return fields


def _make_time_fields(settings: ServerSettings) -> list[ui.Label[Any]]:
    quiet = settings.quiet
    hours = "" if quiet is None else f"{quiet.start:%H:%M}-{quiet.end:%H:%M}"
    return [
        make_text_field(
            "zone",
            _("Time zone"),
            settings.zone_name,
            most=60,
            required=True,
            description=_("A large city such as Berlin, or an IANA name"),
        ),
        make_text_field(
            "quiet",
            _("Quiet hours (22:00-08:00)"),
            hours,
            most=50,
            description=_("Prompts due in these hours come at their end. Empty: none"),
        ),
    ]


def _make_proxies_field(settings: ServerSettings) -> ui.Label[Any]:
    return make_text_field(
        "apps",
        _("Ids of the apps"),
        " ".join(str(app) for app in settings.proxy_apps),
        most=300,
        description=_("Separated by spaces. PluralKit's is {id}. Empty: off", id=_PLURALKIT),
    )


def _read_app_ids(text: str, *, own_id: int) -> set[int]:
    """The ids that an admin entered; raises UserError where one isn't an app's."""
    found = text.replace(",", " ").split()
    for one in found:
        if not _APP_ID.fullmatch(one):
            raise UserError(
                _(
                    "“{id}” isn't an app id. An id has 17 to 20 digits. You can copy it with "
                    "Discord's developer mode.",
                    id=escape(truncate(one, 40)),
                )
            )
    ids = {int(one) for one in found}
    if own_id in ids:
        raise UserError(_("I can't be a proxy. Name the app that reposts members' messages."))
    if len(ids) > _MAX_PROXIES:
        raise UserError(
            ngettext("Name at most {count} app.", "Name at most {count} apps.", _MAX_PROXIES)
        )
    return ids


def _make_custom_id(what: str) -> str:
    return f"salon:setup:{what}"


async def setup(bot: SalonBot) -> None:
    """Add the cog, the panel's controls and its form."""
    cog = Setup(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(cog.control_class)
    bot.forms.register("setup", "setup", cog.handle_time_form)
    bot.forms.register("proxies", "setup", cog.handle_proxies_form)
    bot.forms.register("notifications", "setup", cog.handle_notifications_form)
