-- What is still to be done after erasures so that no byte of the file has the erased words.

-- One row.
CREATE TABLE archive_cleanup (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    erased_at INTEGER, -- the first erasure since the last VACUUM; NULL: there was none
    vacuumed_at INTEGER -- the last VACUUM; NULL: there was none
) STRICT;
-- An archive from before may have remains of replies that were deleted.
INSERT INTO archive_cleanup (id, erased_at)
SELECT 1, CASE WHEN EXISTS (SELECT 1 FROM replies WHERE deleted_at IS NOT NULL)
    THEN 1000 * CAST(strftime('%s', 'now') AS INTEGER) END;
