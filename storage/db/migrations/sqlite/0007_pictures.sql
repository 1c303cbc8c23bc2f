-- The pictures of essays: one copy of each, as long as a draft or a discussion uses it.
CREATE TABLE pictures (
    name TEXT PRIMARY KEY, -- the beginning of its hash, and its type: what it is uploaded as
    content BLOB NOT NULL
) STRICT;

-- Which discussions use a picture.
CREATE TABLE discussion_pictures (
    discussion_id INTEGER NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    name TEXT NOT NULL REFERENCES pictures (name) ON DELETE CASCADE,
    PRIMARY KEY (discussion_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX discussion_pictures_by_name ON discussion_pictures (name);
