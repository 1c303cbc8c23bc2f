"""Starting interactions: commands, components, autocomplete and modals that members use.

docs: Interactions › Receiving and Responding to Interactions › Interaction Object.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from bot.emulator import payloads
from bot.emulator.rules import commands, modals
from bot.emulator.rules.access import get_channel, require_unarchived
from bot.emulator.rules.command_access import can_use_command, is_usable_in_dm, read_options
from bot.emulator.rules.components import BUTTON, SELECTS, STRING_SELECT, find
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.file_types import detect_type, is_of_types
from bot.emulator.rules.json_form import Form, form_error, read_id
from bot.emulator.rules.uploads import IS_ANIMATED, MAX_FILE, Upload, file_name
from bot.emulator.world.events import InteractionCreated, InteractionReceived
from bot.emulator.world.models import (
    Application,
    Attachment,
    Channel,
    Command,
    Guild,
    Interaction,
    Message,
    User,
)
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["AUTOCOMPLETE", "COMMAND", "COMPONENT", "MODAL", "start"]

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_USERS, _MESSAGES = 2, 3


def start(world: World, member: User, form: Form, uploads: list[Upload]) -> Interaction:
    """Start the interaction that a member's client requested; it now waits for a response.

    Commands can't be used in an archived thread (50083). docs: Threads › Active & Archived Threads.

    Raises an error if the command, component or modal doesn't exist (10063, 10008, 50035), the
    member may not use it (50013), or its values are invalid (50035).
    """
    if any(len(upload.content) > MAX_FILE for upload in uploads):
        raise api_error(40005)
    kind = form.choice("type", (COMMAND, COMPONENT, AUTOCOMPLETE, MODAL), required=True)
    application_id = form.snowflake("application_id")
    channel_id = form.snowflake("channel_id", required=True)
    data = form.form("data", required=True)
    form.check()
    assert data is not None
    channel = get_channel(world, member, channel_id or 0)
    application = world.applications.get(application_id or world.application.id)
    if application is None:
        raise api_error(10002)
    if channel.guild_id is not None and not world.member(channel.guild_id, application.bot_id):
        raise api_error(10002)
    context = _Context(world, member, channel, application, uploads)
    if kind in {COMMAND, AUTOCOMPLETE}:
        require_unarchived(channel)
        interaction = context.run(data, partial=kind == AUTOCOMPLETE)
    elif kind == COMPONENT:
        interaction = context.press(form, data)
    else:
        interaction = context.submit(data)
    nonce = form.body.get("nonce")
    interaction.nonce = str(nonce) if nonce is not None else None
    world.interactions[interaction.id] = interaction
    world.emit(InteractionReceived(interaction))
    world.emit(InteractionCreated(interaction))
    return interaction


class _Context:
    """Who interacts with which application in which channel, with which files."""

    def __init__(
        self,
        world: World,
        member: User,
        channel: Channel,
        application: Application,
        uploads: list[Upload],
    ) -> None:
        self.world = world
        self.member = member
        self.channel = channel
        self.application = application
        self.uploads = {str(upload.number): upload for upload in uploads}
        self.guild: Guild | None = world.guilds.get(channel.guild_id or 0)

    def run(self, data: Form, *, partial: bool) -> Interaction:
        """Run a command, or request choices for one of its options.

        An age-restricted command needs such a channel; a user command needs permission to write.
        docs: Application Commands › Using Age-Restricted Commands, User Commands.
        """
        command = self._command(data)
        bits = self.world.permissions(self.member.id, self.channel.id)
        place = self.world.permission_channel(self.channel)
        if self.guild is None:
            usable = is_usable_in_dm(command)
        else:
            usable = can_use_command(command, self.guild, self.member.id, bits, place.id)
            usable = usable and (place.nsfw or not command.body.get("nsfw"))
        if not usable or (command.type == _USERS and not bits & self._writing):
            raise api_error(50013)
        shown: dict[str, Any] = {
            "id": str(command.id),
            "name": command.name,
            "type": command.type,
        }
        if command.guild_id is not None:
            shown["guild_id"] = str(command.guild_id)
        resolved: dict[str, dict[str, Any]] = {}
        if command.type == commands.CHAT_INPUT:
            declared = command.body.get("options") or []
            where = self.guild.id if self.guild is not None else None
            options = read_options(self.world, where, declared, data, partial=partial)
            if partial and not _focused(options):
                data.add_error("options", "BASE_TYPE_REQUIRED", "One option has to be focused.")
            self._resolve_options(options, declared, resolved, data)
            data.check()
            shown["options"] = options
        else:
            self._target(command, data, shown, resolved)
        if resolved:
            shown["resolved"] = resolved
        return self._make(AUTOCOMPLETE if partial else COMMAND, shown)

    @property
    def _writing(self) -> Permission:
        """The permission to write here. docs: Threads › Permissions."""
        in_thread = self.channel.thread is not None
        return Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES

    def _command(self, data: Form) -> Command:
        """The command, by its id, or by name and type if the client sent no id."""
        wanted = data.snowflake("id")
        name = data.string("name", most=32)
        kind = data.integer("type") or commands.CHAT_INPUT
        version = data.snowflake("version")
        data.check()
        where = self.guild.id if self.guild is not None else None
        for command in self.world.commands.values():
            if command.application_id != self.application.id:
                continue
            if command.guild_id not in {None, where}:
                continue
            if command.id == wanted or (
                wanted is None and (command.name, command.type) == (name, kind)
            ):
                break
        else:
            raise api_error(10063)
        if version is not None and version != command.version:
            raise form_error(
                "data.version",
                "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION",
                "This command is outdated, please try again in a few minutes",
            )
        return command

    def _target(
        self,
        command: Command,
        data: Form,
        shown: dict[str, Any],
        resolved: dict[str, dict[str, Any]],
    ) -> None:
        """docs: Application Commands › User Commands, Message Commands."""
        target = data.snowflake("target_id", required=True) or 0
        data.check()
        shown["target_id"] = str(target)
        if command.type == _USERS:
            self._resolve_user(target, resolved)
            if not resolved:
                raise api_error(10013)
            return
        message = self.world.message(self.channel.id, target)
        if message is None:
            raise api_error(10008)
        resolved["messages"] = {str(target): payloads.message(self.world, message)}

    def press(self, form: Form, data: Form) -> Interaction:
        """Press a button or choose in a select; it must exist and be enabled."""
        message_id = form.snowflake("message_id", required=True) or 0
        custom_id = data.string("custom_id", least=1, most=100, required=True, strip=False)
        form.check()
        message = self._get_pressable(message_id)
        component = find(message.components, custom_id or "")
        if component is None or component["type"] not in {BUTTON, *SELECTS}:
            raise form_error("data.custom_id", "COMPONENT_VALIDATION_FAILED", "Unknown component")
        if component.get("disabled"):
            raise form_error("data.custom_id", "COMPONENT_VALIDATION_FAILED", "It is disabled")
        kind = component["type"]
        given = data.integer("component_type")
        if given is not None and given != kind:
            data.add_error(
                "component_type", "BASE_TYPE_CHOICES", f"The component is of type {kind}."
            )
        shown: dict[str, Any] = {
            "custom_id": custom_id,
            "component_type": kind,
            "id": component["id"],
        }
        if kind in SELECTS:
            shown["values"] = self._chosen(component, data)
            resolved: dict[str, dict[str, Any]] = {}
            if kind != STRING_SELECT:
                for value in shown["values"]:
                    self._resolve_any(int(value), resolved)
                shown["resolved"] = resolved
        data.check()
        interaction = self._make(COMPONENT, shown, message)
        interaction.source_message_id = message.id
        return interaction

    def _get_pressable(self, message_id: int) -> Message:
        message = self.world.messages.get(message_id)
        if message is None or message.deleted or message.channel_id != self.channel.id:
            raise api_error(10008)
        if message.ephemeral_to not in {None, self.member.id}:
            raise api_error(10008)
        if message.application_id not in {None, self.application.id} or (
            message.author_id != self.application.bot_id
        ):
            raise api_error(10008)
        return message

    def _chosen(self, component: dict[str, Any], data: Form) -> list[str]:
        values = [str(value) for value in data.items("values", most=25)]
        if not component["min_values"] <= len(values) <= component["max_values"]:
            data.add_error("values", "BASE_TYPE_BAD_LENGTH", "Too few or too many values.")
        if component["type"] == STRING_SELECT:
            known = {option["value"] for option in component["options"]}
            if not set(values) <= known:
                data.add_error("values", "BASE_TYPE_CHOICES", "A value is none of the options.")
        elif not all(read_id(value) for value in values):
            data.add_error("values", "NUMBER_TYPE_COERCE", "The values have to be ids.")
        data.check()
        return values

    def submit(self, data: Form) -> Interaction:
        """Submit a modal that was shown to this member and not submitted yet."""
        custom_id = data.string("custom_id", least=1, most=100, required=True, strip=False)
        shown_by = data.snowflake("id")
        data.check()
        opened = self._opened(custom_id or "", shown_by)
        if opened is None or opened.modal is None:
            raise form_error("data.custom_id", "MODAL_UNKNOWN", "This modal was not shown.")
        shape, fields = modals.read_submission(opened.modal, data)
        resolved: dict[str, dict[str, Any]] = {}
        for field in fields:
            self._resolve_field(opened.modal, field, resolved, data)
        data.check()
        opened.modal = None
        shown: dict[str, Any] = {"custom_id": custom_id, "components": shape}
        if resolved:
            shown["resolved"] = resolved
        message = self.world.messages.get(opened.source_message_id or 0)
        interaction = self._make(MODAL, shown, message)
        interaction.source_message_id = opened.source_message_id
        interaction.triggered_by = opened.id
        return interaction

    def _opened(self, custom_id: str, shown_by: int | None) -> Interaction | None:
        for one in reversed(self.world.interactions.values()):
            if one.member_id != self.member.id or one.application_id != self.application.id:
                continue
            shown = one.modal is not None and one.modal["custom_id"] == custom_id
            if shown and shown_by in {None, one.id}:
                return one
        return None

    def _resolve_field(
        self,
        modal: dict[str, Any],
        field: dict[str, Any],
        resolved: dict[str, dict[str, Any]],
        data: Form,
    ) -> None:
        if field["type"] == 19:
            asked = find(modal["components"], field["custom_id"]) or {}
            types = asked.get("file_types") or []
            field["values"] = [self._upload(one, resolved, data, types) for one in field["values"]]
        elif field["type"] in SELECTS and field["type"] != STRING_SELECT:
            for value in field["values"]:
                self._resolve_any(read_id(value) or 0, resolved)

    def _resolve_options(
        self,
        options: list[dict[str, Any]],
        declared: list[dict[str, Any]],
        resolved: dict[str, dict[str, Any]],
        data: Form,
    ) -> None:
        """docs: Interaction Object › Resolved Data Structure."""
        by_name = {option["name"]: option for option in declared}
        for option in options:
            known = by_name[option["name"]]
            if "options" in option:
                inner = known.get("options") or []
                self._resolve_options(option["options"], inner, resolved, data)
            elif option["type"] == 11 and not option.get("focused"):
                types = known.get("file_types") or []
                option["value"] = self._upload(option["value"], resolved, data, types)
            elif option["type"] in {6, 7, 8, 9}:
                self._resolve_any(read_id(option["value"]) or 0, resolved)
            elif option["type"] == 3 and isinstance(option["value"], str):
                for found in re.findall(r"<@!?(\d{1,19})>", option["value"]):
                    self._resolve_user(int(found), resolved)

    def _resolve_any(self, one: int, resolved: dict[str, dict[str, Any]]) -> None:
        channel = self.world.channels.get(one)
        if channel is not None and self.guild is not None and channel.guild_id == self.guild.id:
            resolved.setdefault("channels", {})[str(one)] = self._partial_channel(channel)
        elif self.guild is not None and one in self.guild.roles:
            role = payloads.role(self.guild.roles[one])
            resolved.setdefault("roles", {})[str(one)] = role
        else:
            self._resolve_user(one, resolved)

    def _resolve_user(self, one: int, resolved: dict[str, dict[str, Any]]) -> None:
        user = self.world.users.get(one)
        if user is None:
            return
        resolved.setdefault("users", {})[str(one)] = payloads.user(user)
        belongs = self.guild.members.get(one) if self.guild is not None else None
        if belongs is not None and self.guild is not None:
            bits = self.world.guild_permissions(one, self.guild.id)
            data = {**payloads.member_fields(belongs), "permissions": str(bits)}
            resolved.setdefault("members", {})[str(one)] = data

    def _upload(
        self, value: str, resolved: dict[str, dict[str, Any]], data: Form, types: list[str]
    ) -> str:
        """Store an uploaded file, by its number in ``files[n]``; its attachment id.

        ``types`` are the ``file_types`` that its option or field takes.
        """
        upload = self.uploads.get(str(value))
        if upload is None:
            data.add_error("attachments", "UNKNOWN_ATTACHMENT", f"There is no file number {value}.")
            return value
        if not is_of_types(upload.filename, types):
            wanted = ", ".join(types)
            data.add_error("attachments", "BASE_TYPE_CHOICES", f"The file must be one of {wanted}.")
            return value
        kind = detect_type(upload.filename, upload.content)
        record = Attachment(
            id=self.world.new_id(),
            channel_id=self.channel.id,
            filename=file_name(upload.filename),
            size=len(upload.content),
            content_type=kind.content_type,
            width=kind.width,
            height=kind.height,
            flags=IS_ANIMATED * kind.animated,
            ephemeral=True,
        )
        self.world.files.put(record.id, upload.content)
        shown = payloads.attachment(self.world, record)
        resolved.setdefault("attachments", {})[str(record.id)] = shown
        return str(record.id)

    def _partial_channel(self, channel: Channel) -> dict[str, Any]:
        """docs: Interactions › Resolved Data Structure (``app_permissions`` since July 2026)."""
        bits = self.world.permissions(self.member.id, channel.id)
        bot_bits = self.world.permissions(self.application.bot_id, channel.id)
        return {
            **payloads.channel(self.world, channel),
            "permissions": str(bits),
            "app_permissions": str(bot_bits),
        }

    def _make(self, kind: int, data: dict[str, Any], message: Message | None = None) -> Interaction:
        """The interaction record with its INTERACTION_CREATE payload.

        docs: Interaction Object.
        """
        world, interaction_id = self.world, self.world.new_id()
        token = secrets.token_urlsafe(96)
        bot_bits = world.permissions(self.application.bot_id, self.channel.id)
        payload: dict[str, Any] = {
            "id": str(interaction_id),
            "application_id": str(self.application.id),
            "type": kind,
            "token": token,
            "version": 1,
            "data": data,
            "channel_id": str(self.channel.id),
            "channel": self._partial_channel(self.channel),
            "locale": self.member.locale,
            "app_permissions": str(bot_bits),
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": {"0": str(self.channel.guild_id or 0)},
            "context": 0 if self.guild is not None else 1,
            "attachment_size_limit": MAX_FILE,
        }
        if self.guild is not None:
            bits = world.permissions(self.member.id, self.channel.id)
            payload |= {
                "guild_id": str(self.guild.id),
                "guild": {
                    "id": str(self.guild.id),
                    "locale": self.guild.preferred_locale,
                    "features": self.guild.features,
                },
                "guild_locale": self.guild.preferred_locale,
                "member": {
                    **payloads.member(world, self.guild, self.member.id),
                    "permissions": str(bits),
                },
            }
        else:
            payload["user"] = payloads.user(self.member)
        if message is not None:
            payload["message"] = payloads.message(world, message)
        return Interaction(
            id=interaction_id,
            application_id=self.application.id,
            type=kind,
            token=token,
            member_id=self.member.id,
            channel_id=self.channel.id,
            guild_id=self.channel.guild_id,
            created_at=world.now(),
            payload=payload,
        )


def _focused(options: list[dict[str, Any]]) -> bool:
    return any(o.get("focused") or _focused(o.get("options", [])) for o in options)
