-- Where exactly in a passage the words are that a reply quotes.
CREATE TABLE reply_anchors (
    reply_id INTEGER NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- among the reply's quotes
    revision INTEGER NOT NULL,
    number INTEGER NOT NULL, -- of the passage
    start_at INTEGER NOT NULL, -- in the passage's text, in code points
    end_at INTEGER NOT NULL,
    exact TEXT NOT NULL, -- the words
    before TEXT NOT NULL, -- at most 32 characters before them
    after TEXT NOT NULL, -- at most 32 characters after them
    PRIMARY KEY (reply_id, position)
) STRICT, WITHOUT ROWID;
