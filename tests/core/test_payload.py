"""Signatures of payloads, by which the bot's own messages are found in a channel's history."""

from __future__ import annotations

from bot.core.payload import get_signature


def test_two_polls_of_an_essay_have_different_signatures() -> None:
    sent = [
        {"content": "Back to **Bread**:", "poll": {"question": {"text": text}}}
        for text in ("Rye?", "Wheat?")
    ]
    read = [message | {"content": "Back to **Bread**: ", "embeds": []} for message in sent]
    assert [get_signature(message) for message in read] == [
        get_signature(payload) for payload in sent
    ]
    assert len({get_signature(payload) for payload in sent}) == 2
    assert get_signature({"content": "Back to **Bread**:", "poll": None}) not in map(
        get_signature, sent
    )
