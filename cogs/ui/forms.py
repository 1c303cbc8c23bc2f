"""Forms (modals) that work after a restart, and the dispatch of what was entered to a handler.

discord.py remembers the forms it showed and ignores all others, so after a restart the user would
see that the application did not respond (docs: Receiving and Responding to Interactions). Here the
custom id has the kind of the form and its arguments, its fields have names, and a cog registers
the handler of each kind.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui
from discord.ext import commands

from bot.core import limits
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.services import Services
from cogs.ui.deadline import claim_answer
from cogs.ui.errors import report_error
from cogs.ui.permission_checks import handle_checked

__all__ = ["FormHandler", "Forms", "SubmittedForm", "Upload", "make_text_field", "show_form"]

#: The kind and the arguments of the form, separated by colons; at most ``limits.CUSTOM_ID``
#: characters together.
_CUSTOM_ID = re.compile(r"salon:form:(?P<kind>[a-z-]+)(?P<arguments>(?::[^:]*)*)", re.DOTALL)
_OUTDATED = gettext_noop("This form is out of date. Please open it again.")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded in a form; ``size`` in bytes."""

    filename: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """What was entered in a form, by the names of its fields.

    ``arguments``: those of :func:`show_form`. ``bots``: the ids of chosen users that are apps.
    """

    arguments: tuple[str, ...]
    texts: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[Upload, ...]]
    bots: frozenset[int] = frozenset()

    @property
    def number(self) -> int:
        """The first argument, where it is a number."""
        return int(self.arguments[0])


#: Gets the interaction that submitted a form, and what was entered.
FormHandler = Callable[[discord.Interaction[Any], SubmittedForm], Awaitable[None]]


def make_text_field(
    name: str,
    label: str,
    value: str | None = None,
    *,
    most: int,
    required: bool = False,
    long: bool = False,
    description: str | None = None,
) -> ui.Label[Any]:
    """A text field for at most ``most`` characters (itself at most ``limits.FIELD_TEXT``).

    A label or description that is too long in some language is truncated.
    """
    assert most <= limits.FIELD_TEXT
    style = discord.TextStyle.paragraph if long else discord.TextStyle.short
    return ui.Label(
        text=truncate(label, limits.FIELD_LABEL),
        description=description and truncate(description, limits.FIELD_DESCRIPTION),
        component=ui.TextInput(
            custom_id=name,
            style=style,
            default=truncate(value or "", most),
            max_length=most,
            required=required,
        ),
    )


async def show_form(
    interaction: discord.Interaction[Any],
    kind: str,
    *arguments: int | str,
    title: str,
    fields: Iterable[ui.Item[Any]],
) -> None:
    """Answer with a form of 1 to 5 ``fields``; the handler of its kind gets what is entered.

    ``title`` is truncated to ``limits.MODAL_TITLE``. ``arguments`` contain no colon.
    """
    custom_id = ":".join(["salon:form", kind, *map(str, arguments)])
    assert len(custom_id) <= limits.CUSTOM_ID
    form = ui.Modal(title=truncate(title, limits.MODAL_TITLE), timeout=None, custom_id=custom_id)
    for field in fields:
        form.add_item(field)
    form.stop()  # Or discord.py would answer it, too.
    if await claim_answer(interaction):
        raise UserError(_("That took too long for a form to open. Please try again."))
    await interaction.response.send_modal(form)


class Forms(commands.Cog):
    """Calls the handler of a form's kind with what was entered in it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._handlers: dict[str, tuple[str, FormHandler]] = {}

    def register(self, kind: str, command: str, handler: FormHandler) -> None:
        """Have ``handler`` called for each form of a kind that is submitted.

        ``command``: the name of the command that one must be allowed to use to submit it.
        """
        assert kind not in self._handlers
        self._handlers[kind] = command, handler

    def get_form_commands(self) -> dict[str, str]:
        """The command of each kind of form."""
        return {kind: command for kind, (command, _handler) in self._handlers.items()}

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was submitted, perhaps one that was shown before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Mapping[str, Any] = interaction.data or {}
        found = _CUSTOM_ID.fullmatch(data["custom_id"])
        if found is None:
            return
        known = self._handlers.get(found["kind"])
        if known is None:
            await report_error(interaction, UserError(_(_OUTDATED)))
            return
        command, handler = known
        await handle_checked(
            interaction,
            self._services,
            command,
            lambda: handler(interaction, _parse_form(found["arguments"], data)),
        )


def _parse_form(arguments: str, data: Mapping[str, Any]) -> SubmittedForm:
    """docs: Receiving and Responding to Interactions › Modal Submit Data Structure."""
    files = (data.get("resolved") or {}).get("attachments", {})
    texts: dict[str, str] = {}
    choices: dict[str, tuple[str, ...]] = {}
    uploads: dict[str, tuple[Upload, ...]] = {}
    for label in data.get("components", ()):
        field = label.get("component") or {}
        name = field.get("custom_id", "")
        if field.get("type") == discord.ComponentType.file_upload.value:
            given = (files[one] for one in field.get("values") or () if one in files)
            uploads[name] = tuple(Upload(f["filename"], int(f["size"]), f["url"]) for f in given)
        elif "values" in field:
            choices[name] = tuple(field["values"] or ())
        else:
            texts[name] = str(field.get("value") or "")
    users: Mapping[str, Any] = (data.get("resolved") or {}).get("users", {})
    bots = frozenset(int(one) for one, user in users.items() if user.get("bot"))
    return SubmittedForm(tuple(arguments.split(":")[1:]), texts, choices, uploads, bots)
