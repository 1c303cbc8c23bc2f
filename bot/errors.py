"""The errors Salon expects. ``str(error)`` is always a sentence that a user may read.

::

    SalonError
    ├── UnreadableEssay      an essay can't be read from the submission (status 65)
    ├── UnknownEssay         no essay has that number or title (status 65)
    ├── UserError            a command can't be carried out; says what to do (status 1)
    ├── SettingsError        settings are missing or wrong; lists all of them (status 78)
    ├── DatabaseError        the archive can't be used in its state (status 74)
    │   ├── ForeignDatabase  the file is not a Salon archive
    │   ├── NewerDatabase    the archive was written by a newer Salon
    │   ├── DamagedDatabase  the file is damaged (status 76)
    │   ├── DatabaseInUse    another process is running on it (status 75)
    │   └── BackupError      a backup couldn't be made or restored
    └── DiscordLoginError    Discord refuses the bot; a restart doesn't help (status 77)
        └── MoreShardsRequired  a connection has too many servers

``status`` is the exit status of a command that ends with the error, after ``sysexits.h``. Any
other exception is a bug: it is logged with a reference, and the user is given that reference.
"""

from __future__ import annotations

import secrets


class SalonError(Exception):
    """The root of all expected errors; catch it only where errors are shown to a user."""

    status = 1


class UnreadableEssay(SalonError):
    """An essay can't be read from the submission; says why."""

    status = 65


class UnknownEssay(SalonError):
    """No essay has that number or title, or several have the title."""

    status = 65


class UserError(SalonError):
    """A command can't be carried out; the sentence says what would help."""


class SettingsError(SalonError):
    """Settings are missing or wrong; the text lists every problem, one on a line."""

    status = 78


class DatabaseError(SalonError):
    """The archive can't be used as it is."""

    status = 74


class ForeignDatabase(DatabaseError):
    """The file is another program's database, or isn't a database."""


class NewerDatabase(DatabaseError):
    """The archive was written by a newer Salon than this one."""


class DamagedDatabase(DatabaseError):
    """The file is damaged; the sentence names the newest intact backup."""

    status = 76


class BackupError(DatabaseError):
    """A backup couldn't be made or restored."""


class DatabaseInUse(DatabaseError):
    """Another process is running on the archive."""

    status = 75


class DiscordLoginError(SalonError):
    """Discord refuses the bot's token or intents; a restart doesn't help."""

    status = 77


class MoreShardsRequired(DiscordLoginError):
    """Discord has closed a connection because it has too many servers."""


def make_error_reference() -> str:
    """Eight hexadecimal digits that identify a bug: in the log, and for the user who met it."""
    return secrets.token_hex(4)
