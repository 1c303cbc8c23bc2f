"""The commands besides ``run``: preview, backup and restore, move, doctor, forget."""
