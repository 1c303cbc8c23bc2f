"""The panel of ``/prompts list``: one essay's prompts, and buttons that edit, skip or send one.

The panel is a view of rows. The custom id of each control has the essay and the prompt that are
chosen, so that it works after a restart; what is shown is looked up again each time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord
from discord import ui

from bot.clock import to_milliseconds
from bot.core import limits
from bot.core.prompts.policy import PromptKind
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.titles import escape_title, shorten_title
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate_lines
from bot.errors import UserError
from bot.prompting.dispatch import send_planned_now
from bot.prompting.edit_prompt import edit_prompt
from bot.prompting.forecast import Forecast, forecast, forecast_all
from bot.services import Services
from cogs.prompts import wording
from cogs.prompts.essay_states import refuse_unless_open
from cogs.ui.base_cog import get_server
from cogs.ui.deadline import acknowledge
from cogs.ui.forms import SubmittedForm, make_text_field, show_form
from cogs.ui.local_time import describe_local_time
from cogs.ui.named_essay_or_prompt import choose_essay, choose_prompt
from cogs.ui.persistent_controls import make_control_class
from cogs.ui.responses import show, update
from storage.db.writer import Transaction
from storage.prompts import listings, pauses, prompts
from storage.prompts.listings import EssayChoice, PastPrompt
from storage.prompts.prompts import Prompt
from storage.servers import settings as settings_module
from storage.servers.audit_log import record_action
from storage.servers.settings import ServerSettings

__all__ = ["FORM", "ListPanel"]

#: The kind of the form that edits a prompt.
FORM = "prompt"

_CUSTOM_ID = re.compile(r"salon:prompts:(?P<what>[a-z]+):(?P<essay>[0-9]+):(?P<prompt>[0-9]+)")
#: Options of a select (docs: Component Reference › String Select): the essays, and the prompts and
#: nudges of one.
_MAX_ESSAYS, _MAX_UPCOMING, _MAX_NUDGES = 25, 20, 5
_MAX_PAST, _MAX_PAST_DIGESTS = 10, 2
#: UTF-16 units of each list, together with headings fewer than a message of components may have.
_UPCOMING_UNITS, _NUDGE_UNITS, _PAST_UNITS, _DIGEST_UNITS = 1800, 500, 900, 300


@dataclass(frozen=True)
class _Shown:
    """What the panel shows, from one read.

    ``essays``: those with prompts to come, as many as can be listed, and the chosen one; ``more``
    and ``more_nudges``: how many of it aren't shown; ``digest``: the planned one.
    """

    essays: Sequence[EssayChoice]
    has_more_essays: bool
    essay: EssayChoice | None
    chosen: Prompt | None
    upcoming: Sequence[tuple[Prompt, Forecast]]
    nudges: Sequence[tuple[Prompt, Forecast]]
    more: int
    more_nudges: int
    past: Sequence[PastPrompt]
    digest: tuple[Prompt, Forecast] | None
    past_digests: Sequence[PastPrompt]
    settings: ServerSettings
    is_paused: bool


class ListPanel:
    """Shows the panel and handles its controls.

    ``control_class``: of its buttons and selects; the cog registers it with the bot.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.control_class = make_control_class(
            _CUSTOM_ID, "prompts", services, self.handle_control
        )

    async def make_view(
        self,
        interaction: discord.Interaction[Any],
        essay: str | None = None,
        prompt_id: int = 0,
        notice: str = "",
    ) -> ui.LayoutView:
        """The panel with an essay (None: the one with the next prompt) and a prompt chosen.

        ``notice``: what was done, or why it wasn't; shown above the list.
        """
        server, now = get_server(interaction), self._services.clock.now()
        shown = await self._services.database.read(
            lambda tx: _look(tx, server.id, essay, prompt_id, now)
        )
        return self._make_view(shown, server.id, notice)

    def _make_view(self, shown: _Shown, server_id: int, notice: str) -> ui.LayoutView:
        view = ui.LayoutView(timeout=None)
        heading = [_("## Prompts")]
        if notice:
            heading.append(notice)
        if shown.is_paused:
            heading.append(_("**Prompts are paused.** `/prompts resume` continues them."))
        view.add_item(ui.TextDisplay("\n".join(heading)))
        if shown.essay is not None:
            self._add_essay(view, shown, shown.essay, server_id)
        else:
            view.add_item(
                ui.TextDisplay(
                    _(
                        "No prompts are planned. Publishing an essay plans some, and so does "
                        "`/prompts add`."
                    )
                )
            )
            self._add_past(view, shown, server_id)
        digests = [
            wording.format_past(one, server_id, shown.settings) for one in shown.past_digests
        ]
        if shown.digest is not None:
            digests.insert(0, wording.format_upcoming(*shown.digest, shown.settings))
        if digests:
            lines = truncate_lines(digests, _DIGEST_UNITS)
            view.add_item(ui.TextDisplay("\n".join([_("**Weekly digest**"), lines])))
        zone = _("-# Times are in {zone}.", zone=shown.settings.zone_name)
        view.add_item(ui.TextDisplay(zone))
        return view

    def _add_essay(
        self, view: ui.LayoutView, shown: _Shown, essay: EssayChoice, server_id: int
    ) -> None:
        if len(shown.essays) > 1:
            view.add_item(self._make_essay_select(shown.essays, essay))
        if shown.has_more_essays:
            view.add_item(
                ui.TextDisplay(_("-# To see the prompts of another essay, name it in the command."))
            )
        box: ui.Container[Any] = ui.Container()
        heading = f"**{escape_title(essay.title)}**"
        upcoming = [wording.format_upcoming(*one, shown.settings) for one in shown.upcoming]
        if not upcoming:
            upcoming = [_("No prompts are planned for this essay.")]
        text = [heading, truncate_lines(upcoming, _UPCOMING_UNITS)]
        if shown.more:
            text.append(wording.count_more_prompts(shown.more))
        box.add_item(ui.TextDisplay("\n".join(text)))
        if shown.nudges:
            nudges = [wording.format_upcoming(*one, shown.settings) for one in shown.nudges]
            text = [_("**Nudges**"), truncate_lines(nudges, _NUDGE_UNITS)]
            if shown.more_nudges:
                text.append(wording.count_more_nudges(shown.more_nudges))
            box.add_item(ui.TextDisplay("\n".join(text)))
        choices = [one for one in (*shown.upcoming, *shown.nudges) if one[0].state == "planned"]
        if choices:
            box.add_item(self._make_prompt_select(essay, shown, choices))
        if shown.chosen is not None:
            box.add_item(self._make_buttons(essay, shown.chosen))
        view.add_item(box)
        self._add_past(view, shown, server_id)

    def _add_past(self, view: ui.LayoutView, shown: _Shown, server_id: int) -> None:
        if shown.past:
            titles = shown.essay is None
            lines = [
                wording.format_past(one, server_id, shown.settings, with_title=titles)
                for one in shown.past
            ]
            text = "\n".join([_("**Recent**"), truncate_lines(lines, _PAST_UNITS)])
            view.add_item(ui.TextDisplay(text))

    def _make_essay_select(
        self, essays: Sequence[EssayChoice], chosen: EssayChoice
    ) -> ui.ActionRow[Any]:
        select: ui.Select[Any] = ui.Select(custom_id=_make_custom_id("essay", 0, 0))
        for essay in essays:
            select.add_option(
                label=shorten_title(f"{essay.id}: {essay.title}", limits.CHOICE),
                value=str(essay.id),
                default=essay.id == chosen.id,
            )
        return ui.ActionRow(self.control_class(select))

    def _make_prompt_select(
        self,
        essay: EssayChoice,
        shown: _Shown,
        choices: Sequence[tuple[Prompt, Forecast]],
    ) -> ui.ActionRow[Any]:
        select: ui.Select[Any] = ui.Select(
            custom_id=_make_custom_id("choose", essay.id, 0),
            placeholder=_("Choose a prompt to edit, skip or send it"),
        )
        for prompt, expected in choices:
            label = wording.format_choice(prompt, expected, shown.settings)
            select.add_option(
                label=shorten_title(label, limits.CHOICE),
                value=str(prompt.id),
                description=_("Prompt {number}", number=prompt.id),
                default=shown.chosen is not None and prompt.id == shown.chosen.id,
            )
        return ui.ActionRow(self.control_class(select))

    def _make_buttons(self, essay: EssayChoice, prompt: Prompt) -> ui.ActionRow[Any]:
        row: ui.ActionRow[Any] = ui.ActionRow()
        labels = [("skip", _("Skip")), ("now", _("Send now"))]
        if prompt.kind is PromptKind.STEP:
            labels.insert(0, ("edit", _("Edit …")))
        for what, label in labels:
            custom_id = _make_custom_id(what, essay.id, prompt.id)
            row.add_item(self.control_class(ui.Button(label=label, custom_id=custom_id)))
        return row

    # -- controls -------------------------------------------------------------------------------

    async def handle_control(
        self,
        interaction: discord.Interaction[Any],
        match: re.Match[str],
        values: Sequence[str],
    ) -> None:
        """Handle a select or a button, and show the panel again."""
        what, essay_id, prompt_id = match["what"], int(match["essay"]), int(match["prompt"])
        notice = ""
        match what:
            case "essay":
                essay_id, prompt_id = int(values[0]), 0
            case "choose":
                prompt_id = int(values[0])
            case "edit":
                prompt = await self._find_prompt(interaction, prompt_id)
                if await self._show_form(interaction, essay_id, prompt):
                    return
                notice = f"⚠️ {wording.describe_unchangeable(prompt)}"
            case "skip" | "now":
                notice = await self._change(interaction, prompt_id, what)
            case _other:
                raise UserError(_("This list is out of date. Run `/prompts list` again."))
        await update(
            interaction, await self.make_view(interaction, str(essay_id), prompt_id, notice)
        )

    async def handle_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Save what was entered in the form, and show the panel again."""
        prompt_id, essay_id = (int(one) for one in entered.arguments)
        texts = {name: text.strip() for name, text in entered.texts.items()}

        async def edit(tx: Transaction, prompt: Prompt, now: datetime) -> str:
            before = await _make_form_texts(tx, prompt)
            new = {name: None if text == before[name] else text for name, text in texts.items()}
            if not await edit_prompt(
                tx,
                prompt,
                when=new["when"],
                what=new["what"],
                condition=new["condition"],
                force=None,
                now=now,
            ):
                raise UserError(wording.describe_unchangeable(prompt))
            changed = await prompts.find_prompt(tx, prompt.id)
            assert changed is not None
            essay = await choose_essay(tx, prompt.server_id, str(prompt.discussion_id))
            settings = await settings_module.get_settings(tx, prompt.server_id)
            return wording.describe_planned(
                changed, essay.title, settings, await forecast(tx, changed, now, settings=settings)
            )

        try:
            action = make_coded("did-change-prompt", number=prompt_id)
            notice = await self._write(interaction, prompt_id, action, edit)
        except UserError as error:
            # A form can't be shown again with what was entered, so that is given back.
            echo = _(
                "You entered: {text}", text=" · ".join(text for text in texts.values() if text)
            )
            raise UserError(f"{error}\n{echo}") from error
        await acknowledge(interaction)
        await show(
            interaction, await self.make_view(interaction, str(essay_id), prompt_id, f"✅ {notice}")
        )

    async def _find_prompt(self, interaction: discord.Interaction[Any], prompt_id: int) -> Prompt:
        server_id = get_server(interaction).id
        return await self._services.database.read(
            lambda tx: choose_prompt(tx, server_id, str(prompt_id))
        )

    async def _show_form(
        self, interaction: discord.Interaction[Any], essay_id: int, prompt: Prompt
    ) -> bool:
        """Show the form that edits a prompt; False if it can't be changed any more."""
        if prompt.state != "planned" or prompt.kind is not PromptKind.STEP:
            return False
        texts = await self._services.database.read(lambda tx: _make_form_texts(tx, prompt))
        settings = await self._services.database.read(
            lambda tx: settings_module.get_settings(tx, prompt.server_id)
        )
        fields = [
            make_text_field(
                "when",
                _("When"),
                texts["when"],
                most=100,
                required=True,
                description=describe_local_time(settings, self._services.clock.now()),
            ),
            make_text_field(
                "what",
                _("What"),
                texts["what"],
                most=1600,
                required=True,
                long=True,
                description=_("“next question”, “question 2”, “poll: q | a | b” or your words"),
            ),
            make_text_field(
                "condition",
                _("Condition"),
                texts["condition"],
                most=100,
                description=_("“if quiet for 24 hours”, “if fewer than 5 replies”, “always”"),
            ),
        ]
        await show_form(
            interaction, FORM, prompt.id, essay_id, title=_("Edit the prompt"), fields=fields
        )
        return True

    async def _change(
        self, interaction: discord.Interaction[Any], prompt_id: int, what: str
    ) -> str:
        """Skip a prompt or send it now; what was done, or why it wasn't."""
        by = escape_title(interaction.user.display_name)

        async def skip(tx: Transaction, prompt: Prompt, now: datetime) -> str:
            if not await prompts.skip(
                tx,
                prompt_id=prompt.id,
                reason=make_coded("cancelled", member=by, member_id=interaction.user.id),
                now_ms=to_milliseconds(now),
            ):
                raise UserError(wording.describe_unchangeable(prompt))
            return _("The prompt is skipped.")

        async def send(tx: Transaction, prompt: Prompt, now: datetime) -> str:
            if prompt.kind is PromptKind.NUDGE:
                return await _send_nudge_now(tx, prompt, now)
            essay = await choose_essay(tx, prompt.server_id, str(prompt.discussion_id))
            refuse_unless_open(essay)
            failure = await send_planned_now(tx, prompt.id, now)
            if failure is not None:
                raise UserError(_("Nothing was sent: {reason}.", reason=failure.reason))
            sent = await prompts.find_prompt(tx, prompt.id)
            assert sent is not None
            return wording.describe_sent_now(sent, essay.title)

        try:
            if what == "skip":
                action = make_coded("did-cancel-prompt", number=prompt_id)
                done = await self._write(interaction, prompt_id, action, skip)
            else:
                action = make_coded("did-send-prompt", number=prompt_id)
                done = await self._write(interaction, prompt_id, action, send)
        except UserError as error:
            return f"⚠️ {error}"
        return f"✅ {done}"

    async def _write(
        self,
        interaction: discord.Interaction[Any],
        prompt_id: int,
        action: CodedText,
        work: Callable[[Transaction, Prompt, datetime], Awaitable[str]],
    ) -> str:
        """Do ``work`` with a planned prompt, and write ``action`` to the audit log."""
        server, now = get_server(interaction), self._services.clock.now()

        async def write(tx: Transaction) -> str:
            prompt = await choose_prompt(tx, server.id, str(prompt_id))
            if prompt.state != "planned" or prompt.discussion_id is None:
                raise UserError(wording.describe_unchangeable(prompt))
            done = await work(tx, prompt, now)
            await record_action(
                tx,
                server_id=server.id,
                discussion_id=prompt.discussion_id,
                member_id=interaction.user.id,
                member_name=interaction.user.display_name,
                action=action,
                now_ms=to_milliseconds(now),
            )
            return done

        done = await self._services.database.write(write)
        self._services.scheduler.wake()
        return done


