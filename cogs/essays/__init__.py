"""``/essay``: publish, draft, edit, correct."""
