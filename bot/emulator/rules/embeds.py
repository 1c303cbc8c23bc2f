"""Message embeds: validation.

docs: Message Resource › Embed Object, Embed Limits.
"""

from __future__ import annotations

from typing import Any

from bot.emulator.rules.json_form import Form

__all__ = ["read_embeds"]

_MAX_TOGETHER = 6000


def read_embeds(form: Form) -> list[dict[str, Any]]:
    """The field ``embeds``: at most ten, with 6,000 characters together."""
    found = [_embed(one) for one in form.forms("embeds", most=10)]
    if sum(_length(embed) for embed in found) > _MAX_TOGETHER:
        form.add_error(
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
            f"Embed size exceeds maximum size of {_MAX_TOGETHER}",
        )
    return found


def _embed(form: Form) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "rich"}
    _put(data, "title", form.string("title", most=256))
    _put(data, "description", form.string("description", most=4096))
    _put(data, "url", _url(form, "url"))
    _put(data, "color", form.integer("color", least=0, most=0xFFFFFF))
    moment = form.moment("timestamp")
    if moment is not None:
        data["timestamp"] = moment.isoformat()
    footer = form.form("footer")
    if footer is not None:
        data["footer"] = {"text": footer.string("text", least=1, most=2048, required=True) or ""}
        _put(data["footer"], "icon_url", _url(footer, "icon_url"))
    author = form.form("author")
    if author is not None:
        data["author"] = {"name": author.string("name", least=1, most=256, required=True) or ""}
        _put(data["author"], "url", _url(author, "url"))
        _put(data["author"], "icon_url", _url(author, "icon_url"))
    for name in ("image", "thumbnail"):
        picture = form.form(name)
        url = _url(picture, "url") if picture is not None else None
        if url is not None:
            data[name] = {"url": url, "proxy_url": url, "width": 0, "height": 0}
    fields = [
        {
            "name": field.string("name", least=1, most=256, required=True) or "",
            "value": field.string("value", least=1, most=1024, required=True) or "",
            "inline": field.boolean("inline"),
        }
        for field in form.forms("fields", most=25)
    ]
    if fields:
        data["fields"] = fields
    if data == {"type": "rich"}:
        form.add_error("description", "BASE_TYPE_REQUIRED", "This field is required")
    return data


def _put(data: dict[str, Any], name: str, value: Any) -> None:
    if value is not None and value != "":
        data[name] = value


def _url(form: Form, name: str) -> str | None:
    url = form.string(name, most=2048)
    if url and not url.startswith(("http://", "https://", "attachment://")):
        form.add_error(
            name,
            "URL_TYPE_INVALID_SCHEME",
            f"Scheme \"{url.partition(':')[0]}\" is not one of ('http', 'https').",
        )
        return None
    return url or None


def _length(embed: dict[str, Any]) -> int:
    """The characters that count for the limit: title, description, fields, footer, author."""
    total = len(embed.get("title", "")) + len(embed.get("description", ""))
    total += len(embed.get("footer", {}).get("text", ""))
    total += len(embed.get("author", {}).get("name", ""))
    return total + sum(len(f["name"]) + len(f["value"]) for f in embed.get("fields", []))
