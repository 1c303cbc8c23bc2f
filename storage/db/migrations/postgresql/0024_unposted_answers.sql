-- The text of an answer that Discord refuses is kept for its author for a day, like that of one
-- whose thread isn't chosen.
DROP INDEX answers_unposted;
CREATE INDEX answers_unposted ON answers (submitted_at)
    WHERE state IN ('choosing', 'failed') AND text <> '';
