-- Forwarded messages, polls and stickers of replies.

CREATE TABLE reply_extras (
    reply_id INTEGER PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    forwarded_id INTEGER, -- the message that was forwarded, if Discord names it
    poll_open INTEGER NOT NULL DEFAULT 0, -- 1: its votes aren't counted yet
    forward_text TEXT, -- of the forwarded message; NULL: the reply is no forward
    forward_stickers TEXT NOT NULL DEFAULT '[]', -- the names of its stickers, as JSON
    poll TEXT, -- question, answers and, once it has ended, votes, as JSON
    stickers TEXT NOT NULL DEFAULT '[]' -- the names of the reply's stickers, as JSON
) STRICT;
CREATE INDEX reply_extras_by_forwarded ON reply_extras (forwarded_id)
    WHERE forwarded_id IS NOT NULL;
CREATE INDEX reply_extras_open_polls ON reply_extras (reply_id) WHERE poll_open = 1;
