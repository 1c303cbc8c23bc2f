"""Documented request fields that the emulator doesn't have; requests with them are refused.

docs: the request tables of each resource. A field that a route reads isn't listed. What else a
request has, such as a misspelt field, is ignored as Discord ignores it, and the response names it
in ``X-Emulator-Ignored``.
"""

from __future__ import annotations

__all__ = ["REFUSED_FIELDS"]

_APPLICATION = (
    "cover_image",
    "custom_install_url",
    "event_webhooks_status",
    "event_webhooks_types",
    "event_webhooks_url",
    "explicit_content_filter",
    "icon",
    "install_params",
    "integration_types_config",
    "interactions_endpoint_url",
    "max_participants",
    "role_connections_verification_url",
    "tags",
    "team_id",
    "type",
)
_ROLE = ("colors", "icon", "unicode_emoji")

REFUSED_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("PATCH", "/applications/@me"): _APPLICATION,
    ("PATCH", "/users/@me"): ("avatar", "banner"),
    ("POST", "/users/@me/channels"): ("access_tokens", "nicks"),
    ("PATCH", "/channels/{channel_id}"): ("icon",),
    ("POST", "/channels/{channel_id}/messages"): ("shared_client_theme",),
    ("POST", "/channels/{channel_id}/webhooks"): ("avatar",),
    ("PATCH", "/webhooks/{webhook_id}"): ("avatar",),
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}"): ("avatar",),
    ("PATCH", "/guilds/{guild_id}/members/{user_id}"): (
        "avatar",
        "banner",
        "bio",
        "channel_id",
        "deaf",
        "flags",
        "mute",
    ),
    ("POST", "/guilds/{guild_id}/roles"): _ROLE,
    ("PATCH", "/guilds/{guild_id}/roles/{role_id}"): _ROLE,
}
"""By method and path."""
