-- Messages of an essay that were deleted and posted again.

INSERT INTO message_purposes (purpose, description) VALUES
    ('replaced', 'a message of an essay that was deleted, and posted again as another one');

-- The deleted message that a message of an essay was posted again for. Replies stay linked to it.
ALTER TABLE planned_messages ADD COLUMN restores_id INTEGER;
CREATE UNIQUE INDEX planned_messages_by_restored ON planned_messages (restores_id)
    WHERE restores_id IS NOT NULL;
