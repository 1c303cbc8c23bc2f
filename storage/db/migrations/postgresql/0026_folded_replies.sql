-- The folded text of a reply is in the reply's own row: recording one writes one row less.

ALTER TABLE replies
    ADD COLUMN folded TEXT COLLATE "C"; -- what the search compares; NULL: text in lower case
UPDATE replies SET folded = folded_texts.text FROM folded_texts
WHERE folded_texts.reply_id = replies.id;

-- However a text or the extras are changed or erased, nothing of them stays behind in folded.
CREATE OR REPLACE FUNCTION replies_text_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE replies SET folded = NULL WHERE id = new.id AND folded IS NOT NULL;
    INSERT INTO unfolded_replies (reply_id)
    SELECT new.id WHERE new.text <> ''
        OR EXISTS (SELECT 1 FROM reply_extras WHERE reply_id = new.id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION reply_extras_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE replies SET folded = NULL WHERE id = new.reply_id AND folded IS NOT NULL;
    INSERT INTO unfolded_replies (reply_id) VALUES (new.reply_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION reply_extras_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE replies SET folded = NULL WHERE id = old.reply_id AND folded IS NOT NULL;
    INSERT INTO unfolded_replies (reply_id)
    SELECT id FROM replies WHERE id = old.reply_id AND text <> '' ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

DROP TABLE folded_texts;

-- Once a statement, not once a row: a batch inserts thousands of replies.
DROP TRIGGER replies_added ON replies;
CREATE OR REPLACE FUNCTION replies_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- As an array, so that the index of the few discussions is used, however many replies there are.
    UPDATE card_indexes SET state = 'changed'
    WHERE discussion_id = ANY (ARRAY(SELECT DISTINCT discussion_id FROM added))
        AND state <> 'changed';
    RETURN NULL;
END
$$;
CREATE TRIGGER replies_added AFTER INSERT ON replies REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION replies_added();
