"""Forms that outlive the process that showed them.

The library remembers the forms it showed and drops what is entered in any other, so after a
restart the admin would be told that the application did not respond (docs: Receiving and
Responding to Interactions). Here a form's id says what it is for, its fields have names of their
own, and what was entered goes to whoever takes forms of that kind.
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
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.services import Services
from cogs.ui.errors import report_error

__all__ = ["FormHandler", "Forms", "SubmittedForm", "Upload", "make_text_field", "show_form"]

#: A kind, and what else the form has to know, separated by colons; at most ``limits.CUSTOM_ID``
#: characters together.
_CUSTOM_ID = re.compile(r"salon:form:(?P<kind>[a-z-]+)(?P<arguments>(?::[^:]*)*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was given in a form; ``size`` in bytes."""

    filename: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """What was entered in a form.

    ``arguments``: what the form had to know; the rest by the names of its fields.
    """

    arguments: tuple[str, ...]
    texts: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[Upload, ...]]

    @property
    def number(self) -> int:
        """The first argument, of forms that belong to something with a number."""
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
    """A field for text of at most ``most`` characters (``limits.FIELD_TEXT`` at most)."""
    assert most <= limits.FIELD_TEXT
    assert len(label) <= limits.FIELD_LABEL
    assert len(description or "") <= limits.FIELD_DESCRIPTION
    style = discord.TextStyle.paragraph if long else discord.TextStyle.short
    return ui.Label(
        text=label,
        description=description,
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
    """Answer with a form of 1 to 5 ``fields``; who takes its kind gets what is entered.

    ``title``: at most ``limits.MODAL_TITLE`` characters. ``arguments`` contain no colon.
    """
    custom_id = ":".join(["salon:form", kind, *map(str, arguments)])
    assert len(title) <= limits.MODAL_TITLE
    assert len(custom_id) <= limits.CUSTOM_ID
    form = ui.Modal(title=title, timeout=None, custom_id=custom_id)
    for field in fields:
        form.add_item(field)
    form.stop()  # The library is not to remember it: it would be one of two that answer.
    await interaction.response.send_modal(form)


class Forms(commands.Cog):
    """Calls the handler of a form's kind with what was entered in it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._handlers: dict[str, FormHandler] = {}

    def register(self, kind: str, handler: FormHandler) -> None:
        """Have ``handler`` called for each form of a kind that is submitted."""
        assert kind not in self._handlers
        self._handlers[kind] = handler

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was sent in, perhaps one that was shown before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Mapping[str, Any] = interaction.data or {}
        found = _CUSTOM_ID.fullmatch(data["custom_id"])
        if found is None:
            return
        with self._services.active_work.track():
            try:
                handler = self._handlers.get(found["kind"])
                if handler is None:
                    raise UserError("This form is of another version of mine: open it anew.")
                await handler(interaction, _parse_form(found["arguments"], data))
            except Exception as error:  # noqa: BLE001 - handed to the one place of errors
                await report_error(interaction, error)


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
    return SubmittedForm(tuple(arguments.split(":")[1:]), texts, choices, uploads)
