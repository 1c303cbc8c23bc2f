-- The first tables.
--
-- Times are milliseconds since 1970 in UTC. Discord's ids are integers. Within a table, small
-- columns come before large ones: SQLite reads a row from its beginning.
--
-- Once released, this file is never edited: a change is a further file. The migrator runs each
-- file in one transaction and sets user_version with it (storage/db/migrate.py).

-- Tells a Salon archive from other databases ("Salo" in ASCII; see storage/db/migrate.py).
PRAGMA application_id = 1398893679;


-- == Kinds ==
-- A new kind is a new row, added by a migration; what the bot does with it is in the code.

-- What a planned message is for.
CREATE TABLE message_purposes (
    purpose TEXT PRIMARY KEY,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO message_purposes (purpose, description) VALUES
    ('card', 'the opening card of a discussion'),
    ('part', 'a part of an essay'),
    ('closing', 'the closing question of a discussion'),
    ('prompt', 'a follow-up prompt, the weekly digest included'),
    ('nudge', 'a nudge in a thread nobody answered'),
    ('notice', 'a notice to members or an alert to admins');

-- What can be done to something that was posted.
CREATE TABLE message_edit_kinds (
    kind TEXT PRIMARY KEY,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO message_edit_kinds (kind, description) VALUES
    ('edit', 'edit a message'),
    ('delete', 'delete a message'),
    ('remove', 'delete a message, or edit it if somebody answered it'),
    ('lock', 'lock a thread'),
    ('unlock', 'unlock a thread'),
    ('rename', 'rename a thread');

-- How a prompt came to be planned.
CREATE TABLE prompt_kinds (
    kind TEXT PRIMARY KEY,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO prompt_kinds (kind, description) VALUES
    ('step', 'a step of the plan, or a prompt an admin scheduled'),
    ('now', 'a prompt an admin sent at once; the prompt policy doesn''t count it'),
    ('nudge', 'a reminder in a thread nobody answered'),
    ('digest', 'the weekly digest');

-- How the replies to an essay are threaded.
CREATE TABLE discussion_styles (
    style TEXT PRIMARY KEY,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO discussion_styles (style, description) VALUES
    ('threads', 'a thread for each reply to the essay'),
    ('thread', 'one thread for the whole essay'),
    ('forum', 'the essay is a post in a forum channel');


-- == Servers ==

-- The servers the bot is in, or left a short time ago.
CREATE TABLE servers (
    id INTEGER PRIMARY KEY,
    joined_at INTEGER NOT NULL,
    left_at INTEGER, -- when the bot was removed; NULL while it is there
    name TEXT NOT NULL
) STRICT;
CREATE INDEX servers_left ON servers (left_at) WHERE left_at IS NOT NULL;

-- What the admins of a server chose; a server without a row has the defaults.
CREATE TABLE server_settings (
    server_id INTEGER PRIMARY KEY REFERENCES servers (id),
    time_zone TEXT NOT NULL DEFAULT 'UTC', -- an IANA name
    quiet_from INTEGER, -- minutes after local midnight; NULL: no quiet hours
    quiet_until INTEGER,
    nudge_hours INTEGER NOT NULL DEFAULT 48, -- 0: no nudges
    tolerance_hours INTEGER NOT NULL DEFAULT 12, -- how late a prompt may be sent
    prompts_paused_at INTEGER, -- NULL: not paused
    digest_channel_id INTEGER, -- NULL: no digest
    digest_weekday INTEGER, -- 0 is Monday
    digest_minute INTEGER, -- minutes after local midnight
    alerts_channel_id INTEGER, -- where admins are alerted; NULL: only in lists and in the log
    channel_id INTEGER, -- where essays are posted; NULL: where the command is given
    style TEXT NOT NULL DEFAULT 'threads' REFERENCES discussion_styles (style)
        CHECK (style <> 'forum'),
    show_passage_numbers INTEGER NOT NULL DEFAULT 0,
    -- what to do with a message in an essay channel that isn't a Discord reply: ignore it, or
    -- record it as a reply to the newest open essay there
    plain_messages TEXT NOT NULL DEFAULT 'leave' CHECK (plain_messages IN ('leave', 'join')),
    plain_messages_since INTEGER NOT NULL DEFAULT 0, -- only messages written after this join
    -- what to do with a channel reply that belongs in a thread: link to the thread, or move it
    channel_replies TEXT NOT NULL DEFAULT 'link' CHECK (channel_replies IN ('link', 'move')),
    plan TEXT, -- the prompts of an essay, as admins write them; NULL: the default plan
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
) STRICT, WITHOUT ROWID;

-- Who did what to which essay.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id), -- NULL: it was about the server's settings
    member_id INTEGER NOT NULL,
    done_at INTEGER NOT NULL,
    member_name TEXT NOT NULL,
    action TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_by_member ON audit_log (server_id, member_id, id);
CREATE INDEX audit_log_by_discussion ON audit_log (discussion_id, id)
    WHERE discussion_id IS NOT NULL;

-- The slash commands that were last registered with Discord, by their hash.
CREATE TABLE command_syncs (
    application_id INTEGER PRIMARY KEY,
    synced_at INTEGER NOT NULL,
    payload_hash TEXT NOT NULL
) STRICT;


-- == Essays ==

-- What an admin submitted, stored before the command is acknowledged, so that an acknowledged
-- submission is processed even if the bot stops in between.
CREATE TABLE submissions (
    id INTEGER PRIMARY KEY, -- the interaction's id
    server_id INTEGER NOT NULL REFERENCES servers (id),
    channel_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    essay_id INTEGER, -- the discussion it is a new revision for; NULL: a new essay
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'accepted', 'refused')),
    style TEXT REFERENCES discussion_styles (style), -- NULL: the one in the server's settings
    tags TEXT NOT NULL DEFAULT '', -- of a forum post: ids separated by spaces
    content_hash TEXT, -- what an accepted one is recognized by, while an older one is unfinished
    member_name TEXT NOT NULL,
    file_name TEXT,
    title TEXT, -- given by the admin; used instead of the one found in the text
    question TEXT, -- given by the admin; asked instead of the one found in the text
    outcome TEXT, -- the sentence the admin got, if it was refused
    file_url TEXT,
    page_url TEXT, -- a page on the web
    text TEXT,
    CHECK (style IS NULL OR style <> 'forum'),
    CHECK (
        state <> 'received'
        OR (file_url IS NOT NULL) + (page_url IS NOT NULL) + (text IS NOT NULL) = 1
    )
) STRICT;
CREATE INDEX submissions_received ON submissions (id) WHERE state = 'received';
CREATE INDEX submissions_by_member ON submissions (server_id, member_id, id);
CREATE INDEX submissions_hashed ON submissions (content_hash, id) WHERE content_hash IS NOT NULL;

-- Essays as hosted in a channel, from draft to closed.
CREATE TABLE discussions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    channel_id INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('draft', 'scheduled', 'publishing', 'open', 'closed', 'withdrawn')
    ),
    style TEXT NOT NULL DEFAULT 'threads' REFERENCES discussion_styles (style),
    created_at INTEGER NOT NULL,
    scheduled_for INTEGER, -- when a scheduled one is to be published
    published_at INTEGER,
    -- the essay's own thread or forum post; it has the card's id, so NULL until that is sent
    thread_id INTEGER UNIQUE,
    tags TEXT NOT NULL DEFAULT '' -- of a forum post: ids separated by spaces
) STRICT;
CREATE INDEX discussions_scheduled ON discussions (scheduled_for) WHERE state = 'scheduled';
CREATE INDEX discussions_live ON discussions (server_id, channel_id, style)
    WHERE state IN ('scheduled', 'publishing', 'open');
