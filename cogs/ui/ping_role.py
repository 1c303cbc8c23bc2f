"""The field of forms for the role that cards mention, and the check of what was chosen."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.core.text.translate import gettext as _
from bot.errors import UserError
from cogs.ui.base_cog import get_server
from cogs.ui.forms import SubmittedForm
from cogs.ui.selects import make_default_roles

__all__ = ["check_ping_role", "make_ping_field", "read_ping_role"]


def make_ping_field(server: discord.Guild, role_id: int | None) -> ui.Label[Any]:
    """The field for the role that a card mentions."""
    return ui.Label(
        text=_("Role to ping"),
        description=_("The card mentions it. Leave it empty to ping nobody."),
        component=ui.RoleSelect(
            custom_id="ping",
            required=False,
            min_values=0,
            max_values=1,
            default_values=make_default_roles(server, role_id),
        ),
    )


def read_ping_role(interaction: discord.Interaction[Any], entered: SubmittedForm) -> int | None:
    """The role that was chosen in the form; None for nobody."""
    chosen = entered.choices.get("ping", ())
    return check_ping_role(interaction, int(chosen[0])) if chosen else None


def check_ping_role(interaction: discord.Interaction[Any], role_id: int) -> int:
    """The role; UserError if it can't be chosen."""
    server = get_server(interaction)
    if role_id == server.default_role.id:
        raise UserError(_("I never ping everyone. Choose another role. Nothing was changed."))
    if server.get_role(role_id) is None:
        raise UserError(_("This role was deleted. Choose another one. Nothing was changed."))
    return role_id
