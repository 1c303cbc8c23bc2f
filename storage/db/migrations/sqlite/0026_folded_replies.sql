-- The folded text of a reply is in the reply's own row: recording one writes one row less.

ALTER TABLE replies ADD COLUMN folded TEXT; -- what the search compares; NULL: text in lower case
UPDATE replies SET folded = (SELECT text FROM folded_texts WHERE reply_id = replies.id)
WHERE id IN (SELECT reply_id FROM folded_texts);

-- However a text or the extras are changed or erased, nothing of them stays behind in folded.
DROP TRIGGER replies_text_changed;
CREATE TRIGGER replies_text_changed AFTER UPDATE OF text ON replies WHEN new.text <> old.text
BEGIN
    UPDATE replies SET folded = NULL WHERE id = new.id AND folded IS NOT NULL;
    INSERT INTO unfolded_replies (reply_id)
    SELECT new.id WHERE new.text <> ''
        OR EXISTS (SELECT 1 FROM reply_extras WHERE reply_id = new.id)
    ON CONFLICT DO NOTHING;
END;
DROP TRIGGER reply_extras_changed;
CREATE TRIGGER reply_extras_changed
AFTER UPDATE OF forward_text, forward_stickers, poll, stickers ON reply_extras
WHEN new.forward_text IS NOT old.forward_text OR new.forward_stickers <> old.forward_stickers
    OR new.poll IS NOT old.poll OR new.stickers <> old.stickers
BEGIN
    UPDATE replies SET folded = NULL WHERE id = new.reply_id AND folded IS NOT NULL;
    INSERT INTO unfolded_replies (reply_id) VALUES (new.reply_id) ON CONFLICT DO NOTHING;
END;
DROP TRIGGER reply_extras_deleted;
CREATE TRIGGER reply_extras_deleted AFTER DELETE ON reply_extras
BEGIN
    UPDATE replies SET folded = NULL WHERE id = old.reply_id AND folded IS NOT NULL;
    INSERT INTO unfolded_replies (reply_id)
    SELECT id FROM replies WHERE id = old.reply_id AND text <> '' ON CONFLICT DO NOTHING;
END;

DROP TABLE folded_texts;