CREATE INDEX discussions_by_channel ON discussions (channel_id, id);
CREATE INDEX discussions_by_server ON discussions (server_id, id);

-- The versions of an essay, numbered from 1.
CREATE TABLE revisions (
    discussion_id INTEGER NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    words INTEGER NOT NULL,
    language TEXT, -- of the default question; NULL: English
    content_hash TEXT NOT NULL, -- of the words, to recognize the same essay
    title TEXT NOT NULL,
    byline TEXT,
    author TEXT,
    epigraph TEXT,
    epigraph_source TEXT,
    source_url TEXT,
    source_name TEXT, -- the file's name, if it was a file
    closing_question TEXT, -- chosen by an admin; NULL: the essay's own or the default one
    postscript TEXT,
    notes TEXT NOT NULL DEFAULT '', -- what couldn't be reproduced exactly, one a line
    PRIMARY KEY (discussion_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX revisions_by_title ON revisions (title);

-- The text and the source of a revision, megabytes perhaps.
CREATE TABLE revision_contents (
    discussion_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    essay TEXT NOT NULL, -- as it was read, with an admin's changes, as JSON
    source BLOB NOT NULL, -- as it was submitted
    PRIMARY KEY (discussion_id, number),
    FOREIGN KEY (discussion_id, number) REFERENCES revisions ON DELETE CASCADE
) STRICT;

-- The closing questions of a revision.
CREATE TABLE questions (
    discussion_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL, -- from 0
    text TEXT NOT NULL,
    PRIMARY KEY (discussion_id, revision, position),
    FOREIGN KEY (discussion_id, revision) REFERENCES revisions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The numbered passages of a revision.
CREATE TABLE passages (
    discussion_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    number INTEGER NOT NULL, -- from 1
    text TEXT NOT NULL,
    PRIMARY KEY (discussion_id, revision, number),
    FOREIGN KEY (discussion_id, revision) REFERENCES revisions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- New revisions of published essays that an admin has seen and not applied yet; one an essay.
CREATE TABLE pending_revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    discussion_id INTEGER NOT NULL UNIQUE REFERENCES discussions (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    source_name TEXT,
    closing_question TEXT, -- chosen by an admin
    notes TEXT NOT NULL -- what couldn't be reproduced exactly, one a line
) STRICT;

-- The text and the source of a pending revision.
CREATE TABLE pending_revision_contents (
    id INTEGER PRIMARY KEY REFERENCES pending_revisions (id) ON DELETE CASCADE,
    essay TEXT NOT NULL, -- as JSON
    source BLOB NOT NULL
) STRICT;


-- == Delivery ==

-- Messages the bot has decided to send: planned, then claimed, then sent or failed.
CREATE TABLE planned_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id), -- NULL: a digest, an alert
    channel_id INTEGER NOT NULL,
    -- draft: of an essay that isn't published yet, so not to be sent
    state TEXT NOT NULL CHECK (state IN ('draft', 'planned', 'claimed', 'sent', 'failed')),
    purpose TEXT NOT NULL REFERENCES message_purposes (purpose),
    planned_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL, -- not sent before this; a failed attempt moves it
    expires_at INTEGER, -- after this it is only looked for, not sent; NULL: never
    failures INTEGER NOT NULL DEFAULT 0, -- failed attempts, but for missing permissions
    attempts INTEGER NOT NULL DEFAULT 0,
    -- attempts that are known to have created no message
    attempts_without_effect INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    sent_at INTEGER,
    message_id INTEGER UNIQUE, -- NULL in a sent one: deleted before its id was known
    after_id INTEGER NOT NULL, -- the newest id known in the channel when this was planned
    revision INTEGER NOT NULL DEFAULT 1, -- of the essay, that it was planned for
    -- the part before it, if other messages are between the two: each links to the other
    previous_part_id INTEGER REFERENCES planned_messages (id),
    deleted_at INTEGER, -- when it was deleted again
    nonce TEXT NOT NULL UNIQUE,
    last_error TEXT, -- why the last attempt failed
    essay_range TEXT, -- which of the essay's items a part contains, as JSON
    -- a part's text without links to other parts; NULL: as in the payload
    content_without_links TEXT,
    payload TEXT NOT NULL, -- the body of Discord's Create Message, as JSON
    CHECK (state = 'sent' OR message_id IS NULL)
) STRICT;
-- By id, which is the order of sending: a claim reads nothing but this.
CREATE INDEX planned_messages_pending ON planned_messages (id)
    WHERE state IN ('planned', 'claimed');
-- Essays on their way into a channel, in the order in which they are published.
CREATE INDEX planned_messages_publishing
    ON planned_messages (channel_id, planned_at, discussion_id, id)
    WHERE state IN ('planned', 'claimed') AND purpose IN ('card', 'part', 'closing');
CREATE INDEX planned_messages_failed ON planned_messages (planned_at) WHERE state = 'failed';
CREATE INDEX planned_messages_by_channel ON planned_messages (channel_id, discussion_id);
CREATE INDEX planned_messages_by_discussion ON planned_messages (discussion_id, id);
CREATE INDEX planned_messages_by_server ON planned_messages (server_id, purpose, id);
CREATE INDEX planned_messages_by_previous_part ON planned_messages (previous_part_id)
    WHERE previous_part_id IS NOT NULL;

-- The passages a planned message contains.
CREATE TABLE planned_message_passages (
    planned_message_id INTEGER NOT NULL REFERENCES planned_messages (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (planned_message_id, revision, number)
) STRICT, WITHOUT ROWID;

-- Messages of the bot's that are deleted after a while.
CREATE TABLE temporary_messages (
    planned_message_id INTEGER PRIMARY KEY REFERENCES planned_messages (id) ON DELETE CASCADE,
    reply_id INTEGER NOT NULL, -- the reply it is about; 0: none
    delete_at INTEGER NOT NULL
) STRICT;
CREATE INDEX temporary_messages_due ON temporary_messages (delete_at);

-- Edits, deletions, locks and renames to make in Discord; all of them can be repeated safely.
CREATE TABLE message_edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id),
    state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'failed')),
    kind TEXT NOT NULL REFERENCES message_edit_kinds (kind),
    channel_id INTEGER NOT NULL, -- of the message; of a thread its own id
    message_id INTEGER, -- NULL: it is about a thread
    revision INTEGER, -- of the essay, that it applies to the messages; these are made in order
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    payload TEXT -- of an edit: the body of Discord's Edit Message, as JSON
) STRICT;
CREATE INDEX message_edits_planned ON message_edits (due_at, id) WHERE state = 'planned';
CREATE INDEX message_edits_failed ON message_edits (due_at) WHERE state = 'failed';
CREATE INDEX message_edits_by_channel ON message_edits (channel_id, id) WHERE state = 'planned';
CREATE INDEX message_edits_by_discussion ON message_edits (discussion_id, id)
    WHERE discussion_id IS NOT NULL;
