-- Members who were told how to answer, once for each discussion.
CREATE TABLE answer_hints (
    discussion_id INTEGER NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    PRIMARY KEY (discussion_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_hints_by_member ON answer_hints (server_id, member_id);
