-- Erasures are counted, so that one that is committed while VACUUM runs is noticed.

ALTER TABLE archive_cleanup ADD COLUMN erasures INTEGER NOT NULL DEFAULT 0; -- transactions so far
