"""From planned work to Discord: messages, threads, reply moves, edits, attachments."""