async def _look(
    tx: Transaction, server_id: int, entered: str | None, prompt_id: int, now: datetime
) -> _Shown:
    """Everything that the panel shows. UserError if the server has no such essay."""
    settings = await settings_module.get_settings(tx, server_id)
    essays = list(await listings.get_essays_with_prompts(tx, server_id, _MAX_ESSAYS + 1))
    has_more_essays = len(essays) > _MAX_ESSAYS
    essays = essays[:_MAX_ESSAYS]
    essay = essays[0] if essays else None
    if entered is not None:
        essay = await choose_essay(tx, server_id, entered)
        if essay.id not in {one.id for one in essays}:
            essays = [essay, *essays[: _MAX_ESSAYS - 1]]
    upcoming: Sequence[Prompt] = ()
    nudges: Sequence[Prompt] = ()
    total = total_nudges = 0
    if essay is not None:
        upcoming, total = await listings.get_upcoming(tx, essay.id, _MAX_UPCOMING)
        nudges, total_nudges = await listings.get_upcoming(tx, essay.id, _MAX_NUDGES, nudges=True)
    digest = await listings.get_upcoming_digest(tx, server_id)
    paused = await pauses.get_paused_discussions(tx, server_id)
    essay_id = None if essay is None else essay.id
    forecasts = await forecast_all(tx, upcoming, now, settings=settings)
    return _Shown(
        essays=essays,
        has_more_essays=has_more_essays,
        essay=essay,
        chosen=next(
            (one for one in (*upcoming, *nudges) if one.id == prompt_id and one.state == "planned"),
            None,
        ),
        upcoming=list(zip(upcoming, forecasts, strict=True)),
        nudges=[(one, await forecast(tx, one, now, settings=settings)) for one in nudges],
        more=total - len(upcoming),
        more_nudges=total_nudges - len(nudges),
        past=await listings.get_past(tx, server_id, essay_id, _MAX_PAST),
        digest=None
        if digest is None
        else (digest, await forecast(tx, digest, now, settings=settings)),
        past_digests=[]
        if essay is None
        else await listings.get_past_digests(tx, server_id, _MAX_PAST_DIGESTS),
        settings=settings,
        is_paused=settings.paused or essay_id in paused,
    )


async def _make_form_texts(tx: Transaction, prompt: Prompt) -> dict[str, str]:
    """What the form's fields contain when it is shown."""
    settings = await settings_module.get_settings(tx, prompt.server_id)
    local = prompt.planned_for.astimezone(settings.zone)
    return {
        "when": f"{local:%Y-%m-%d %H:%M}",
        "what": prompt.content,
        "condition": prompt.condition or "always",
    }


async def _send_nudge_now(tx: Transaction, prompt: Prompt, now: datetime) -> str:
    """Make a nudge due now, unless the policy would keep it from being sent."""
    await prompts.reschedule(tx, prompt.id, at=now, local_at=None)
    due = await prompts.find_prompt(tx, prompt.id)
    assert due is not None
    expected = await forecast(tx, due, now)
    if expected.obstacle:
        raise UserError(_("Nothing was sent. {reason}", reason=expected.obstacle))
    return _("The nudge goes out now.")


def _make_custom_id(what: str, essay_id: int, prompt_id: int) -> str:
    return f"salon:prompts:{what}:{essay_id}:{prompt_id}"
