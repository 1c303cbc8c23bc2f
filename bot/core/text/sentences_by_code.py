"""The sentences of stored texts, by code: reasons, alerts, actions in the audit log, and notes.

A code is never changed once it was released, and never means something else: databases have it.
Reasons for prompts follow "skipped: " or "waits: " and begin in lower case; others are whole
sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.text.translate import gettext_noop, ngettext_noop

__all__ = ["PERMISSIONS", "SENTENCES"]

#: Discord's names of permissions, by their keys in its API (docs: Topics › Permissions).
PERMISSIONS: Mapping[str, str] = {
    "view_channel": gettext_noop("View Channel"),
    "send_messages": gettext_noop("Send Messages"),
    "read_message_history": gettext_noop("Read Message History"),
    "create_public_threads": gettext_noop("Create Public Threads"),
    "send_messages_in_threads": gettext_noop("Send Messages in Threads"),
    "manage_threads": gettext_noop("Manage Threads"),
    "attach_files": gettext_noop("Attach Files"),
    "manage_webhooks": gettext_noop("Manage Webhooks"),
    "manage_messages": gettext_noop("Manage Messages"),
    "send_polls": gettext_noop("Create Polls"),
    "pin_messages": gettext_noop("Pin Messages"),
}

_REASONS: Mapping[str, str | tuple[str, str]] = {
    # As an earlier version stored it.
    "as-stored": gettext_noop("{text}"),
    # -- calls to Discord --
    "discord-answered": gettext_noop("Discord answered {status}."),
    "discord-unreachable": gettext_noop("Discord could not be reached ({error})."),
    "discord-forbids": gettext_noop("Discord forbids it."),
    "discord-forbids-with": gettext_noop("Discord forbids it ({error})."),
    "message-refused": gettext_noop("Discord refused the message ({error})."),
    "thread-refused": gettext_noop("Discord refused the thread ({error})."),
    "copy-refused": gettext_noop("Discord refused the copy ({error})."),
    "automod": gettext_noop(
        "The server's AutoMod blocked the message. Exempt me from the rule in the server settings."
    ),
    "old-edits-limited": gettext_noop(
        "Discord limits edits of messages that are older than an hour."
    ),
    "not-deleted": gettext_noop("It could not be deleted ({error})."),
    # Discord's errors, in parentheses in the sentences above; others in Discord's own words.
    "error-other": gettext_noop("“{text}”, error {number}"),
    "error-channel-unknown": gettext_noop("the channel was deleted"),
    "error-message-unknown": gettext_noop("the message was deleted"),
    "error-webhook-unknown": gettext_noop("the webhook was deleted"),
    "error-explicit-content": gettext_noop("Discord's filter blocked explicit content"),
    "error-slow-mode": gettext_noop("the channel has slow mode"),
    "error-too-many-webhooks": gettext_noop("the channel has too many webhooks"),
    "error-file-too-large": gettext_noop("a file is too large"),
    "error-tag-required": gettext_noop("a tag is required"),
    "error-moderator-tag-required": gettext_noop("a tag is required that only moderators may use"),
    "error-no-access": gettext_noop("I can't see the channel"),
    "error-message-empty": gettext_noop("the message would be empty"),
    "error-no-text-channel": gettext_noop("this channel can't have messages"),
    "error-verification-level": gettext_noop("the server's verification level is too high"),
    "error-no-permission": gettext_noop("I don't have the permission"),
    "error-channel-type": gettext_noop("this kind of channel doesn't allow it"),
    "error-thread-archived": gettext_noop("the thread is archived"),
    "error-no-history": gettext_noop("I don't have the permission *Read Message History*"),
    "error-thread-locked": gettext_noop("the thread is locked"),
    "error-too-many-threads": gettext_noop("the server has too many active threads"),
    "error-automod": gettext_noop("the server's AutoMod blocked it"),
    "error-harmful-link": gettext_noop("Discord's filter blocked a link"),
    "tried": (
        ngettext_noop("{reason} It was tried {count} time.", "{reason} It was tried {count} times.")
    ),
    # -- permissions --
    "channel-not-visible": gettext_noop("I can't see <#{channel}>. Give me *View Channel* there."),
    "cannot-host": gettext_noop(
        "I can't host a discussion in <#{channel}>. Give me {permissions} there."
    ),
    "cannot-attach": gettext_noop(
        "I can't post the essay's pictures in <#{channel}>. Give me {permissions} there."
    ),
    "cannot-move": gettext_noop(
        "I can't move replies from <#{channel}> to their threads. Give me {permissions} there."
    ),
    "cannot-pin": gettext_noop(
        "I can't pin cards in <#{channel}>. Give me {permissions} there, or switch pinning off in "
        "`/setup`."
    ),
    "pins-full": gettext_noop(
        "<#{channel}> has as many pinned messages as Discord allows, and none of them is the card "
        "of a closed discussion. Unpin some of them."
    ),
    "pins-make-room": gettext_noop(
        "The channel has as many pinned messages as Discord allows. The card of a closed "
        "discussion is unpinned first."
    ),
    "ping-role-deleted": gettext_noop("The role was deleted, so nobody will be pinged."),
    "cannot-ping": gettext_noop(
        "<@&{role}> can't be mentioned, so nobody will be pinged. Allow anyone to mention the "
        "role, or give me *Mention @everyone, @here, and All Roles* in <#{channel}>."
    ),
    "crosspost-limit": gettext_noop(
        "At most {count} messages an hour are published to a channel's followers."
    ),
    "cannot-use-webhooks": gettext_noop("I can't use webhooks in <#{channel}>."),
    "cannot-lock": gettext_noop("I can't lock <#{channel}>. Give me *Manage Threads* there."),
    "cannot-unlock": gettext_noop("I can't unlock <#{channel}>. Give me *Manage Threads* there."),
    "history-unreadable": gettext_noop(
        "I can't tell whether a message was posted in <#{channel}>. Give me *Read Message History* "
        "there."
    ),
    "copy-unreadable": gettext_noop("I can't see whether the copy was posted."),
    # -- places that are full, locked or deleted --
    "too-many-threads": gettext_noop("The server has as many active threads as Discord allows."),
    "too-many-webhooks": gettext_noop("The channel has too many webhooks."),
    "thread-locked": gettext_noop(
        "The thread <#{channel}> is locked. Unlock it and I'll continue."
    ),
    "tag-required": gettext_noop(
        "Each post in <#{channel}> needs a tag. Choose one with `/essay show`, or let posts go "
        "without."
    ),
    "channel-deleted": gettext_noop("The channel was deleted."),
    "channel-or-thread-deleted": gettext_noop("The channel or thread was deleted."),
    "thread-deleted": gettext_noop("The essay's thread was deleted."),
    "deleted": gettext_noop("It was deleted."),
    "card-deleted": gettext_noop("The opening card was deleted."),
    "reply-deleted": gettext_noop("The reply was deleted."),
    "part-deleted": gettext_noop(
        "A message of the essay was deleted. Edit the essay again to put its text elsewhere."
    ),
    "picture-missing": gettext_noop(
        "A picture of the essay isn't in the archive any more. Publish the essay again."
    ),
    "essay-withdrawn": gettext_noop("The essay was withdrawn."),
    "prompt-skipped": gettext_noop("The prompt was skipped."),
    # -- moved replies --
    "channel-not-loaded": gettext_noop("Its channel isn't visible yet."),
    "answer-erased": gettext_noop("The answer was erased."),
    "answer-refused": gettext_noop("Discord refused the answer ({error})."),
    "answer-not-chosen": gettext_noop("Its author didn't choose where it belongs."),
    "webhook-deleted": gettext_noop("The webhook was deleted. I'm making another one."),
    "copy-taken": gettext_noop("Another reply has that copy."),
    "copy-not-edited": gettext_noop("Its copy can't be edited. {reason}"),
    "permission-missing": gettext_noop("A permission is missing."),
    "file-unavailable": gettext_noop("One of its files isn't available."),
    "more-than-text": gettext_noop("It has more than text and files."),
    "has-thread": gettext_noop("Somebody started a thread on it."),
    "too-long": gettext_noop("It is too long for a webhook."),
    "nothing-to-copy": gettext_noop("There is nothing in it to copy."),
    "files-too-large": gettext_noop("Its files are too large for a webhook."),
    "name-refused": gettext_noop("A webhook can't use its author's name."),
    "its-thread-locked": gettext_noop("Its thread is locked."),
    # -- files of replies --
    "file-too-large": gettext_noop("It is larger than the operator allows."),
    "files-full": gettext_noop("The archive has reached the operator's limit for files."),
    "file-removed": gettext_noop("It isn't on its message any more."),
    # -- prompts that wait or are skipped --
    "prompts-paused": gettext_noop("prompts were paused"),
    "quiet-hours": gettext_noop("quiet hours"),
    "its-channel-deleted": gettext_noop("its channel was deleted"),
    "other-essay-posting": gettext_noop("another essay is being posted in the channel"),
    "other-essay-was-posting": gettext_noop("another essay was still being posted in the channel"),
    "essay-publishing": gettext_noop("the essay is still being published"),
    "essay-was-publishing": gettext_noop("the essay was still being published"),
    "too-late-offline": gettext_noop(
        "it was due while the bot was offline, and it is too late now"
    ),
    "too-late-unsent": gettext_noop("it could not be sent in time"),
    "discussion-closed": gettext_noop("the discussion is closed"),
    "discussion-withdrawn": gettext_noop("the discussion is withdrawn"),
    "discussion-unpublished": gettext_noop("the essay isn't published"),
    "digest-off": gettext_noop("the digest was switched off"),
    "digest-changed": gettext_noop("the digest was changed"),
    "digest-replaced": gettext_noop("the next digest replaced it"),
    "digest-empty": gettext_noop("there was nothing to report"),
    "nudges-off": gettext_noop("nudges were switched off"),
    "head-deleted": gettext_noop("the thread or its first message was deleted"),
    "head-was-deleted": gettext_noop("its thread's first message was deleted"),
    "thread-answered": gettext_noop("the thread was answered"),
    "no-replies": gettext_noop("the last two prompts got no replies"),
    "others-waiting": gettext_noop("other prompts in the channel have been waiting for a week"),
    "other-being-sent": gettext_noop("another prompt is being sent"),
    "one-each-day": gettext_noop("the channel had another prompt on every day of the week"),
    "one-today": gettext_noop("the channel already had a prompt today"),
    "not-quiet": gettext_noop(
        "the last reply is {hours} h old, and the prompt needs {needed} h of quiet"
    ),
    "too-many-replies": ngettext_noop(
        "there is {count} reply, and the prompt needs fewer than {limit}",
        "there are {count} replies, and the prompt needs fewer than {limit}",
    ),
    "no-question": gettext_noop("the essay has no question {number}"),
    "no-passage": gettext_noop("the essay has no passage {number}"),
    "all-asked": gettext_noop("every question of the essay has been asked"),
    "not-in-essay": gettext_noop("what it is about is not in the essay any more"),
    "quote-changed": gettext_noop("what it quotes was changed while it was being sent"),
    "cancelled": gettext_noop("cancelled by {member}"),
    "named-erased": gettext_noop("it named somebody who asked to be forgotten"),
    "restored": gettext_noop(
        "the archive was restored from a backup, and the prompt may have been sent before"
    ),
    "cancelled-by-erased": gettext_noop("cancelled by somebody who asked to be forgotten"),
    "author-erased": gettext_noop("its thread's author asked to be forgotten"),
}

_ALERTS: Mapping[str, str | tuple[str, str]] = {
    "alert-prompt": gettext_noop("A prompt in <#{channel}> can't be sent. {reason}"),
    "alert-essay-delayed": gettext_noop(
        "Publishing “{title}” in <#{channel}> is delayed. {reason}\n"
        "I'll continue by myself once that is fixed."
    ),
    "alert-essay-stopped": gettext_noop(
        "Publishing “{title}” in <#{channel}> has stopped. {reason}\n"
        "Once that is fixed, press *Retry* in `/essay show`."
    ),
    "alert-edit-delayed": gettext_noop(
        "Publishing the new text of “{title}” in <#{channel}> is delayed. {reason}\n"
        "I'll continue by myself once that is fixed."
    ),
    "alert-edit-stopped": gettext_noop(
        "Publishing the new text of “{title}” in <#{channel}> has stopped. {reason}\n"
        "Once that is fixed, press *Retry* in `/essay show`."
    ),
    "alert-edit-message-deleted": gettext_noop(
        "Publishing the new text of “{title}” in <#{channel}> has stopped. {reason}"
    ),
    "alert-thread-delayed": gettext_noop(
        "I can't open a thread for a reply in <#{channel}> yet. {reason}\n"
        "I'll continue by myself once that is fixed."
    ),
    "alert-thread-stopped": gettext_noop(
        "A reply in <#{channel}> won't get a thread. {reason}\nThe reply is saved anyway."
    ),
    "alert-too-many-threads": gettext_noop(
        "The server has as many active threads as Discord allows. I'm archiving my oldest quiet "
        "threads to make room for new ones. Writing in an archived thread opens it again."
    ),
    "alert-lock": gettext_noop("{reason}"),
    "alert-pins": gettext_noop("{reason}"),
    "alert-moving": gettext_noop("{reason} Until then I'll link to the threads."),
    "alert-answers": gettext_noop(
        "I can't post what members entered in forms in <#{channel}>. {reason}\n"
        "I'll keep trying for a day after each was written."
    ),
    "alert-too-many-webhooks": gettext_noop(
        "I can't move replies in <#{channel}>. The channel has as many webhooks as Discord allows. "
        "Delete one that isn't needed (*Edit Channel › Integrations*)."
    ),
    "alert-deleted-messages": ngettext_noop(
        "{count} message of “{title}” was deleted in <#{channel}>. *Restore* posts what is missing "
        "again, as the newest message there. Replies and threads stay as they are.",
        "{count} messages of “{title}” were deleted in <#{channel}>. *Restore* posts what is "
        "missing again, as the newest messages there. Replies and threads stay as they are.",
    ),
    "alert-channel-deleted": gettext_noop(
        "A channel with discussions was deleted. Its messages are hidden now and will be erased in "
        "7 days. Its prompts end then, too."
    ),
    "alert-thread-deleted": gettext_noop(
        "The thread “{thread}” was deleted. Its messages are hidden now and will be erased in "
        "7 days."
    ),
    "alert-content-missing": gettext_noop(
        "Discord doesn't show me what messages say. Switch on “Message Content Intent” in the "
        "developer portal (Bot › Privileged Gateway Intents). Nothing that is saved was changed."
    ),
    "alert-recovered": gettext_noop("Back after {away}: {changes} recovered."),
    "notice-closed": gettext_noop(
        "-# The discussion of “{title}” is closed. Messages are still saved, but new replies don't "
        "get threads."
    ),
    # -- parts of those after an outage --
    "replies": ngettext_noop("{count} reply", "{count} replies"),
    "edits": ngettext_noop("{count} edit", "{count} edits"),
    "deletions": ngettext_noop("{count} deletion", "{count} deletions"),
    "moment": gettext_noop("a moment"),
    "seconds": gettext_noop("{seconds} s"),
    "minutes": gettext_noop("{minutes} min"),
    "hours": gettext_noop("{hours} h"),
    "hours-minutes": gettext_noop("{hours} h {minutes} min"),
    "days": gettext_noop("{days} d"),
    "days-hours": gettext_noop("{days} d {hours} h"),
}

#: What an admin did, before " by Ada, yesterday".
_ACTIONS: Mapping[str, str | tuple[str, str]] = {
    "did-publish": gettext_noop("published"),
    "did-schedule": gettext_noop("scheduled"),
    "did-edit": gettext_noop("edited (revision {number})"),
    "did-close": gettext_noop("closed"),
    "did-reopen": gettext_noop("reopened"),
    "did-withdraw": gettext_noop("withdrawn"),
    "did-restore": ngettext_noop(
        "restored {count} deleted message", "restored {count} deleted messages"
    ),
    "did-add-prompt": gettext_noop("added prompt {number}"),
    "did-change-prompt": gettext_noop("changed prompt {number}"),
    "did-cancel-prompt": gettext_noop("cancelled prompt {number}"),
    "did-send-prompt": gettext_noop("sent prompt {number}"),
    "did-pause-prompts": gettext_noop("paused prompts"),
    "did-resume-prompts": gettext_noop("resumed prompts"),
    "did-set-plan": gettext_noop("set the plan of prompts"),
    "did-set-prompt-settings": gettext_noop("changed the prompt settings"),
    "did-set-digest": gettext_noop("set the digest"),
    "did-set-up": gettext_noop("changed a setting ({setting})"),
}

#: What couldn't be reproduced exactly of an essay.
_NOTES: Mapping[str, str | tuple[str, str]] = {
    "note-encoding": gettext_noop("The text doesn't name its encoding. It was read as {encoding}."),
    "note-lost-characters": gettext_noop(
        "Some characters couldn't be read and are shown as \ufffd: {count}."
    ),
    "note-control-characters": gettext_noop(
        "Control characters that can't be shown are left out: {count}."
    ),
    "note-lost-links": gettext_noop(
        "Links that lead nowhere from Discord are shown as their text: {count}."
    ),
    "note-long-links": gettext_noop(
        "Links too long for a message are shown as their text: {count}."
    ),
    "note-pictures-without-address": gettext_noop(
        "Pictures without an address on the web are left out: {count}."
    ),
    "note-pictures-linked": gettext_noop("Pictures that couldn't be fetched are links: {names}."),
    "note-pictures-linked-more": gettext_noop(
        "Pictures that couldn't be fetched are links: {names}, and {more} more."
    ),
    "note-pictures-unreadable": gettext_noop(
        "Pictures inside the file that couldn't be read are left out: {names}."
    ),
    "note-pictures-unreadable-more": gettext_noop(
        "Pictures inside the file that couldn't be read are left out: {names}, and {more} more."
    ),
    "note-attributes": gettext_noop(
        "Attributes such as {{#name}} and {{: .class}} are left out: {count}."
    ),
    "note-site-tags": gettext_noop("Tags of a site generator are left out: {count}."),
    "note-comments": gettext_noop("Comments of the document's editors are left out: {count}."),
    "note-chapters": gettext_noop(
        "All chapters of this EPUB are shown as one essay. To publish only one of them, give its "
        "number as the chapter: {chapters}."
    ),
    "note-word-drawings": gettext_noop("Drawings that only Word can show are left out: {count}."),
    "note-word-linked-pictures": gettext_noop(
        "Pictures that the Word document only links to are left out: {count}."
    ),
    "note-word-equations": gettext_noop(
        "Equations of the Word document are written out on a line: {count}."
    ),
    "note-pdf": gettext_noop(
        "A PDF has no paragraphs of its own: this text was put together from its pages. "
        "Please check it."
    ),
    "note-pdf-running-heads": gettext_noop("Running heads and page numbers are left out: {count}."),
    "note-pdf-pictures": gettext_noop("Pictures in the PDF are left out: {count}."),
    "note-pdf-sideways": gettext_noop("Letters printed sideways are left out: {count}."),
}

SENTENCES: Mapping[str, str | tuple[str, str]] = {**_REASONS, **_ALERTS, **_ACTIONS, **_NOTES}
