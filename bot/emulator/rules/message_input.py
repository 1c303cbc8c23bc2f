"""Reading the fields of a new or edited message into a validated draft.

docs: Message Resource › Create Message, Edit Message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.emulator.rules.components import IS_COMPONENTS_V2, read_message_components
from bot.emulator.rules.embeds import read_embeds
from bot.emulator.rules.emojis import is_unicode_emoji
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form, read_id
from bot.emulator.rules.mentions import AllowedMentions, read_allowed_mentions
from bot.emulator.rules.stickers import MAX_IN_MESSAGE
from bot.emulator.rules.uploads import MAX_FILE, Upload

__all__ = [
    "CREATE",
    "EDIT",
    "EPHEMERAL",
    "EXECUTE",
    "SILENT",
    "STARTER",
    "SUPPRESS_EMBEDS",
    "AttachmentData",
    "Draft",
    "read_draft",
]

EDIT = frozenset({"content", "embeds", "components", "flags", "allowed_mentions", "attachments"})
"""The fields of an edit. docs: Message Resource › Edit Message."""
EXECUTE = EDIT | {"tts", "poll"}
"""docs: Webhook Resource › Execute Webhook; Interaction Callback Data Structure › Messages."""
STARTER = EDIT | {"sticker_ids", "poll"}
"""docs: Channels Resource › Forum and Media Thread Message Params Object.

