"""The message to a member whose answer isn't posted: the reason, and the answer's text."""

from __future__ import annotations

from bot.core.text.coded_text import CodedText
from bot.core.text.translate import gettext as _

__all__ = ["describe_unposted"]


def describe_unposted(state: str, last_error: CodedText | None, text: str) -> str:
    """Why an answer or question isn't posted, and what it says, so that it isn't lost.

    state: of its row: ``choosing``, or ``failed``, or else it is tried again
    """
    reason = "" if last_error is None else str(last_error)
    if state == "choosing":
        why = _(
            "You haven't chosen where this belongs, so it isn't posted. If you don't see the "
            "buttons any more, answer again."
        )
    elif state != "failed":
        why = _(
            "I can't post this yet. {reason} I'll keep trying for a day after you wrote it.",
            reason=reason,
        )
    else:
        why = _("I couldn't post this. {reason}", reason=reason)
    return f"{' '.join(why.split())}\n{_('You wrote:')}\n{text}"
