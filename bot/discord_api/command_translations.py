"""Translates the names, descriptions and choices of commands for Discord's clients.

docs: Application Commands › Localization. A client shows each user the locale of its settings, and
the English text where there is no translation.
"""

from __future__ import annotations

from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation

from bot.core.text.translate import ENGLISH, find_language, gettext, pgettext, use_language

__all__ = ["NAME", "CommandTranslator"]

#: The context (msgctxt) of the names of slash commands and their options in the catalogs: they are
#: in lower case and have no spaces (docs: Application Commands › Application Command Naming).
NAME = "name"
_NAMES = (
    TranslationContextLocation.command_name,
    TranslationContextLocation.group_name,
    TranslationContextLocation.parameter_name,
)


class CommandTranslator(app_commands.Translator):
    """Looks up the texts of commands in the catalogs."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The text in a locale; None where the English one is used."""
        language = find_language(locale.value)
        if language is None or language == ENGLISH:
            return None
        with use_language(language):
            if context.location in _NAMES and not isinstance(
                context.data, app_commands.ContextMenu
            ):
                text = pgettext(NAME, string.message)
            else:
                text = gettext(string.message)
        return None if text == string.message else text
