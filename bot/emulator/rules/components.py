"""Message components: validation, and the form in which Discord returns them.

docs: Components › Component Reference; Message Resource › Message Object (flag
IS_COMPONENTS_V2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.emulator.rules.emojis import is_unicode_emoji
from bot.emulator.rules.json_form import Form

__all__ = [
    "IS_COMPONENTS_V2",
    "SELECTS",
    "Tree",
    "find",
    "media_of",
    "read_message_components",
    "walk_given",
]

IS_COMPONENTS_V2 = 1 << 15
_MAX_COMPONENTS = 40
_MAX_TEXT = 4000
ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS = (3, 5, 6, 7, 8)
CHANNEL_SELECT = 8
_DEFAULTS = {5: ("user",), 6: ("role",), 7: ("user", "role"), CHANNEL_SELECT: ("channel",)}
CHANNEL_TYPES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)
"""What a channel can be chosen by. docs: Channels Resource › Channel Types."""
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, FILE_UPLOAD = 18, 19
_TOP_V2 = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
_IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)


@dataclass(slots=True)
class Tree:
    """Counters for one message's components: number, text length, ids and custom ids."""

    count: int = 0
    characters: int = 0
    custom_ids: set[str] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)
    last_id: int = 0

    def enter(self, form: Form) -> int:
        """Count a component; its id, which is assigned in order if none was given."""
        self.count += 1
        given = form.integer("id", least=0, most=2**31 - 1)
        if given:
            if given in self.ids:
                form.add_error("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
            self.ids.add(given)
            return given
        self.last_id += 1
        while self.last_id in self.ids:
            self.last_id += 1
        self.ids.add(self.last_id)
        return self.last_id

    def custom_id(self, form: Form) -> str | None:
        """A custom id of 1 to 100 characters, unique in the message."""
        value = form.string("custom_id", least=1, most=100, required=True, strip=False)
        if value is not None and value in self.custom_ids:
            form.add_error(
                "custom_id",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        if value is not None:
            self.custom_ids.add(value)
        return value


def read_message_components(form: Form, *, v2: bool) -> list[dict[str, Any]]:
    """The field ``components`` of a message; errors are added to the form."""
    tree = Tree()
    allowed = _TOP_V2 if v2 else (ROW,)
    most = _MAX_COMPONENTS if v2 else 5
    found = [_component(child, tree, allowed) for child in form.forms("components", most=most)]
    if tree.count > _MAX_COMPONENTS and v2:
        form.add_error(
            "components",
            "BASE_TYPE_BAD_LENGTH",
            f"Must be between 1 and {_MAX_COMPONENTS} in length, components counted at all depths.",
        )
    if tree.characters > _MAX_TEXT:
        form.add_error(
            "components",
            "COMPONENT_TEXT_TOO_LONG",
            f"The text of all text displays must be {_MAX_TEXT} or fewer characters together.",
        )
    return found


def _component(form: Form, tree: Tree, allowed: tuple[int, ...]) -> dict[str, Any]:
    kind = form.choice("type", allowed, required=True)
    if kind is None:
        return {}
    data: dict[str, Any] = {"type": kind, "id": tree.enter(form)}
    if kind == ROW:
        return data | _row(form, tree)
    if kind == BUTTON:
        return data | _button(form, tree)
    if kind in SELECTS:
        return data | read_select(form, tree, kind)
    if kind == SECTION:
        inner = [_component(c, tree, (TEXT,)) for c in _children(form, 3)]
        accessory = form.form("accessory", required=True)
        shown = _component(accessory, tree, (BUTTON, THUMBNAIL)) if accessory else {}
        return data | {"components": inner, "accessory": shown}
    if kind == TEXT:
        return data | {"content": read_text_display(form, tree)}
    if kind == CONTAINER:
        inner = [_component(c, tree, _IN_CONTAINER) for c in _children(form, _MAX_COMPONENTS)]
        colour = form.integer("accent_color", least=0, most=0xFFFFFF)
        return data | {
            "components": inner,
            "accent_color": colour,
            "spoiler": form.boolean("spoiler"),
        }
    return data | _static(form, kind)


def _static(form: Form, kind: int) -> dict[str, Any]:
    """Components without interaction: thumbnails, galleries, files and separators."""
    if kind == SEPARATOR:
        return {
            "divider": form.boolean("divider", default=True),
            "spacing": form.choice("spacing", (1, 2)) or 1,
        }
    if kind == THUMBNAIL:
        return _media_item(form, "media")
    if kind == GALLERY:
        items = [
            _media_item(c, "media") for c in form.forms("items", least=1, most=10, required=True)
        ]
        return {"items": items}
    medium = _media_item(form, "file")
    url = (medium.get("file") or {}).get("url", "attachment://")
    if not url.startswith("attachment://"):
        form.add_error("file", "UNFURLED_MEDIA_ITEM_INVALID", "Only attachment:// may be used here")
    return {"file": medium["file"], "spoiler": medium["spoiler"], "name": None, "size": None}


def _children(form: Form, most: int) -> Iterator[Form]:
    return form.forms("components", least=1, most=most, required=True)


def _row(form: Form, tree: Tree) -> dict[str, Any]:
    """docs: Component Reference › Action Row: up to five buttons, or one select."""
    children = [_component(child, tree, (BUTTON, *SELECTS)) for child in _children(form, 5)]
    if len(children) > 1 and any(child.get("type") in SELECTS for child in children):
        form.add_error(
            "components",
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        )
    return {"components": children}


def _button(form: Form, tree: Tree) -> dict[str, Any]:
    style = form.choice("style", range(1, 7), required=True)
    data: dict[str, Any] = {"style": style, "disabled": form.boolean("disabled")}
    label = form.string("label", most=80)
    if label:
        data["label"] = label
    emoji = form.form("emoji")
    if emoji is not None:
        data["emoji"] = _emoji(emoji)
    if style == 5:
        data["url"] = form.string("url", least=1, most=512, required=True)
        _check_url(form, "url", data["url"], ("http://", "https://", "discord://"))
        if form.body.get("custom_id"):
            form.add_error(
                "custom_id",
                "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                "A custom id and url cannot both be specified",
            )
    elif style == 6:
        data["sku_id"] = str(form.snowflake("sku_id", required=True))
    elif style is not None:
        data["custom_id"] = tree.custom_id(form)
        if form.body.get("url"):
            form.add_error(
                "url",
                "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                "A custom id and url cannot both be specified",
            )
    if style != 6 and form.body.get("sku_id"):
        form.add_error("sku_id", "BUTTON_COMPONENT_INVALID_SKU", "Only premium buttons have one")
    if style in range(1, 6) and not label and emoji is None:
        form.add_error(
            None, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or an emoji is required"
        )
    return data


def _emoji(form: Form) -> dict[str, Any]:
    emoji_id = form.snowflake("id")
    name = form.string("name", most=32)
    if emoji_id is None and not is_unicode_emoji(name or ""):
        form.add_error("name", "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")
    data: dict[str, Any] = {"name": name or ""}
    if emoji_id is not None:
        data["id"] = str(emoji_id)
    return data


def read_select(form: Form, tree: Tree, kind: int, *, modal: bool = False) -> dict[str, Any]:
    """A select menu. docs: String Select, User Select, Role Select, …"""
    least = form.integer("min_values", least=0, most=25)
    most = form.integer("max_values", least=1, most=25)
    data: dict[str, Any] = {
        "custom_id": tree.custom_id(form),
        "min_values": 1 if least is None else least,
        "max_values": 1 if most is None else most,
        "disabled": form.boolean("disabled"),
    }
    if data["min_values"] > data["max_values"]:
        form.add_error("max_values", "NUMBER_TYPE_MIN", "max_values must be at least min_values.")
    if modal:
        data["required"] = form.boolean("required", default=True)
    placeholder = form.string("placeholder", most=150)
    if placeholder:
        data["placeholder"] = placeholder
    if kind == STRING_SELECT:
        data["options"] = _options(form)
        if data["max_values"] > len(data["options"]):
            form.add_error(
                "max_values",
                "SELECT_COMPONENT_MAX_VALUES",
                "max_values must be at most the number of options.",
            )
    elif form.body.get("default_values"):
        data["default_values"] = _default_values(form, kind)
        if not data["min_values"] <= len(data["default_values"]) <= data["max_values"]:
            form.add_error("default_values", "BASE_TYPE_BAD_LENGTH", "Too few or too many values.")
    if kind == CHANNEL_SELECT and form.body.get("channel_types"):
        data["channel_types"] = form.choices(
            "channel_types", CHANNEL_TYPES, most=len(CHANNEL_TYPES)
        )
    return data


def _default_values(form: Form, kind: int) -> list[dict[str, Any]]:
    """docs: User Select › Select Default Value Structure."""
    found = []
    for one in form.forms("default_values", most=25):
        value_id = one.snowflake("id", required=True)
        what = one.string("type", required=True)
        if what is not None and what not in _DEFAULTS[kind]:
            allowed = ", ".join(_DEFAULTS[kind])
            one.add_error("type", "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
        found.append({"id": str(value_id), "type": what})
    return found


def _options(form: Form) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for option in form.forms("options", least=1, most=25, required=True):
        value = option.string("value", least=1, most=100, required=True, strip=False)
        if value in seen:
            option.add_error(
                "value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "Value is already used"
            )
        seen.add(value or "")
        data: dict[str, Any] = {
            "label": option.string("label", least=1, most=100, required=True),
            "value": value,
            "default": option.boolean("default"),
        }
        description = option.string("description", most=100)
        if description:
            data["description"] = description
        emoji = option.form("emoji")
        if emoji is not None:
            data["emoji"] = _emoji(emoji)
        found.append(data)
    return found


def read_text_display(form: Form, tree: Tree) -> str | None:
    """docs: Text Display: 1 to 4,000 characters in all text displays of a message together."""
    content = form.string("content", least=1, most=_MAX_TEXT, required=True)
    tree.characters += len(content or "")
    return content


def _media_item(form: Form, name: str) -> dict[str, Any]:
    """docs: Unfurled Media Item."""
    medium = form.form(name, required=True)
    url = medium.string("url", least=1, most=2048, required=True) if medium else None
    if medium is not None:
        _check_url(medium, "url", url, ("http://", "https://", "attachment://"))
    return {
        name: {"id": "0", "url": url or "", "proxy_url": url or ""},
        "description": form.string("description", least=1, most=1024),
        "spoiler": form.boolean("spoiler"),
    }


def _check_url(form: Form, name: str, url: str | None, schemes: tuple[str, ...]) -> None:
    if url is not None and not url.startswith(schemes):
        form.add_error(
            name,
            "URL_TYPE_INVALID_SCHEME",
            f'Scheme "{url.partition(":")[0]}" is not supported.',
        )


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All components at all depths."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        for name in ("accessory", "component"):
            if isinstance(component.get(name), dict):
                yield from walk([component[name]])


def walk_given(components: Any) -> Iterator[dict[str, Any]]:
    """All components at all depths of a request that hasn't been validated."""
    for component in components if isinstance(components, list) else [components]:
        if isinstance(component, dict):
            yield component
            for name in ("components", "accessory", "component"):
                yield from walk_given(component.get(name))


def find(components: list[dict[str, Any]], custom_id: str) -> dict[str, Any] | None:
    """The component with a custom id."""
    return next((c for c in walk(components) if c.get("custom_id") == custom_id), None)


def media_of(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every media item in components, to set the address of its file."""
    for component in walk(components):
        if component["type"] == THUMBNAIL:
            yield component["media"]
        elif component["type"] == FILE:
            yield component["file"]
        elif component["type"] == GALLERY:
            for item in component["items"]:
                yield item["media"]
