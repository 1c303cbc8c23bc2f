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
    zone TEXT NOT NULL DEFAULT 'UTC', -- an IANA name
    quiet_from INTEGER, -- minutes after local midnight; NULL: no quiet hours
    quiet_until INTEGER,
    plan TEXT, -- as admins write it; NULL: the plan that comes with Salon
    nudge_hours INTEGER NOT NULL DEFAULT 48, -- 0: no nudges
    tolerance_hours INTEGER NOT NULL DEFAULT 12, -- how late a prompt may be
    prompts_paused_at INTEGER,
    digest_channel_id INTEGER, -- NULL: no digest
    digest_weekday INTEGER, -- 0 is Monday
    digest_minute INTEGER, -- minutes after local midnight
    notices_channel_id INTEGER, -- where admins are told of trouble; NULL: only in lists and log
    channel_id INTEGER, -- where essays go; NULL: where the command is given
    style TEXT NOT NULL DEFAULT 'threads' CHECK (style IN ('threads', 'thread')),
    numbered INTEGER NOT NULL DEFAULT 0, -- whether passages show their numbers
    -- what a message in the channel that replies to nothing is: left alone, or a reply to the
    -- newest open essay there
    loose TEXT NOT NULL DEFAULT 'leave' CHECK (loose IN ('leave', 'join')),
    loose_since INTEGER NOT NULL DEFAULT 0, -- only what was written after this joins
    bring TEXT NOT NULL DEFAULT 'point' CHECK (bring IN ('point', 'move')),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
) STRICT, WITHOUT ROWID;