Its ``poll`` is only in Discord's API description.
"""
CREATE = EXECUTE | {"nonce", "enforce_nonce", "message_reference", "sticker_ids"}
"""docs: Message Resource › Create Message."""

SUPPRESS_EMBEDS = 1 << 2
EPHEMERAL = 1 << 6
SILENT = 1 << 12
IS_VOICE_MESSAGE = 1 << 13
MAX_CONTENT = 2000


@dataclass(frozen=True, slots=True)
class AttachmentData:
    """What a request says of an attachment; None where it says nothing."""

    filename: str | None = None
    description: str | None = None
    is_spoiler: bool | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message's fields. ``given`` names the fields that were present, which an edit changes.

    ``kept`` are the ids of the attachments that an edit keeps, None for all. ``metadata`` is
    what it says of new files, by upload number, and of kept ones, by id.
    """

    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    tts: bool = False
    nonce: str | int | None = None
    enforce_nonce: bool = False
    reference: dict[str, Any] | None = None
    allowed: AllowedMentions | None = None
    poll: dict[str, Any] | None = None
    sticker_ids: list[int] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    metadata: dict[int, AttachmentData] = field(default_factory=dict)
    kept: list[int] | None = None
    given: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether the message would have no content of any kind."""
        forward = (self.reference or {}).get("type") == 1
        return not (
            self.content
            or self.embeds
            or self.components
            or self.uploads
            or self.poll
            or self.sticker_ids
            or forward
        )


def read_draft(
    form: Form,
    uploads: list[Upload],
    *,
    settable: int,
    fields: frozenset[str] = CREATE,
    v2: bool | None = None,
) -> Draft:
    """Read a message's fields; the caller raises errors with ``form.check()``.

    ``settable`` are the flags that may be set here, ``fields`` the fields that the route has. For
    an edit, ``v2`` is whether the message already has version 2 components.
    """
    if any(len(upload.content) > MAX_FILE for upload in uploads):
        raise api_error(40005)
    flags_given = form.integer("flags", least=0, most=2**31 - 1) or 0
    flags = flags_given & settable
    second = bool(v2) or bool(flags & IS_COMPONENTS_V2)
    draft = Draft(
        content=form.string("content", most=MAX_CONTENT) or "",
        embeds=read_embeds(form),
        components=read_message_components(form, v2=second),
        flags=flags,
        tts="tts" in fields and form.boolean("tts"),
        nonce=_nonce(form) if "nonce" in fields else None,
        enforce_nonce="enforce_nonce" in fields and form.boolean("enforce_nonce"),
        reference=_reference(form) if "message_reference" in fields else None,
        allowed=read_allowed_mentions(form),
        poll=_poll(form) if "poll" in fields else None,
        sticker_ids=_sticker_ids(form) if "sticker_ids" in fields else [],
        uploads=uploads,
        metadata=_metadata(form),
        kept=_kept(form, uploads),
        given=frozenset(form.body) & fields,
    )
    if flags_given & IS_VOICE_MESSAGE and "tts" in fields:
        form.add_error("flags", "NOT_EMULATED", "The emulator doesn't have voice messages.")
    if len(uploads) + len(draft.kept or []) > 10:
        form.add_error("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if second:
        _only_components(form)
    return draft


def _sticker_ids(form: Form) -> list[int]:
    """docs: Create Message (up to 3)."""
    return form.snowflakes("sticker_ids", most=MAX_IN_MESSAGE)


def _only_components(form: Form) -> None:
    """docs: Components › Using Components in Messages: no content, embeds or poll beside V2."""
    for name in ("content", "embeds", "poll", "sticker_ids"):
        if form.body.get(name):
            form.add_error(
                name,
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )


def _nonce(form: Form) -> str | int | None:
    """docs: Create Message: an integer, or a text of up to 25 characters."""
    value = form.body.get("nonce")
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    if not isinstance(value, str):
        form.add_error("nonce", "NONCE_TYPE_INVALID", "A nonce is an integer or a string.")
        return None
    if len(value) > 25:
        form.add_error("nonce", "NONCE_TYPE_TOO_LONG", "The nonce provided is too long.")
        return None
    return value


def _reference(form: Form) -> dict[str, Any] | None:
    """docs: Message Resource › Message Reference Structure."""
    inner = form.form("message_reference")
    if inner is None:
        return None
    kind = inner.choice("type", (0, 1)) or 0
    return {
        "type": kind,
        "message_id": inner.snowflake("message_id", required=True),
        "channel_id": inner.snowflake("channel_id", required=kind == 1),
        "guild_id": inner.snowflake("guild_id"),
        "fail_if_not_exists": inner.boolean("fail_if_not_exists", default=True),
    }


def _metadata(form: Form) -> dict[int, AttachmentData]:
    """The metadata of new files by upload number, and of kept ones by attachment id.

    docs: Message Resource › Attachment Request Structure; Reference › Editing Message Attachments.
    """
    found: dict[int, AttachmentData] = {}
    for one in form.forms("attachments", most=10):
        one.refuse("title", "duration_secs", "waveform", "is_remix")
        number = one.snowflake("id", required=True)
        data = AttachmentData(
            filename=one.string("filename", least=1, most=1024) if "filename" in one else None,
            description=one.string("description", most=1024),
            is_spoiler=one.boolean("is_spoiler") if "is_spoiler" in one else None,
        )
        if number is not None:
            found[number] = data
    return found


def _kept(form: Form, uploads: list[Upload]) -> list[int] | None:
    if not isinstance(form.body.get("attachments"), list):
        return None
    numbers = {upload.number for upload in uploads}
    ids = [one.get("id") for one in form.body["attachments"] if isinstance(one, dict)]
    known = [read_id(one) for one in ids]
    return [one for one in known if one is not None and one not in numbers]


def _poll_emoji(media: Form) -> dict[str, Any] | None:
    """docs: Poll Resource › Poll Media Object: ``id`` for a custom emoji, else only ``name``."""
    emoji = media.form("emoji")
    if emoji is None:
        return None
    emoji_id = emoji.snowflake("id")
    name = emoji.string("name", most=32)
    emoji.boolean("animated")
    if emoji_id is None and not is_unicode_emoji(name or ""):
        emoji.add_error("name", "POLL_INVALID_EMOJI", "Invalid emoji")
    return {"id": str(emoji_id) if emoji_id is not None else None, "name": name}


def _poll(form: Form) -> dict[str, Any] | None:
    """docs: Poll Resource › Poll Create Request Object."""
    inner = form.form("poll")
    if inner is None:
        return None
    question = inner.form("question", required=True)
    text = question.string("text", least=1, most=300, required=True) if question else None
    if question is not None:
        question.refuse("emoji")
    answers: list[dict[str, Any]] = []
    for at, answer in enumerate(inner.forms("answers", least=1, most=10, required=True)):
        media = answer.form("poll_media", required=True)
        if media is None:
            continue
        shown: dict[str, Any] = {"text": media.string("text", least=1, most=55, required=True)}
        emoji = _poll_emoji(media)
        if emoji is not None:
            shown["emoji"] = emoji
        answers.append({"answer_id": at + 1, "poll_media": shown})
    return {
        "question": {"text": text},
        "answers": answers,
        "duration": inner.integer("duration", least=1, most=768) or 24,
        "allow_multiselect": inner.boolean("allow_multiselect"),
        "layout_type": inner.choice("layout_type", (1,)) or 1,
    }
