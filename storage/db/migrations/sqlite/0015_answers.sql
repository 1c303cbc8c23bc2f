-- Answers that members entered in a form: posted by the bot, and then replies of theirs.
CREATE TABLE answers (
    id INTEGER PRIMARY KEY, -- the interaction that submitted it
    server_id INTEGER NOT NULL REFERENCES servers (id),
    discussion_id INTEGER NOT NULL REFERENCES discussions (id),
    channel_id INTEGER NOT NULL, -- the channel or thread it is posted in
    answered_id INTEGER NOT NULL, -- the message of the bot's that it answers
    member_id INTEGER NOT NULL, -- 0: somebody who was erased
    revision INTEGER NOT NULL, -- the essay's revision that the form showed
    passage INTEGER, -- NULL: the whole essay
    -- choosing: the member hasn't said yet where it belongs; posting: a message may exist;
    -- posted: it exists; done: it is a reply
    state TEXT NOT NULL
        CHECK (state IN ('choosing', 'planned', 'posting', 'posted', 'done', 'failed')),
    submitted_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    webhook_id INTEGER, -- the webhook it is posted with; NULL: the bot itself posts it
    message_id INTEGER UNIQUE, -- the message it was posted as
    avatar TEXT, -- the hash of the member's avatar
    link TEXT, -- to the message with the passage
    signature TEXT, -- a hash of the message, by which it is found
    last_error TEXT,
    member_name TEXT NOT NULL, -- empty once it is a reply
    text TEXT NOT NULL -- empty once it is a reply
) STRICT;
CREATE INDEX answers_due ON answers (due_at) WHERE state IN ('planned', 'posting', 'posted');
CREATE INDEX answers_unposted ON answers (submitted_at) WHERE state = 'choosing';
CREATE INDEX answers_by_member ON answers (server_id, member_id, submitted_at);
CREATE INDEX answers_by_discussion ON answers (discussion_id);

-- 0: members can't answer with a form.
ALTER TABLE server_settings ADD COLUMN answer_forms INTEGER NOT NULL DEFAULT 1;
