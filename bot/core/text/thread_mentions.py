"""Where alerts name a thread, in every language, so that erasing can replace the name."""

from __future__ import annotations

from bot.core.text.sentences_by_code import SENTENCES
from bot.core.text.translate import find_surroundings, gettext, use_language

__all__ = ["list_mentions"]


def list_mentions(name: str, new: str) -> list[tuple[str, str]]:
    """How posted alerts name a thread, and the same with a new name."""
    sentence = SENTENCES["alert-thread-deleted"]
    assert isinstance(sentence, str)
    mentions = []
    for language, before, after in find_surroundings("thread", sentence):
        with use_language(language):
            mentions.append((f"{before}{name}{after}", f"{before}{gettext(new)}{after}"))
    return mentions
