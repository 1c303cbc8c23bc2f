-- Books of discussions: who may make them, and who isn't named in them.

-- Who may make books: members (of what they may read), or admins only.
ALTER TABLE server_settings ADD COLUMN books TEXT NOT NULL DEFAULT 'members'
    CHECK (books IN ('members', 'admins'));

-- Members who appear as "a reader" in books.
CREATE TABLE unnamed_members (
    member_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    PRIMARY KEY (member_id, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unnamed_members_by_server ON unnamed_members (server_id);