CREATE INDEX message_edits_by_revision ON message_edits (discussion_id, id)
    WHERE revision IS NOT NULL;
CREATE INDEX message_edits_by_server ON message_edits (server_id);

-- Threads of a discussion, those still to be opened included; a thread has its first message's id.
CREATE TABLE threads (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- the channel its first message is in
    -- the first message's author, who is added to it; 0: nobody, -1: somebody who was erased
    member_id INTEGER NOT NULL,
    -- planned: to be opened; open: its author is to be added; ready: nothing is left to do
    state TEXT NOT NULL CHECK (state IN ('planned', 'open', 'ready', 'failed')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- lower ones are opened first; threads of a member who opens many come after others
    priority INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL,
    last_error TEXT
) STRICT;
CREATE INDEX threads_pending ON threads (priority, id, due_at) WHERE state IN ('planned', 'open');
CREATE INDEX threads_failed ON threads (due_at) WHERE state = 'failed';
CREATE INDEX threads_by_channel ON threads (channel_id);
CREATE INDEX threads_by_member ON threads (server_id, member_id, due_at);
CREATE INDEX threads_by_discussion ON threads (discussion_id, id);

-- Problems the admins were alerted to; there is no second alert until the problem has passed.
CREATE TABLE alerts (
    server_id INTEGER NOT NULL REFERENCES servers (id),
    about TEXT NOT NULL, -- for instance a channel
    sent_at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (server_id, about)
) STRICT, WITHOUT ROWID;


-- == Replies ==

-- What members wrote; they form a tree whose root is the essay.
CREATE TABLE replies (
    id INTEGER PRIMARY KEY, -- the message's id
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- the channel or thread it is in
    parent_id INTEGER, -- NULL: the essay itself
    thread_id INTEGER, -- the thread it is in or is the first message of
    -- the message of the bot's that it answers
    planned_message_id INTEGER REFERENCES planned_messages (id),
    author_id INTEGER NOT NULL, -- 0: somebody who was erased
    written_at INTEGER NOT NULL,
    edited_at INTEGER,
    deleted_at INTEGER,
    author_name TEXT NOT NULL, -- at the time of writing
    text TEXT NOT NULL
) STRICT;
CREATE INDEX replies_by_planned_message ON replies (planned_message_id) WHERE planned_message_id IS NOT NULL;
CREATE INDEX replies_by_discussion ON replies (discussion_id, id);
CREATE INDEX replies_by_server ON replies (server_id, id);
CREATE INDEX replies_by_channel ON replies (channel_id);
-- To count replies, and to find the busiest thread, without reading the replies.
CREATE INDEX replies_present ON replies (discussion_id, thread_id, author_id, id)
    WHERE deleted_at IS NULL;
-- Answers in a channel.
CREATE INDEX replies_by_parent ON replies (parent_id)
    WHERE parent_id IS NOT NULL AND thread_id IS NULL;

-- Replies in threads that arrived before the message they reply to.
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

-- The files attached to replies.
CREATE TABLE attachments (
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    file_id INTEGER NOT NULL DEFAULT 0, -- Discord's id of it
    size INTEGER NOT NULL, -- bytes
    type TEXT,
    name TEXT NOT NULL,
    PRIMARY KEY (reply_id, position)
) STRICT, WITHOUT ROWID;

-- The bytes of attached files: pending until they are downloaded.
CREATE TABLE attachment_files (
    id INTEGER PRIMARY KEY, -- Discord's id of the attachment
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    size INTEGER NOT NULL, -- bytes
    state TEXT NOT NULL CHECK (state IN ('pending', 'stored', 'skipped')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    url TEXT, -- a signed address that expires; NULL: to be asked for again
    last_error TEXT, -- why it isn't stored
    content BLOB,
    CHECK ((state = 'stored') = (content IS NOT NULL))
) STRICT;
CREATE INDEX attachment_files_pending ON attachment_files (due_at) WHERE state = 'pending';
CREATE INDEX attachment_files_stored ON attachment_files (size) WHERE state = 'stored';
CREATE INDEX attachment_files_by_reply ON attachment_files (reply_id);

-- How many reactions a reply has, by emoji.
CREATE TABLE reactions (
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    emoji TEXT NOT NULL, -- the character, or name:id of a server's own emoji
    count INTEGER NOT NULL,
    PRIMARY KEY (reply_id, emoji)
) STRICT, WITHOUT ROWID;

-- Replies written in a channel that belong in a thread: a link is posted, or a copy replaces them.
CREATE TABLE reply_moves (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- where it was written
    thread_id INTEGER NOT NULL, -- where it belongs
    member_id INTEGER NOT NULL, -- who wrote it; 0: somebody who was erased
    copyable INTEGER NOT NULL, -- 0: nothing but a link is possible
    -- copying: a copy may exist; copied: it exists; deleting: the original may be deleted already;
    -- done: linked or moved
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'copying', 'copied', 'deleting', 'done', 'failed')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    webhook_id INTEGER, -- the webhook that was last asked to post the copy
    copy_id INTEGER UNIQUE, -- the copy in the thread, where the reply is from then on
    stale INTEGER NOT NULL DEFAULT 0, -- 1: the copy has to be updated from the archive
    signature TEXT, -- a hash of the copy's content as last sent
    last_error TEXT
) STRICT;
CREATE INDEX reply_moves_by_member ON reply_moves (server_id, member_id, due_at);
CREATE INDEX reply_moves_by_discussion ON reply_moves (discussion_id);
CREATE INDEX reply_moves_copies ON reply_moves (thread_id) WHERE copy_id IS NOT NULL;
-- By id, which is the order in which the replies were written.
CREATE INDEX reply_moves_pending ON reply_moves (reply_id)
    WHERE state IN ('planned', 'copying', 'copied', 'deleting') OR stale = 1;
CREATE INDEX reply_moves_planned ON reply_moves (reply_id) WHERE state = 'planned';
CREATE INDEX reply_moves_copied ON reply_moves (thread_id) WHERE state = 'copied';
CREATE INDEX reply_moves_failed ON reply_moves (due_at) WHERE state = 'failed';

-- Up to which message the record of a channel or thread is complete.
CREATE TABLE watermarks (
    channel_id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    message_id INTEGER NOT NULL,
    verified_at INTEGER NOT NULL DEFAULT 0 -- when it last was known to equal what Discord has
) STRICT;
CREATE INDEX watermarks_by_server ON watermarks (server_id);

-- Channels and threads that were deleted: hidden at once, erased a week later.
CREATE TABLE deleted_channels (
    channel_id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    deleted_at INTEGER NOT NULL,
    erased_at INTEGER
) STRICT;
CREATE INDEX deleted_channels_pending ON deleted_channels (deleted_at) WHERE erased_at IS NULL;
CREATE INDEX deleted_channels_by_server ON deleted_channels (server_id);


-- == Prompts ==

-- Follow-up messages, planned ones and past ones.
CREATE TABLE prompts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER REFERENCES discussions (id), -- NULL: a digest
    state TEXT NOT NULL CHECK (state IN ('planned', 'claimed', 'sent', 'skipped', 'failed')),
    kind TEXT NOT NULL REFERENCES prompt_kinds (kind),
    thread_id INTEGER UNIQUE, -- the thread that is nudged: at most one nudge, ever
    channel_id INTEGER, -- where it is sent; NULL: not known yet
    planned_message_id INTEGER UNIQUE REFERENCES planned_messages (id),
    forced INTEGER NOT NULL DEFAULT 0, -- 1: an admin asked for it however many the channel had
    planned_for INTEGER NOT NULL, -- when it was meant to be sent
    late_from INTEGER NOT NULL, -- its lateness counts from here
    queued_since INTEGER, -- since when it waits for others in the channel; NULL: since planned_for
    blocked_since INTEGER, -- since when it waits for an admin to fix something
    failures INTEGER NOT NULL DEFAULT 0, -- failed attempts to send it, but for permissions
    due_at INTEGER NOT NULL, -- when it is decided on
    decided_at INTEGER, -- when it was claimed or skipped
    sent_at INTEGER,
    local_at TEXT, -- the local time it was meant for, if one was given
    -- the essay's questions it asked: positions, or 'bare'
    asked_questions TEXT NOT NULL DEFAULT '',
    condition TEXT NOT NULL, -- as admins write it; empty: always
    reason TEXT, -- why it waits, or was skipped, or failed
    content TEXT NOT NULL -- as admins write it; empty for nudges and digests
) STRICT;
CREATE INDEX prompts_planned ON prompts (due_at, id) WHERE state = 'planned';
CREATE INDEX prompts_claimed ON prompts (planned_message_id) WHERE state = 'claimed';
CREATE INDEX prompts_failed ON prompts (due_at) WHERE state = 'failed';
CREATE INDEX prompts_by_discussion ON prompts (discussion_id, id);
CREATE INDEX prompts_by_server ON prompts (server_id, state, due_at);
CREATE UNIQUE INDEX prompts_one_digest ON prompts (server_id)
    WHERE kind = 'digest' AND state = 'planned';
CREATE INDEX prompts_by_channel ON prompts (channel_id, state, sent_at) WHERE kind = 'step';

-- Discussions whose prompts an admin has paused.
CREATE TABLE prompt_pauses (
    discussion_id INTEGER PRIMARY KEY REFERENCES discussions (id) ON DELETE CASCADE,
    paused_at INTEGER NOT NULL
) STRICT;


-- == Privacy ==

-- Members whose words were erased at their request, and who may have opted out. There is no
-- foreign key: this outlives the server's other rows, and a restored backup.
CREATE TABLE erased_members (
    member_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    erased_at INTEGER NOT NULL, -- nothing they wrote up to then is stored
    opted_out_at INTEGER, -- nothing they wrote from then on is stored; NULL: they didn't opt out
    PRIMARY KEY (member_id, server_id)
) STRICT, WITHOUT ROWID;
