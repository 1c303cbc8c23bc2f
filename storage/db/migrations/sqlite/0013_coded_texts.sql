-- Reasons, alerts and entries of the audit log are codes with arguments, as JSON, so that each
-- reader gets them in their own language (bot/core/text/coded_text.py).

ALTER TABLE alerts RENAME COLUMN text TO alert;

-- Sentences that were stored before are kept as they are. The rules compare three of the reasons.
UPDATE alerts SET alert = json_object('code', 'as-stored', 'text', alert);
UPDATE audit_log SET action = json_object('code', 'as-stored', 'text', action);
UPDATE prompts SET reason = CASE reason
    WHEN 'prompts were paused' THEN json_object('code', 'prompts-paused')
    WHEN 'quiet hours' THEN json_object('code', 'quiet-hours')
    WHEN 'nudges were switched off' THEN json_object('code', 'nudges-off')
    ELSE json_object('code', 'as-stored', 'text', reason)
END WHERE reason IS NOT NULL;
UPDATE planned_messages SET last_error = json_object('code', 'as-stored', 'text', last_error)
WHERE last_error IS NOT NULL;
UPDATE message_edits SET last_error = json_object('code', 'as-stored', 'text', last_error)
WHERE last_error IS NOT NULL;
UPDATE threads SET last_error = json_object('code', 'as-stored', 'text', last_error)
WHERE last_error IS NOT NULL;
UPDATE reply_moves SET last_error = json_object('code', 'as-stored', 'text', last_error)
WHERE last_error IS NOT NULL;
UPDATE attachment_files SET last_error = json_object('code', 'as-stored', 'text', last_error)
WHERE last_error IS NOT NULL;
