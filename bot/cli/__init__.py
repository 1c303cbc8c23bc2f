"""The commands besides ``run``: preview, backup and restore, doctor, erase_member."""
