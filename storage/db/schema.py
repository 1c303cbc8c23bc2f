"""The tables, as numbered steps; each step commits together with its number.

Moments are milliseconds since 1970 UTC; Discord's ids are integers. A step that has landed is
never edited: a change of the tables is a further step.
"""

from __future__ import annotations

from storage.db.schema_duties import DUTIES
from storage.db.schema_later import STEP_2, STEP_3

__all__ = ["APPLICATION_ID", "MIGRATIONS"]

#: Written into the file's header, so that nothing else is mistaken for an archive ("Saln").
APPLICATION_ID = 0x53616C6E

_STEP_1 = """
BEGIN IMMEDIATE;
PRAGMA application_id = 1398893678;

CREATE TABLE servers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    left_at INTEGER -- the bot was removed; NULL while it is there
) STRICT;

-- What the admins of a server chose; a server without a row has the defaults.
CREATE TABLE server_settings (
    server_id INTEGER PRIMARY KEY REFERENCES servers (id),
    time_zone TEXT NOT NULL DEFAULT 'UTC', -- an IANA name
    quiet_from INTEGER, -- minutes after local midnight; NULL: no quiet hours
    quiet_until INTEGER,
    plan TEXT, -- as admins write it; NULL: the plan that comes with Salon
    nudge_hours INTEGER NOT NULL DEFAULT 48, -- 0: no nudges
    tolerance_hours INTEGER NOT NULL DEFAULT 12, -- how late a prompt may be
    prompts_paused_at INTEGER,
    digest_channel_id INTEGER, -- NULL: no digest
    digest_weekday INTEGER, -- 0 is Monday
    digest_minute INTEGER, -- minutes after local midnight
    alerts_channel_id INTEGER, -- where admins are told of last_error; NULL: only in lists and log
    channel_id INTEGER, -- where essays go; NULL: where the command is given
    style TEXT NOT NULL DEFAULT 'threads' CHECK (style IN ('threads', 'thread')),
    show_passage_numbers INTEGER NOT NULL DEFAULT 0, -- whether passages show their numbers
    -- content a message in the channel that replies to nothing is: left alone, or a reply to the
    -- newest open essay there
    plain_messages TEXT NOT NULL DEFAULT 'leave' CHECK (plain_messages IN ('leave', 'join')),
    plain_messages_since INTEGER NOT NULL DEFAULT 0, -- only content was written after this joins
    channel_replies TEXT NOT NULL DEFAULT 'link' CHECK (channel_replies IN ('link', 'move')),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
) STRICT, WITHOUT ROWID;


-- What the admins were told and need not be told again until it has passed.
CREATE TABLE alerts (
    server_id INTEGER NOT NULL REFERENCES servers (id),
    about TEXT NOT NULL, -- content it is about, for instance a channel
    text TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, about)
) STRICT, WITHOUT ROWID;

-- What an admin handed in, kept before the command is acknowledged, so that whatever was
-- acknowledged is carried out even if the process dies in between.
CREATE TABLE submissions (
    id INTEGER PRIMARY KEY, -- the interaction's id
    server_id INTEGER NOT NULL REFERENCES servers (id),
    channel_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    member_name TEXT NOT NULL,
    file_name TEXT,
    file_url TEXT,
    page_url TEXT, -- on the web
    text TEXT,
    title TEXT, -- content the admin gave beside the text; it wins over content is found
    question TEXT,
    style TEXT CHECK (style IN ('threads', 'thread')), -- NULL: content the server chose
    tags TEXT NOT NULL DEFAULT '', -- of a forum's post: ids, a space between them
    essay_id INTEGER, -- the discussion it is a new revision for; NULL: a new essay
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'accepted', 'refused')),
    outcome TEXT, -- the sentence the admin was told, where it was attempts_without_effect
    CHECK (
        state <> 'received'
        OR (file_url IS NOT NULL) + (page_url IS NOT NULL) + (text IS NOT NULL) = 1
    )
) STRICT;
CREATE INDEX submissions_received ON submissions (id) WHERE state = 'received';

CREATE TABLE discussions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    channel_id INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('draft', 'scheduled', 'publishing', 'open', 'closed', 'withdrawn')
    ),
    created_at INTEGER NOT NULL,
    scheduled_for INTEGER, -- when a scheduled one is to be published
    published_at INTEGER,
    -- threads: one a reply; thread: one for the essay; forum: a forum's post
    style TEXT NOT NULL DEFAULT 'threads' CHECK (style IN ('threads', 'thread', 'forum')),
    tags TEXT NOT NULL DEFAULT '', -- of a forum's post: ids, a space between them
    -- the essay's own thread or forum post; it bears the card's id, so it is known once that stands
    thread_id INTEGER UNIQUE
) STRICT;
CREATE INDEX discussions_scheduled ON discussions (scheduled_for) WHERE state = 'scheduled';
CREATE INDEX discussions_by_channel ON discussions (channel_id);
CREATE INDEX discussions_by_server ON discussions (server_id, id);

CREATE TABLE revisions (
    discussion_id INTEGER NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    byline TEXT,
    author TEXT,
    epigraph TEXT,
    epigraph_source TEXT,
    source_url TEXT,
    words INTEGER NOT NULL,
    postscript TEXT,
    language TEXT, -- of the default question; NULL: English
    essay TEXT NOT NULL DEFAULT '{}', -- as it was read, with content an admin changed, as JSON
    closing_question TEXT, -- the closing_question question an admin chose, where one did
    notes TEXT NOT NULL DEFAULT '', -- content could not be shown as it was, a line each
    source BLOB NOT NULL, -- the essay as it was handed in
    source_name TEXT, -- the file's name, where it was one
    content_hash TEXT NOT NULL, -- of the words, so that the same essay is recognised
    created_at INTEGER NOT NULL,
    PRIMARY KEY (discussion_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX revisions_by_title ON revisions (title);

CREATE TABLE questions (
    discussion_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (discussion_id, revision, position),
    FOREIGN KEY (discussion_id, revision) REFERENCES revisions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE passages (
    discussion_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (discussion_id, revision, number),
    FOREIGN KEY (discussion_id, revision) REFERENCES revisions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- New revisions of published essays, shown to an admin and not applied yet; one an essay.
CREATE TABLE pending_revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    discussion_id INTEGER NOT NULL UNIQUE REFERENCES discussions (id) ON DELETE CASCADE,
    essay TEXT NOT NULL, -- as JSON
    closing_question TEXT, -- the closing_question question an admin chose, where one did
    notes TEXT NOT NULL, -- content could not be shown as it was, a line each
    source BLOB NOT NULL,
    source_name TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- Messages the bot has decided to send: planned, then claimed, then sent.
CREATE TABLE planned_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id), -- NULL: a digest, a notice
    purpose TEXT NOT NULL CHECK (
        purpose IN ('card', 'part', 'closing', 'prompt', 'nudge', 'notice')
    ),
    channel_id INTEGER NOT NULL,
    payload TEXT NOT NULL, -- the body of Discord's Create Message, as JSON
    nonce TEXT NOT NULL UNIQUE,
    after_id INTEGER NOT NULL, -- the newest id known in the channel when this was planned
    -- draft: of an essay that is not published yet, so not to be sent
    state TEXT NOT NULL CHECK (state IN ('draft', 'planned', 'claimed', 'sent', 'failed')),
    planned_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL, -- not before this; a failed attempt moves it
    expires_at INTEGER, -- after this it is only looked for, not sent; NULL: never
    failures INTEGER NOT NULL DEFAULT 0, -- attempts that failed of themselves
    attempts INTEGER NOT NULL DEFAULT 0,
    -- attempts that are known to have made no message
    attempts_without_effect INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    sent_at INTEGER,
    message_id INTEGER UNIQUE, -- NULL in a sent post: it was deleted before its id was known
    last_error TEXT, -- why the last attempt failed
    revision INTEGER NOT NULL DEFAULT 1, -- of the essay, the one that it was planned for
    -- a part's text without links to other parts; NULL: as in the payload
    content_without_links TEXT,
    essay_range TEXT, -- where a part's text stands among the essay's items, as JSON
    -- the part before it, where other messages stand between: each links to the other
    previous_part_id INTEGER REFERENCES planned_messages (id),
    deleted_at INTEGER, -- when it was taken away again: the text stands elsewhere, or nowhere
    CHECK (state = 'sent' OR message_id IS NULL)
) STRICT;
CREATE INDEX planned_messages_pending ON planned_messages (channel_id, discussion_id, id)
    WHERE state IN ('planned', 'claimed');
CREATE INDEX planned_messages_by_discussion ON planned_messages (discussion_id, id);

CREATE TABLE planned_message_passages (
    planned_message_id INTEGER NOT NULL REFERENCES planned_messages (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (planned_message_id, revision, number)
) STRICT, WITHOUT ROWID;

-- What members wrote. parent_id is NULL where the essay itself is answered.
CREATE TABLE replies (
    id INTEGER PRIMARY KEY, -- the message's id
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- where it stands: a channel or a thread
    parent_id INTEGER,
    thread_id INTEGER, -- the thread it stands in or heads
    -- the message of the bot's that it answers
    planned_message_id INTEGER REFERENCES planned_messages (id),
    author_id INTEGER NOT NULL,
    author_name TEXT NOT NULL, -- at the time of writing
    text TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    edited_at INTEGER,
    deleted_at INTEGER
) STRICT;
CREATE INDEX replies_by_post ON replies (planned_message_id) WHERE planned_message_id IS NOT NULL;
CREATE INDEX replies_by_discussion ON replies (discussion_id, id);
CREATE INDEX replies_by_server ON replies (server_id, id);

-- Replies in threads that came before the message they reply to.
CREATE TABLE pending_parents (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    reference_id INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_parents_by_reference ON pending_parents (reference_id);

-- The passages a reply answers, of the revision that was current when it was written.
CREATE TABLE reply_passages (
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (reply_id, revision, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachments (
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT,
    size INTEGER NOT NULL, -- bytes
    file_id INTEGER NOT NULL DEFAULT 0, -- Discord's id of it
    PRIMARY KEY (reply_id, position)
) STRICT, WITHOUT ROWID;

-- The bytes of attachments, owed until they are fetched.
CREATE TABLE attachment_files (
    id INTEGER PRIMARY KEY, -- Discord's id of the attachment
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    size INTEGER NOT NULL, -- bytes
    state TEXT NOT NULL CHECK (state IN ('pending', 'stored', 'skipped')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    url TEXT, -- where it can be fetched for a while; NULL once that is over
    last_error TEXT, -- why it is not kept
    content BLOB,
    CHECK ((state = 'stored') = (content IS NOT NULL))
) STRICT;
CREATE INDEX attachment_files_pending ON attachment_files (due_at) WHERE state = 'pending';
CREATE INDEX attachment_files_stored ON attachment_files (size) WHERE state = 'stored';
CREATE INDEX attachment_files_by_reply ON attachment_files (reply_id);

CREATE TABLE reactions (
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    emoji TEXT NOT NULL, -- the character, or name:id of a server's own emoji
    count INTEGER NOT NULL,
    PRIMARY KEY (reply_id, emoji)
) STRICT, WITHOUT ROWID;

-- Threads of a discussion, the wanted ones included; a thread bears its head's id.
CREATE TABLE threads (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- the channel its head stands in
    -- the head's author, who belongs there; 0: nobody, -1: erased_members
    member_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'open', 'ready', 'failed')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- content comes before: the lower; a flood's stand behind others
    priority INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
) STRICT;
CREATE INDEX threads_pending ON threads (priority, id, due_at) WHERE state IN ('planned', 'open');
CREATE INDEX threads_by_member ON threads (server_id, member_id, due_at);
CREATE INDEX threads_by_discussion ON threads (discussion_id, id);

-- The record of a channel or thread has no gap up to and with message_id.
CREATE TABLE watermarks (
    channel_id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    message_id INTEGER NOT NULL,
    -- when the record last was known to be content Discord has
    verified_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Channels and threads that were deleted: hidden at once, erased a week later.
CREATE TABLE deleted_channels (
    channel_id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    deleted_at INTEGER NOT NULL,
    erased_at INTEGER
) STRICT;
CREATE INDEX deleted_channels_pending ON deleted_channels (deleted_at) WHERE erased_at IS NULL;

-- Replies written in the channel that belong into a thread, to be brought there.
CREATE TABLE reply_moves (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- where it was written
    thread_id INTEGER NOT NULL, -- where it belongs
    member_id INTEGER NOT NULL, -- who wrote it
    copyable INTEGER NOT NULL, -- whether it can be copied copyable, for all that is known
    -- copying: a copy may stand already; copied: it stands; removing: the original may be gone

    -- already; done: pointed at, or moved
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'copying', 'copied', 'deleting', 'done', 'failed')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    webhook_id INTEGER, -- the webhook that was last asked for the copy
    signature TEXT, -- a digest of content the copy was last given to say
    copy_id INTEGER UNIQUE, -- the copy in the thread, which is where the reply stands now
    stale INTEGER NOT NULL DEFAULT 0, -- the copy does not say yet content the archive says
    last_error TEXT
) STRICT;
CREATE INDEX reply_moves_by_member ON reply_moves (server_id, member_id, due_at);
CREATE INDEX reply_moves_pending ON reply_moves (due_at)
    WHERE state IN ('planned', 'copying', 'copied', 'deleting') OR stale = 1;

-- Members whose words were erased at their request, and who may have opted out.
CREATE TABLE erased_members (
    server_id INTEGER NOT NULL, -- perhaps of an archive that came before this one
    member_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    opted_out_at INTEGER,
    PRIMARY KEY (server_id, member_id)
) STRICT, WITHOUT ROWID;

-- Posts that are taken away again.
CREATE TABLE temporary_messages (
    planned_message_id INTEGER PRIMARY KEY REFERENCES planned_messages (id) ON DELETE CASCADE,
    reply_id INTEGER NOT NULL, -- the reply it is about
    delete_at INTEGER NOT NULL
) STRICT;
CREATE INDEX temporary_messages_due ON temporary_messages (delete_at);

-- Follow-up messages. The state is the truth; reason says why one was skipped, failed or waits.
CREATE TABLE prompts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id), -- NULL: a digest
    -- step: of a plan, or an admin's; now: sent at once by an admin; only steps count as prompts
    -- in the manners.
    kind TEXT NOT NULL CHECK (kind IN ('step', 'now', 'nudge', 'digest')),
    thread_id INTEGER UNIQUE, -- the thread that is nudged: one nudge, ever
    channel_id INTEGER, -- where it goes; of a step only known once it is claimed
    content TEXT NOT NULL, -- content to say, as admins write it; empty for nudges and digests
    condition TEXT NOT NULL, -- as admins write it; empty: always
    forced INTEGER NOT NULL DEFAULT 0, -- an admin asked for it however many the channel had
    planned_for INTEGER NOT NULL, -- when it was to come
    local_at TEXT, -- the wall-clock time it was to come at, where one was meant
    late_from INTEGER NOT NULL, -- lateness counts from here
    queued_since INTEGER, -- since when it waits for its priority; NULL: since planned_for
    blocked_since INTEGER, -- since when somebody has to mend something before it can be sent
    failures INTEGER NOT NULL DEFAULT 0, -- attempts at sending it that failed of themselves
    due_at INTEGER NOT NULL, -- when it is looked at
    state TEXT NOT NULL CHECK (state IN ('planned', 'claimed', 'sent', 'skipped', 'failed')),
    reason TEXT,
    decided_at INTEGER, -- when it was claimed or skipped
    sent_at INTEGER,
    -- the essay's questions it asked: positions, or 'bare'
    asked_questions TEXT NOT NULL DEFAULT '',
    planned_message_id INTEGER UNIQUE REFERENCES planned_messages (id)
) STRICT;
CREATE INDEX prompts_planned ON prompts (due_at, id) WHERE state = 'planned';
CREATE INDEX prompts_claimed ON prompts (planned_message_id) WHERE state = 'claimed';
CREATE INDEX prompts_by_discussion ON prompts (discussion_id, id);
CREATE INDEX prompts_by_server ON prompts (server_id, state, due_at);
CREATE UNIQUE INDEX prompts_one_digest ON prompts (server_id)
    WHERE kind = 'digest' AND state = 'planned';
CREATE INDEX prompts_by_channel ON prompts (channel_id, state, sent_at) WHERE kind = 'step';

"""
_END_OF_STEP_1 = """
PRAGMA user_version = 1;
COMMIT;
"""

#: Step n brings a database from version n - 1 to n.
MIGRATIONS: tuple[str, ...] = (_STEP_1 + DUTIES + _END_OF_STEP_1, STEP_2, STEP_3)
