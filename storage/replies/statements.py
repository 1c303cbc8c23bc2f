"""The statements that the record writes with."""

from __future__ import annotations

__all__ = [
    "CLEAR_REACTIONS",
    "COUNT_REACTION",
    "DROP_CHANGED_ATTACHMENTS",
    "DROP_FILES",
    "DROP_UNCOUNTED",
    "EDIT_REPLY",
    "ERASE_REPLY",
    "FORGET_EARLY",
    "INSERT_ATTACHMENT",
    "INSERT_CHANGED_ATTACHMENT",
    "INSERT_PASSAGES",
    "INSERT_REPLY",
    "LOOK_AT_ORIGINAL",
    "LOSE_POST",
    "MOVE_WATERMARK",
    "NOTE_EARLY",
    "OWE_FILE",
    "REWRITE_COPY",
    "SET_PARENT",
    "SET_PARENT_OF_EARLY",
    "SET_REACTION",
    "TAKE_THREAD",
    "WANT_BRINGING",
    "WANT_THREAD",
    "WATCH_THREAD",
]

INSERT_REPLY = """
INSERT INTO replies (id, server_id, discussion_id, channel_id, parent_id, thread_id,
    planned_message_id, author_id, author_name, text, written_at, edited_at)
VALUES (:id, :server_id, :discussion_id, :channel_id, :parent_id, :thread_id,
    :planned_message_id, :author_id, :author_name, :text, :written_at, :edited_at)
ON CONFLICT (id) DO NOTHING
"""
# Those of the revision that was there to be read when the reply was written.
INSERT_PASSAGES = """
INSERT INTO reply_passages (reply_id, revision, number)
SELECT :id, revision, number FROM planned_message_passages
WHERE planned_message_id = :planned_message_id AND revision = (
    SELECT COALESCE(max(number), 1) FROM revisions
    WHERE discussion_id = :discussion_id AND created_at <= :written_at
)
ON CONFLICT DO NOTHING
"""
INSERT_ATTACHMENT = """
INSERT INTO attachments (reply_id, position, name, type, size, file_id)
SELECT :id, :position, :name, :type, :size, :file_id
FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT DO NOTHING
"""
# What is owed hangs on the attachment that is recorded, so an older telling owes nothing.
OWE_FILE = """
INSERT INTO attachment_files (id, reply_id, size, state, due_at, url)
SELECT file_id, reply_id, size, 'pending', :now, :url
FROM attachments WHERE reply_id = :id AND position = :position AND file_id = :file_id
    AND file_id > 0
ON CONFLICT (id) DO NOTHING
"""
# The bytes go with the attachment they belong to.
DROP_FILES = """
DELETE FROM attachment_files WHERE reply_id = :id AND id NOT IN (
    SELECT file_id FROM attachments WHERE reply_id = :id
)
"""
NOTE_EARLY = """
INSERT INTO pending_parents (reply_id, reference_id) VALUES (:id, :reference_id)
ON CONFLICT (reply_id) DO NOTHING
"""
SET_PARENT_OF_EARLY = """
UPDATE replies SET parent_id = :id
WHERE discussion_id = :discussion_id
    AND id IN (SELECT reply_id FROM pending_parents WHERE reference_id = :id)
"""
FORGET_EARLY = "DELETE FROM pending_parents WHERE reference_id = :id"
SET_PARENT = "UPDATE replies SET parent_id = :parent_id WHERE id = :id"
# One that is more than a member may have in an hour comes an hour after the first of those.
WANT_THREAD = """
INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state, due_at,
    priority)
VALUES (:id, :server_id, :discussion_id, :channel_id, :member_id, :name, 'planned', max(:due_at,
    COALESCE((
        SELECT earlier.due_at + :span FROM threads AS earlier
        WHERE earlier.server_id = :server_id AND earlier.member_id = :member_id
        ORDER BY earlier.due_at DESC LIMIT 1 OFFSET :most - 1
    ), 0)), (
        SELECT count(*) / :ahead FROM threads AS earlier
        WHERE earlier.server_id = :server_id AND earlier.member_id = :member_id
            AND earlier.due_at > :due_at - :span
    ))
ON CONFLICT (id) DO NOTHING
"""
WANT_BRINGING = """
INSERT INTO reply_moves (reply_id, server_id, discussion_id, channel_id, thread_id, member_id,
    copyable,
    state, due_at)
VALUES (:reply_id, :server_id, :discussion_id, :channel_id, :thread_id, :member_id, :copyable,
    'planned', max(:due_at, COALESCE((
        SELECT earlier.due_at + :span FROM reply_moves AS earlier
        WHERE earlier.server_id = :server_id AND earlier.member_id = :member_id
        ORDER BY earlier.due_at DESC LIMIT 1 OFFSET :most - 1
    ), 0)))
ON CONFLICT (reply_id) DO NOTHING
"""
# A thread that the bot wants itself stays its own to complete.
TAKE_THREAD = (
    """
    INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state, due_at)
    VALUES (:id, :server_id, :discussion_id, :channel_id, :member_id, :name, 'ready', :due_at)
    ON CONFLICT (id) DO NOTHING
    """,
    """
    INSERT INTO watermarks (channel_id, server_id, message_id, verified_at)
    VALUES (:id, :server_id, :id, :due_at)
    ON CONFLICT (channel_id) DO NOTHING
    """,
    "UPDATE replies SET thread_id = :id WHERE id = :id AND thread_id IS NULL",
)
# A thread in which something is kept is watched, whether or not anybody told of its opening: if it
# is deleted unseen, nobody else would ask after it. Its record begins with it.
WATCH_THREAD = """
INSERT INTO watermarks (channel_id, server_id, message_id, verified_at)
SELECT :id, :server_id, :id, :now
WHERE NOT EXISTS (SELECT 1 FROM deleted_channels WHERE channel_id = :id)
ON CONFLICT (channel_id) DO NOTHING
"""
# An older telling never replaces a newer one, and what was deleted stays gone.
EDIT_REPLY = """
UPDATE replies SET text = :text, edited_at = :edited_at
WHERE id = :id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
"""
DROP_CHANGED_ATTACHMENTS = """
DELETE FROM attachments WHERE reply_id = :id AND EXISTS (
    SELECT 1 FROM replies
    WHERE id = :id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
)
"""
INSERT_CHANGED_ATTACHMENT = """
INSERT INTO attachments (reply_id, position, name, type, size, file_id)
SELECT :id, :position, :name, :type, :size, :file_id FROM replies
WHERE id = :id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
ON CONFLICT DO NOTHING
"""
# Whoever took the original of a moved reply away: it is to be looked at now.
LOOK_AT_ORIGINAL = """
UPDATE reply_moves SET due_at = :now WHERE reply_id = :id AND state = 'copied'
"""
# What a reply says is led by the archive; its copy is to follow.
REWRITE_COPY = """
UPDATE reply_moves SET stale = 1, due_at = :now WHERE reply_id = :id AND copy_id IS NOT NULL
"""
# The bot itself takes the original of a moved reply away, which is no deletion by its author.
ERASE_REPLY = (
    """
    UPDATE replies SET text = '', deleted_at = :at
    WHERE id = :id AND deleted_at IS NULL
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
    """
    DELETE FROM attachments WHERE reply_id = :id
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
    DROP_FILES,
    """
    DELETE FROM reactions WHERE reply_id = :id
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
)
# A message of ours that is gone carries nothing; an edit of the essay puts its text elsewhere.
LOSE_POST = """
UPDATE planned_messages SET deleted_at = :at WHERE message_id = :message_id AND deleted_at IS NULL
"""
CLEAR_REACTIONS = """
DELETE FROM reactions WHERE reply_id = :id AND (:emoji IS NULL OR emoji = :emoji)
"""
SET_REACTION = """
INSERT INTO reactions (reply_id, emoji, count)
SELECT :id, :emoji, :count FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT (reply_id, emoji) DO UPDATE SET count = excluded.count
"""
COUNT_REACTION = """
INSERT INTO reactions (reply_id, emoji, count)
SELECT :id, :emoji, :change FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT (reply_id, emoji) DO UPDATE SET count = count + excluded.count
"""
DROP_UNCOUNTED = "DELETE FROM reactions WHERE reply_id = :id AND count <= 0"
MOVE_WATERMARK = """
UPDATE watermarks SET message_id = :message_id
WHERE channel_id = :channel_id AND message_id < :message_id
"""
