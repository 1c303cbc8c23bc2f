-- The index on each card (people, replies, the busiest threads), and what members have seen of it.

-- Whether the index on a card may have to be updated, and when.
CREATE TABLE card_indexes (
    discussion_id INTEGER PRIMARY KEY REFERENCES discussions (id) ON DELETE CASCADE,
    -- changed: what it shows may have changed; updating: it hasn't changed since the update began
    state TEXT NOT NULL DEFAULT 'current' CHECK (state IN ('current', 'changed', 'updating')),
    due_at INTEGER, -- when it is updated; NULL: not decided yet
    attempts INTEGER NOT NULL DEFAULT 0,
    shown TEXT, -- a hash of the card as it was last edited; NULL: it wasn't
    last_error TEXT
) STRICT;
CREATE INDEX card_indexes_due ON card_indexes (due_at) WHERE state <> 'current';
CREATE INDEX card_indexes_undecided ON card_indexes (discussion_id)
    WHERE state = 'changed' AND due_at IS NULL;
-- A card that was posted before gets its index with the next reply.
INSERT INTO card_indexes (discussion_id) SELECT id FROM discussions
WHERE state NOT IN ('draft', 'scheduled');

-- However a discussion changes, its index is marked.
CREATE TRIGGER replies_added AFTER INSERT ON replies
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
END;
CREATE TRIGGER replies_changed
AFTER UPDATE OF discussion_id, thread_id, parent_id, author_id, deleted_at, text ON replies
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id IN (old.discussion_id, new.discussion_id) AND state <> 'changed';
END;
CREATE TRIGGER replies_removed AFTER DELETE ON replies
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = old.discussion_id AND state <> 'changed';
END;
CREATE TRIGGER threads_added AFTER INSERT ON threads WHEN new.state <> 'planned'
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
END;
CREATE TRIGGER threads_changed AFTER UPDATE OF state ON threads WHEN new.state <> old.state
BEGIN
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = new.discussion_id AND state <> 'changed';
END;
-- A card that is posted again has no index yet, and a revision changes the card.
CREATE TRIGGER cards_changed AFTER UPDATE OF message_id, payload ON planned_messages
WHEN new.purpose = 'card' AND (new.message_id IS NOT old.message_id OR new.payload <> old.payload)
BEGIN
    UPDATE card_indexes SET state = 'changed',
        shown = CASE WHEN new.message_id IS old.message_id THEN shown END
    WHERE discussion_id = new.discussion_id;
END;

-- With all that the index and What's new need, so that they read no replies.
DROP INDEX replies_present;
CREATE INDEX replies_present
    ON replies (discussion_id, thread_id, author_id, id, parent_id, deleted_at)
    WHERE deleted_at IS NULL;

-- Up to where members have seen what is new in a discussion; only of those who looked.
CREATE TABLE reading_marks (
    discussion_id INTEGER NOT NULL REFERENCES discussions (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    reply_id INTEGER NOT NULL, -- the newest reply they have seen; 0: none
    looked_at INTEGER NOT NULL,
    PRIMARY KEY (discussion_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reading_marks_by_member ON reading_marks (server_id, member_id);
