"""Discord's limits, each with the page of its documentation (https://docs.discord.com).

Where Discord says characters, count UTF-16 units: ``count_utf16_units`` is never less than what
Discord counts, which its pages don't define.
"""

from __future__ import annotations

from typing import Final

# -- messages -------------------------------------------------------------------------------------

#: Characters of a message's content (docs: Message Resource › Create Message).
MESSAGE_CONTENT: Final = 2_000
#: Characters of a nonce (docs: Message Resource › Create Message).
NONCE: Final = 25
#: Bytes of one file (docs: Reference › Uploading Files; a server's boosts may allow more).
FILE_BYTES: Final = 10 * 1024 * 1024
#: Bytes of one request with all of its files (docs: Reference › Uploading Files).
REQUEST_BYTES: Final = 25 * 1024 * 1024
#: Files of one message (docs: Message Resource › Create Message).
FILES: Final = 10
#: Bytes of all pictures of one message of an essay; the rest of a request is left for its text.
PICTURES_BYTES: Final = 24 * 1024 * 1024
#: Characters of an attachment's description (docs: Message Resource › Attachment Object).
DESCRIPTION: Final = 1_024
#: Answers of a poll, and characters of its question and of one answer (docs: Poll Resource).
POLL_ANSWERS: Final = 10
POLL_QUESTION: Final = 300
POLL_ANSWER: Final = 55

# -- components -----------------------------------------------------------------------------------

#: Characters of all text displays of a message together (docs: Components Reference › Text
#: Display).
COMPONENT_TEXT: Final = 4_000
#: Characters of a link button's address (docs: Components Reference › Button).
BUTTON_URL: Final = 512
#: Characters of a button's label (docs: Components Reference › Button).
BUTTON_LABEL: Final = 80
#: Characters of a component's or modal's custom_id (docs: Components Reference › Custom ID).
CUSTOM_ID: Final = 100

# -- modals ---------------------------------------------------------------------------------------

#: Characters of a modal's title (docs: Receiving and Responding to Interactions › Modal).
MODAL_TITLE: Final = 45
#: Characters of a field's label and of its description (docs: Components Reference › Label).
FIELD_LABEL: Final = 45
FIELD_DESCRIPTION: Final = 100
#: Characters of a text field (docs: Components Reference › Text Input).
FIELD_TEXT: Final = 4_000

# -- interactions ---------------------------------------------------------------------------------

#: Choices offered while somebody types (docs: Application Commands › Autocomplete), and characters
#: of a choice's name and value (docs: Application Commands › Application Command Option Choice).
AUTOCOMPLETE_CHOICES: Final = 25
CHOICE: Final = 100
#: Seconds for which an interaction can be followed up (docs: Receiving and Responding to
#: Interactions › Followup Messages).
INTERACTION_SECONDS: Final = 900

# -- channels, threads, members -------------------------------------------------------------------

#: Characters of a thread's name (docs: Channel Resource › Start Thread from Message).
THREAD_NAME: Final = 100
#: Minutes without messages after which a thread is archived, at most: a week (docs: Channel
#: Resource › Channel Object, default_auto_archive_duration).
AUTO_ARCHIVE_MINUTES: Final = 10_080
#: Tags of a forum post (docs: Channel Resource › Start Thread in Forum or Media Channel).
FORUM_TAGS: Final = 5
#: Characters of a member's nickname (docs: User Resource › Usernames and Nicknames).
NICKNAME: Final = 32
#: Characters of a webhook's name (docs: Webhook Resource › Create Webhook).
WEBHOOK_NAME: Final = 80

# -- calls ----------------------------------------------------------------------------------------

#: Calls a second (docs: Topics › Rate Limits › Global Rate Limit).
CALLS_PER_SECOND: Final = 50
#: Messages that one call returns (docs: Message Resource › Get Channel Messages).
HISTORY_PAGE: Final = 100
#: Archived threads that one call returns (docs: Channel Resource › List Public Archived Threads).
THREADS_PAGE: Final = 100
#: Members by id in one request (docs: Gateway Events › Request Guild Members).
MEMBERS_PER_REQUEST: Final = 100
#: Messages published to a channel's followers within so many milliseconds. Discord documents no
#: number; ten an hour is what its client names.
CROSSPOSTS: Final = 10
CROSSPOSTS_WITHIN_MS: Final = 3_600_000
