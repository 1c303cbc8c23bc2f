"""Rows of what members wrote: replies, attachments, watermarks, moves."""
