"""The text of a prompt, made from what the archive has at that moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.clock import to_milliseconds
from bot.core.conversation.styles import THREADS
from bot.core.essay.default_question import get_default_question
from bot.core.prompts.digest import Digest, OpenQuestion, make_digest_text
from bot.core.prompts.plan import (
    LastCall,
    NumberedQuestion,
    PromptContent,
    QuotedPassage,
    parse_content,
)
from bot.core.prompts.policy import PromptKind
from bot.core.prompts.wording import (
    NothingToSay,
    PromptMaterial,
    PromptText,
    make_nudge_text,
    make_prompt_text,
)
from bot.core.snowflake import make_first_snowflake
from bot.core.text.coded_text import make_coded
from bot.core.text.message_quote import find_mentioned
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext, use_language
from bot.errors import UserError
from bot.languages import get_discussion_language, get_server_language
from storage.db.writer import Transaction
from storage.prompts import digest, prompt_context
from storage.prompts.prompt_context import PromptEssay
from storage.prompts.prompts import Prompt

__all__ = ["check_content_exists", "get_language", "make_text"]

_WEEK = timedelta(days=7)


async def get_language(tx: Transaction, prompt: Prompt) -> str:
    """The language in which a prompt is posted: its essay's; the server's for a digest."""
    if prompt.discussion_id is None:
        return await get_server_language(tx, prompt.server_id)
    return await get_discussion_language(tx, prompt.server_id, prompt.discussion_id)


async def make_text(
    tx: Transaction,
    prompt: Prompt,
    now: datetime,
    *,
    asked_before: Collection[str] = (),
    essay: PromptEssay | None = None,
) -> PromptText | NothingToSay:
    """The text that a prompt would have at this moment, in the language it is posted in.

    ``asked_before``: what counts as asked beside what was asked, as in PromptMaterial.
    ``essay``: the prompt's essay, if it was read already.
    """
    with use_language(await get_language(tx, prompt)):
        return await _make_text(tx, prompt, now, asked_before, essay)


async def _make_text(
    tx: Transaction,
    prompt: Prompt,
    now: datetime,
    asked_before: Collection[str],
    essay: PromptEssay | None,
) -> PromptText | NothingToSay:
    if prompt.kind is PromptKind.DIGEST:
        text = make_digest_text(await _get_digest(tx, prompt.server_id, now))
        return NothingToSay(make_coded("digest-empty")) if text is None else PromptText(text)
    if prompt.kind is PromptKind.NUDGE:
        assert prompt.thread_id is not None
        head = await prompt_context.get_thread_head(tx, prompt.thread_id)
        names = await prompt_context.get_author_names(
            tx, head.discussion_id, find_mentioned(head.text)
        )
        return PromptText(make_nudge_text(head.text, head.author, names))
    assert prompt.discussion_id is not None
    content = parse_content(prompt.content)
    if essay is None:
        essay = await prompt_context.get_essay(tx, prompt.discussion_id)
    material = await _get_material(tx, prompt.discussion_id, essay, content, asked_before)
    return make_prompt_text(content, material)


async def _get_digest(tx: Transaction, server_id: int, now: datetime) -> Digest:
    since = now - _WEEK
    week = await digest.get_week(
        tx, server_id, since=since, since_id=make_first_snowflake(to_milliseconds(since))
    )
    questions = [
        OpenQuestion(one.title, _format_question(one), one.channel_id, one.message_id)
        for one in week.unanswered
    ]
    return Digest(server_id, week.essays, week.threads, tuple(questions))


def _format_question(prompt: digest.UnansweredPrompt) -> str:
    """What a prompt asked: the essay's own questions, else the text that an admin wrote."""
    return " ".join(prompt.questions) or prompt.content.removeprefix("text:").strip()


async def _get_material(
    tx: Transaction,
    discussion_id: int,
    essay: PromptEssay,
    content: PromptContent,
    asked_before: Collection[str],
) -> PromptMaterial:
    passage = busiest_thread = None
    if isinstance(content, QuotedPassage):
        passage = await prompt_context.find_passage(
            tx, discussion_id, essay.revision, content.number
        )
    if isinstance(content, LastCall):
        busiest_thread = await prompt_context.find_busiest_thread(tx, discussion_id)
    return PromptMaterial(
        title=essay.title,
        questions=essay.questions,
        asked=essay.asked_questions.union(asked_before),
        replies=essay.replies,
        passage=passage,
        busiest_thread=busiest_thread,
        default_question=get_default_question(essay.language),
        opens_threads=essay.style == THREADS,
    )


async def check_content_exists(tx: Transaction, discussion_id: int, content: PromptContent) -> None:
    """Raise UserError if the essay doesn't have the question or passage that a prompt asks."""
    if not isinstance(content, NumberedQuestion | QuotedPassage):
        return
    questions, passages = await prompt_context.count_questions_and_passages(tx, discussion_id)
    number = content.number
    if isinstance(content, NumberedQuestion) and number > questions:
        if not questions:
            raise UserError(_("The essay has no questions of its own."))
        raise UserError(
            ngettext(
                "The essay has no question {number}. It has only one.",
                "The essay has no question {number}. Its last one is question {count}.",
                questions,
                number=number,
            )
        )
    if isinstance(content, QuotedPassage) and number > passages:
        raise UserError(
            ngettext(
                "The essay has no passage {number}. It has only one.",
                "The essay has no passage {number}. Its last one is passage {count}.",
                passages,
                number=number,
            )
        )
