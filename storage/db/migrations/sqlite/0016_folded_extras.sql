-- The folded text of a reply with a forwarded message, a poll or stickers has their words, too.

INSERT INTO unfolded_replies (reply_id)
SELECT reply_id FROM reply_extras WHERE true ON CONFLICT DO NOTHING;

CREATE TRIGGER reply_extras_inserted AFTER INSERT ON reply_extras
BEGIN
    INSERT INTO unfolded_replies (reply_id) VALUES (new.reply_id) ON CONFLICT DO NOTHING;
END;

-- However extras are changed or erased, nothing of them stays behind in the folded text.
CREATE TRIGGER reply_extras_changed
AFTER UPDATE OF forward_text, forward_stickers, poll, stickers ON reply_extras
WHEN new.forward_text IS NOT old.forward_text OR new.forward_stickers <> old.forward_stickers
    OR new.poll IS NOT old.poll OR new.stickers <> old.stickers
BEGIN
    DELETE FROM folded_texts WHERE reply_id = new.reply_id;
    INSERT INTO unfolded_replies (reply_id) VALUES (new.reply_id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER reply_extras_deleted AFTER DELETE ON reply_extras
BEGIN
    DELETE FROM folded_texts WHERE reply_id = old.reply_id;
    INSERT INTO unfolded_replies (reply_id)
    SELECT id FROM replies WHERE id = old.reply_id AND text <> '' ON CONFLICT DO NOTHING;
END;

-- A reply without words of its own may have extras.
DROP TRIGGER replies_text_changed;
CREATE TRIGGER replies_text_changed AFTER UPDATE OF text ON replies WHEN new.text <> old.text
BEGIN
    DELETE FROM folded_texts WHERE reply_id = new.id;
    INSERT INTO unfolded_replies (reply_id)
    SELECT new.id WHERE new.text <> ''
        OR EXISTS (SELECT 1 FROM reply_extras WHERE reply_id = new.id)
    ON CONFLICT DO NOTHING;
END;
