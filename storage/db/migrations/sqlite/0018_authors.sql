-- The members who wrote an essay, and the questions that other members ask them.

-- The authors of an essay who are members of the server.
CREATE TABLE essay_authors (
    discussion_id INTEGER NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    PRIMARY KEY (discussion_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX essay_authors_by_member ON essay_authors (server_id, member_id);

-- The authors that a pending revision gives to its essay when it is applied.
CREATE TABLE pending_authors (
    revision_id INTEGER NOT NULL REFERENCES pending_revisions (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    PRIMARY KEY (revision_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_authors_by_member ON pending_authors (server_id, member_id);

-- Replies that are questions to the essay's authors.
CREATE TABLE author_questions (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    -- the question that an author says is the same; NULL: none, or it was erased
    same_as_id INTEGER REFERENCES author_questions (reply_id) ON DELETE SET NULL,
    later_at INTEGER -- when an author put it behind the others; NULL: not
) STRICT;
CREATE INDEX author_questions_by_discussion ON author_questions (discussion_id, reply_id);
CREATE INDEX author_questions_by_server ON author_questions (server_id);
CREATE INDEX author_questions_by_same ON author_questions (same_as_id)
    WHERE same_as_id IS NOT NULL;

-- Authors who want a direct message about new questions, at most one a day.
CREATE TABLE author_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    member_id INTEGER NOT NULL,
    -- on: the next one is due; sending: a message may exist; refused: Discord doesn't let the bot
    -- send them any
    state TEXT NOT NULL CHECK (state IN ('on', 'sending', 'refused')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    told_until INTEGER NOT NULL DEFAULT 0, -- the newest question that a message was about
    telling_until INTEGER NOT NULL DEFAULT 0, -- the newest one that the message being sent is about
    channel_id INTEGER, -- of their direct messages with the bot
    after_id INTEGER, -- the newest message there before the one that is being sent
    last_error TEXT,
    content TEXT, -- of the message that is being sent; it names no member
    UNIQUE (server_id, member_id)
) STRICT;
CREATE INDEX author_messages_due ON author_messages (due_at) WHERE state IN ('on', 'sending');

-- The cover given with an essay: an uploaded picture, or an address; NULL: the text's own.
ALTER TABLE submissions ADD COLUMN cover_url TEXT;
ALTER TABLE submissions ADD COLUMN cover_file_name TEXT;
ALTER TABLE submissions ADD COLUMN cover_file_url TEXT;
ALTER TABLE submissions ADD COLUMN cover_file_size INTEGER; -- bytes

-- 1: it is a question to the authors.
ALTER TABLE answers ADD COLUMN asks_author INTEGER NOT NULL DEFAULT 0;