-- What the admins were told and need not be told again until it has passed.
CREATE TABLE notices (
    server_id INTEGER NOT NULL REFERENCES servers (id),
    about TEXT NOT NULL, -- what it is about, for instance a channel
    text TEXT NOT NULL,
    told_at INTEGER NOT NULL,
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
    file_address TEXT,
    page_address TEXT, -- on the web
    text TEXT,
    title TEXT, -- what the admin gave beside the text; it wins over what is found
    question TEXT,
    style TEXT CHECK (style IN ('threads', 'thread')), -- NULL: what the server chose
    tags TEXT NOT NULL DEFAULT '', -- of a forum's post: ids, a space between them
    essay_id INTEGER, -- the discussion it is a new revision for; NULL: a new essay
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'accepted', 'refused')),
    outcome TEXT, -- the sentence the admin was told, where it was refused
    CHECK (
        state <> 'received'
        OR (file_address IS NOT NULL) + (page_address IS NOT NULL) + (text IS NOT NULL) = 1
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
    essay TEXT NOT NULL DEFAULT '{}', -- as it was read, with what an admin changed, as JSON
    closing TEXT, -- the closing question an admin chose, where one did
    notes TEXT NOT NULL DEFAULT '', -- what could not be shown as it was, a line each
    source BLOB NOT NULL, -- the essay as it was handed in
    source_name TEXT, -- the file's name, where it was one
    digest TEXT NOT NULL, -- of the words, so that the same essay is recognised
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
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    discussion_id INTEGER NOT NULL UNIQUE REFERENCES discussions (id) ON DELETE CASCADE,
    essay TEXT NOT NULL, -- as JSON
    closing TEXT, -- the closing question an admin chose, where one did
    notes TEXT NOT NULL, -- what could not be shown as it was, a line each
    source BLOB NOT NULL,
    source_name TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- Messages the bot has decided to send: planned, then claimed, then sent.
CREATE TABLE posts (
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
    refused INTEGER NOT NULL DEFAULT 0, -- attempts that are known to have made no message
    first_attempt_at INTEGER,
    sent_at INTEGER,
    message_id INTEGER UNIQUE, -- NULL in a sent post: it was deleted before its id was known
    trouble TEXT, -- why the last attempt failed
    revision INTEGER NOT NULL DEFAULT 1, -- of the essay, the one that it was planned for
    bare TEXT, -- a part's text without links to other parts; NULL: as in the payload
    extent TEXT, -- where a part's text stands among the essay's items, as JSON
    -- the part before it, where other messages stand between: each links to the other
    continues INTEGER REFERENCES posts (id),
    gone_at INTEGER, -- when it was taken away again: the text stands elsewhere, or nowhere
    CHECK (state = 'sent' OR message_id IS NULL)
) STRICT;
CREATE INDEX posts_waiting ON posts (channel_id, discussion_id, id)
    WHERE state IN ('planned', 'claimed');
CREATE INDEX posts_by_discussion ON posts (discussion_id, id);

CREATE TABLE post_passages (
    post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (post_id, revision, number)
) STRICT, WITHOUT ROWID;

-- What members wrote. parent_id is NULL where the essay itself is answered.
CREATE TABLE replies (
    id INTEGER PRIMARY KEY, -- the message's id
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- where it stands: a channel or a thread
    parent_id INTEGER,
    thread_id INTEGER, -- the thread it stands in or heads
    post_id INTEGER REFERENCES posts (id), -- the message of the bot's that it answers
    author_id INTEGER NOT NULL,
    author_name TEXT NOT NULL, -- at the time of writing
    text TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    edited_at INTEGER,
    deleted_at INTEGER
) STRICT;
CREATE INDEX replies_by_post ON replies (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX replies_by_discussion ON replies (discussion_id, id);
CREATE INDEX replies_by_server ON replies (server_id, id);

-- Replies in threads that came before the message they reply to.
CREATE TABLE early_answers (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    reference_id INTEGER NOT NULL
) STRICT;
CREATE INDEX early_answers_by_reference ON early_answers (reference_id);

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
CREATE TABLE files (
    id INTEGER PRIMARY KEY, -- Discord's id of the attachment
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    size INTEGER NOT NULL, -- bytes
    state TEXT NOT NULL CHECK (state IN ('owed', 'kept', 'left')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    address TEXT, -- where it can be fetched for a while; NULL once that is over
    trouble TEXT, -- why it is not kept
    content BLOB,
    CHECK ((state = 'kept') = (content IS NOT NULL))
) STRICT;
CREATE INDEX files_owed ON files (due_at) WHERE state = 'owed';
CREATE INDEX files_kept ON files (size) WHERE state = 'kept';
CREATE INDEX files_by_reply ON files (reply_id);

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
    member_id INTEGER NOT NULL, -- the head's author, who belongs there; 0: nobody, -1: forgotten
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('wanted', 'open', 'ready', 'failed')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    turn INTEGER NOT NULL DEFAULT 0, -- what comes before: the lower; a flood's stand behind others
    trouble TEXT
) STRICT;
CREATE INDEX threads_waiting ON threads (turn, id, due_at) WHERE state IN ('wanted', 'open');
CREATE INDEX threads_by_member ON threads (server_id, member_id, due_at);
CREATE INDEX threads_by_discussion ON threads (discussion_id, id);

-- The record of a channel or thread has no gap up to and with message_id.
CREATE TABLE watermarks (
    channel_id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    message_id INTEGER NOT NULL,
    true_at INTEGER NOT NULL DEFAULT 0 -- when the record last was known to be what Discord has
) STRICT;

-- Channels and threads that were deleted: hidden at once, erased a week later.
CREATE TABLE gone (
    channel_id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    gone_at INTEGER NOT NULL,
    erased_at INTEGER
) STRICT;
CREATE INDEX gone_waiting ON gone (gone_at) WHERE erased_at IS NULL;

-- Replies written in the channel that belong into a thread, to be brought there.
CREATE TABLE bringings (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- where it was written
    thread_id INTEGER NOT NULL, -- where it belongs
    member_id INTEGER NOT NULL, -- who wrote it
    whole INTEGER NOT NULL, -- whether it can be copied whole, for all that is known
    -- copying: a copy may stand already; copied: it stands; removing: the original may be gone
    -- already; done: pointed at, or moved
    state TEXT NOT NULL
        CHECK (state IN ('wanted', 'copying', 'copied', 'removing', 'done', 'failed')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    webhook_id INTEGER, -- the webhook that was last asked for the copy
    signature TEXT, -- a digest of what the copy was last given to say
    copy_id INTEGER UNIQUE, -- the copy in the thread, which is where the reply stands now
    stale INTEGER NOT NULL DEFAULT 0, -- the copy does not say yet what the archive says
    trouble TEXT
) STRICT;
CREATE INDEX bringings_by_member ON bringings (server_id, member_id, due_at);
CREATE INDEX bringings_waiting ON bringings (due_at)
    WHERE state IN ('wanted', 'copying', 'copied', 'removing') OR stale = 1;

-- Members who asked to be forgotten: of what they wrote up to then nothing is kept, and where
-- they asked to be kept out, nothing from then on. The same stands in a file beside this one.
CREATE TABLE forgotten (
    server_id INTEGER NOT NULL, -- perhaps of an archive that came before this one
    member_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kept_out_since INTEGER,
    PRIMARY KEY (server_id, member_id)
) STRICT, WITHOUT ROWID;

-- Posts that are taken away again.
CREATE TABLE passing_posts (
    post_id INTEGER PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    reply_id INTEGER NOT NULL, -- the reply it is about
    remove_at INTEGER NOT NULL
) STRICT;
CREATE INDEX passing_posts_due ON passing_posts (remove_at);

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
    what TEXT NOT NULL, -- what to say, as admins write it; empty for nudges and digests
    condition TEXT NOT NULL, -- as admins write it; empty: always
    anyway INTEGER NOT NULL DEFAULT 0, -- an admin asked for it however many the channel had
    planned_for INTEGER NOT NULL, -- when it was to come
    local_at TEXT, -- the wall-clock time it was to come at, where one was meant
    owed_at INTEGER NOT NULL, -- lateness counts from here
    turn_from INTEGER, -- since when it waits for its turn; NULL: since planned_for
    stuck_since INTEGER, -- since when somebody has to mend something before it can be sent
    failures INTEGER NOT NULL DEFAULT 0, -- attempts at sending it that failed of themselves
    due_at INTEGER NOT NULL, -- when it is looked at
    state TEXT NOT NULL CHECK (state IN ('planned', 'claimed', 'sent', 'skipped', 'failed')),
    reason TEXT,
    decided_at INTEGER, -- when it was claimed or skipped
    sent_at INTEGER,
    asked TEXT NOT NULL DEFAULT '', -- the essay's questions it asked: positions, or 'bare'
    post_id INTEGER UNIQUE REFERENCES posts (id)
) STRICT;
CREATE INDEX prompts_planned ON prompts (due_at, id) WHERE state = 'planned';
CREATE INDEX prompts_claimed ON prompts (post_id) WHERE state = 'claimed';
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
