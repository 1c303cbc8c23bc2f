"""The steps after the first, each a change of tables that are in use."""

from __future__ import annotations

__all__ = ["STEP_2", "STEP_3"]

#: What prompts ask of a discussion with very many replies is answered from indexes alone.
STEP_2 = """
BEGIN IMMEDIATE;

-- How many replies stand, in which thread most voices speak, whether a head was answered there.
CREATE INDEX replies_present ON replies (discussion_id, thread_id, author_id, id)
    WHERE deleted_at IS NULL;
-- Answers that stand in a channel.
CREATE INDEX replies_by_parent ON replies (parent_id)
    WHERE parent_id IS NOT NULL AND thread_id IS NULL;

PRAGMA user_version = 2;
COMMIT;
"""

#: What was cut off by the bot's end is recognised where it was handed in once more since.
STEP_3 = """
BEGIN IMMEDIATE;

-- What an accepted submission is recognised by, while an older one is unfinished: a hash.
ALTER TABLE submissions ADD COLUMN content_hash TEXT;

PRAGMA user_version = 3;
COMMIT;
"""
