"""The errors Salon foresees; ``str(error)`` is always a sentence a person may read.

::

    SalonError
    ├── UnreadableEssay      what was handed in is no text an essay could be read from (status 65)
    ├── UnknownEssay         no essay bears that number or title (status 65)
    ├── UserError            a command cannot be carried out; says what to do (status 1)
    ├── SettingsError        settings are missing or wrong, all told together (status 78)
    ├── DatabaseError        the archive cannot be used as it is (status 74)
    │   ├── ForeignDatabase  the file is not a Salon archive
    │   ├── NewerDatabase    a newer Salon wrote it
    │   ├── DamagedDatabase  the file is not whole any more (status 76)
    │   ├── DatabaseInUse    another process is running on it (status 75)
    │   └── BackupError      a backup could not be made or put in the archive's place
    └── DiscordLoginError    Discord does not let the bot in; no restart mends it (status 77)

``status`` is the exit status of a command that ends with the error, after ``sysexits.h``.
Anything else that is raised is a bug: it is logged with a reference and spoken of as that.
"""

from __future__ import annotations


class SalonError(Exception):
    """The root; catch it where errors are spoken, and nowhere else."""

    status = 1


class UnreadableEssay(SalonError):
    """What was handed in is no text that an essay could be read from."""

    status = 65


class UnknownEssay(SalonError):
    """No essay bears that number or title, or several bear the title."""

    status = 65


class UserError(SalonError):
    """A command cannot be carried out; the sentence says what would help."""


class SettingsError(SalonError):
    """Settings are missing or wrong; the text tells every fault, a line each."""

    status = 78


class DatabaseError(SalonError):
    """The archive cannot be used as it is."""

    status = 74


class ForeignDatabase(DatabaseError):
    """The file is a database of something else, or no database at all."""


class NewerDatabase(DatabaseError):
    """The archive was written by a newer Salon than this one."""


class DamagedDatabase(DatabaseError):
    """The file is not whole any more; the sentence names the newest good backup."""

    status = 76


class BackupError(DatabaseError):
    """A backup could not be made, or not be put in the archive's place."""


class DatabaseInUse(DatabaseError):
    """Another process holds the archive."""

    status = 75


class DiscordLoginError(SalonError):
    """Discord does not let the bot in (token, intents); no restart mends it."""

    status = 77
