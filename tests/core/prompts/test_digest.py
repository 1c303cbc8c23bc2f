"""The weekly digest: what it links, what it leaves out, and how long it may be."""

from __future__ import annotations

import pytest

from bot.core.prompts.digest import (
    Digest,
    DigestEssay,
    DigestThread,
    OpenQuestion,
    make_digest_text,
)
from bot.core.text.length import count_utf16_units


def test_an_empty_digest_is_not_sent() -> None:
    assert make_digest_text(Digest(1, (), (), ())) is None


def test_a_digest_links_discussions_threads_and_open_questions() -> None:
    text = make_digest_text(
        Digest(
            1,
            (DigestEssay("Slow bread", 2, 3, 5), DigestEssay("On *walls*", 2, None, 0)),
            (DigestThread(77, 2),),
            (OpenQuestion("Slow bread", "Who has *time*?", 2, 9),),
        )
    )
    assert text is not None
    assert "Slow bread: 5 replies — https://discord.com/channels/1/2/3" in text
    assert "On \\*walls\\*: new — <#2>" in text
    assert "<#77>: 2 people joined in" in text
    assert "Slow bread: Who has \\*time\\*? — https://discord.com/channels/1/2/9" in text


def test_a_digest_marks_what_the_author_wrote() -> None:
    essays = (DigestEssay("Slow bread", 2, 3, 5, by_authors=2),)
    text = make_digest_text(Digest(1, essays, (DigestThread(77, 2, by_author=True),), ()))
    assert text is not None
    assert "5 replies — https://discord.com/channels/1/2/3 · ✦ 2 by the author" in text
    assert "<#77>: 2 people joined in · ✦ the author answered" in text


@pytest.mark.parametrize("count", [1, 12, 50])
def test_a_digest_fits_into_a_message_and_counts_what_is_left_out(count: int) -> None:
    digest = Digest(
        2**63,
        tuple(DigestEssay("*" * 200, 2**63, 2**63, number) for number in range(count)),
        tuple(DigestThread(2**63, number) for number in range(count)),
        tuple(OpenQuestion("*" * 200, "_" * 2000, 2**63, 2**63) for _ in range(count)),
    )
    text = make_digest_text(digest)
    assert text is not None
    assert count_utf16_units(text) <= 2000
    assert ("more" in text) == (count > 1)
