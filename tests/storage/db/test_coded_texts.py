"""The migration that makes stored sentences codes with arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiosqlite

from bot.core.prompts.policy import REASON_PAUSED, REASON_QUIET_HOURS
from bot.core.text.coded_text import make_coded, read_coded
from storage.db.migrate import load_migrations, migrate

_BEFORE = 12

_FILL = """
INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0);
INSERT INTO alerts (server_id, about, sent_at, text)
VALUES (1, 'channel 5', 0, 'It isn''t "there".');
INSERT INTO audit_log (server_id, member_id, done_at, member_name, action)
VALUES (1, 2, 0, 'Ada', 'edited (revision 2)');
INSERT INTO prompts (server_id, state, kind, planned_for, late_from, due_at, condition, content,
    reason)
VALUES (1, 'skipped', 'step', 0, 0, 0, '', '', 'prompts were paused'),
    (1, 'planned', 'step', 0, 0, 0, '', '', 'quiet hours'),
    (1, 'skipped', 'nudge', 0, 0, 0, '', '', 'nudges were switched off'),
    (1, 'failed', 'step', 0, 0, 0, '', '', 'Discord answered 503.'),
    (1, 'planned', 'step', 0, 0, 0, '', '', NULL);
INSERT INTO planned_messages (server_id, channel_id, state, purpose, planned_at, due_at, after_id,
    nonce, last_error, payload)
VALUES (1, 5, 'failed', 'prompt', 0, 0, 0, 'n', 'No.', '{}');
"""

_TEXTS = """
SELECT alert FROM alerts
UNION ALL SELECT action FROM audit_log
UNION ALL SELECT last_error FROM planned_messages
"""


async def test_sentences_that_were_stored_are_kept_and_rules_find_their_reasons(
    tmp_path: Path,
) -> None:
    path, migrations = tmp_path / "salon.sqlite3", load_migrations()
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await migrate(connection, migrations[:_BEFORE])
        await connection.executescript(_FILL)
        await migrate(connection, migrations[: _BEFORE + 1])

        async def get(sql: str) -> list[Any]:
            return [row[0] for row in await connection.execute_fetchall(sql)]

        texts = [str(read_coded(one)) for one in await get(_TEXTS)]
        assert texts == ['It isn\'t "there".', "edited (revision 2)", "No."]
        reasons = await get("SELECT reason FROM prompts ORDER BY id")
    assert reasons[:3] == [
        REASON_PAUSED.stored,
        REASON_QUIET_HOURS.stored,
        make_coded("nudges-off").stored,
    ]
    assert str(read_coded(reasons[3])) == "Discord answered 503."
    assert reasons[4] is None
