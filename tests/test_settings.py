"""Settings: read once, all problems reported together, secrets never shown."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.shards import UNSHARDED, Shards
from bot.errors import SettingsError
from bot.settings import load_environment, read_settings

TOKEN = "abc.def-ghi_jkl"
LOCAL = {
    "DISCORD_API_BASE": "http://127.0.0.1:8710/api/v10",
    "DISCORD_GATEWAY_URL": "ws://127.0.0.1:8710/gateway",
}


def test_only_the_token_is_required() -> None:
    settings = read_settings({"DISCORD_TOKEN": TOKEN})
    assert settings.token == TOKEN
    assert settings.database == Path("salon.sqlite3")
    assert settings.api_base is None
    assert settings.log_level == "INFO"


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            {
                "SALON_DATABASE": str(tmp_path / "missing" / "salon.sqlite3"),
                "DISCORD_API_BASE": "http://192.168.1.2/api/v10",
                "DISCORD_GATEWAY_URL": "http://127.0.0.1/gateway",
                "SALON_CLOCK_URL": "ws://10.0.0.1/clock",
                "SALON_LOG_LEVEL": "chatty",
            }
        )
    reported = str(caught.value).splitlines()
    assert len(reported) == 6
    for name in (
        "DISCORD_TOKEN",
        "SALON_DATABASE",
        "DISCORD_API_BASE",
        "DISCORD_GATEWAY_URL",
        "SALON_CLOCK_URL",
        "SALON_LOG_LEVEL",
    ):
        assert any(line.startswith(name) for line in reported), name
    assert SettingsError.status == 78


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/api/v10",
        "http://10.1.2.3/api/v10",
        "http://127.0.0.1.example.org/api/v10",
        "http://localhost.example.org/api/v10",
        "http://0.0.0.0/api/v10",
        "http://user@example.org/api/v10",
        "http://127.0.0.1@example.org/api/v10",
        "http:///api/v10",
        "http://[::2]/api/v10",
        "http://[/api/v10",
    ],
)
def test_an_address_outside_of_this_machine_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="DISCORD_API_BASE"):
        read_settings({"DISCORD_TOKEN": TOKEN, **LOCAL, "DISCORD_API_BASE": address})


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.9.9.9"])
def test_an_emulator_on_this_machine_is_accepted(host: str) -> None:
    settings = read_settings(
        {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_BASE": f"http://{host}/api/v10/",
            "DISCORD_GATEWAY_URL": f"ws://{host}/gateway",
        }
    )
    assert settings.api_base == f"http://{host}/api/v10"


def test_an_api_address_without_a_gateway_address_is_refused() -> None:
    with pytest.raises(SettingsError, match="Set both"):
        read_settings({"DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE": "http://127.0.0.1:1/api/v10"})


def test_a_token_with_spaces_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"DISCORD_TOKEN": "my secret token"})
    assert "secret" not in str(caught.value)


def test_a_database_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        read_settings({"DISCORD_TOKEN": TOKEN, "SALON_DATABASE": str(tmp_path)})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing/salon.sqlite3", "in a folder that doesn't exist"),
        ("loop.sqlite3", "can't be opened"),
        ("a" * 300, "can't be opened"),
        ("pipe.sqlite3", "device or pipe"),
        ("pipe.sqlite3/salon.sqlite3", "in a folder that doesn't exist"),
        ("nul\0.sqlite3", "can't be opened"),
    ],
)
def test_a_path_that_can_hold_no_database_is_a_problem(
    tmp_path: Path, name: str, said: str
) -> None:
    os.mkfifo(tmp_path / "pipe.sqlite3")
    (tmp_path / "loop.sqlite3").symlink_to(tmp_path / "loop.sqlite3")
    with pytest.raises(SettingsError) as caught:
        read_settings({"DISCORD_TOKEN": TOKEN, "SALON_DATABASE": str(tmp_path / name)})
    assert str(caught.value).startswith("SALON_DATABASE ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value), "one problem, not two"


@pytest.mark.parametrize("name", ["file", "loop", "a" * 300])
def test_a_backup_folder_that_cannot_be_one_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(SettingsError, match="SALON_BACKUPS"):
        read_settings({"DISCORD_TOKEN": TOKEN, "SALON_BACKUPS": str(tmp_path / name)})


def test_a_repr_contains_no_secret() -> None:
    assert TOKEN not in repr(read_settings({"DISCORD_TOKEN": TOKEN}))


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "my.env"
    file.write_text("DISCORD_TOKEN=from-the-file\nSALON_LOG_LEVEL=DEBUG\nEMPTY\n")
    values = load_environment({"SALON_ENV_FILE": str(file), "SALON_LOG_LEVEL": "ERROR"})
    assert values["DISCORD_TOKEN"] == "from-the-file"
    assert values["SALON_LOG_LEVEL"] == "ERROR"
    assert "EMPTY" not in values


def test_the_file_is_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DISCORD_TOKEN=here\n")
    assert load_environment({})["DISCORD_TOKEN"] == "here"
    assert "DISCORD_TOKEN" not in load_environment({"SALON_ENV_FILE": ""})


@pytest.mark.parametrize("name", ["missing.env", "folder", "file/x", "a" * 300])
def test_a_settings_file_that_does_not_exist_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=str(name)):
        load_environment({"SALON_ENV_FILE": str(tmp_path / name)})


def test_a_byte_order_mark_is_not_part_of_a_name(tmp_path: Path) -> None:
    file = tmp_path / "notepad.env"
    file.write_bytes(b"\xef\xbb\xbfDISCORD_TOKEN=here\r\n")
    assert load_environment({"SALON_ENV_FILE": str(file)})["DISCORD_TOKEN"] == "here"


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "bad.env"
    file.write_bytes("DISCORD_TOKEN=x".encode("utf-16"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_environment({"SALON_ENV_FILE": str(file)})


def test_the_limits_on_attachments_are_numbers_of_bytes() -> None:
    settings = read_settings({"DISCORD_TOKEN": TOKEN})
    assert settings.max_attachment_bytes == 5 * 1024 * 1024
    assert settings.max_total_attachment_bytes == 1024**3
    chosen = {"SALON_ATTACHMENT_BYTES": "0", "SALON_ATTACHMENT_TOTAL_BYTES": " 2_000 "}
    settings = read_settings({"DISCORD_TOKEN": TOKEN, **chosen})
    assert (settings.max_attachment_bytes, settings.max_total_attachment_bytes) == (0, 2000)


@pytest.mark.parametrize("value", ["-1", "5 MiB", "1e6", "٣", "10000001"])
def test_an_invalid_number_of_bytes_is_reported(value: str) -> None:
    with pytest.raises(SettingsError, match="SALON_ATTACHMENT_BYTES"):
        read_settings({"DISCORD_TOKEN": TOKEN, "SALON_ATTACHMENT_BYTES": value})


def test_health_is_served_on_this_machine_unless_a_host_is_given() -> None:
    def health(value: str) -> tuple[str, int] | None:
        return read_settings({"DISCORD_TOKEN": TOKEN, "SALON_HEALTH": value}).health

    assert health("") is None
    assert health("8080") == ("127.0.0.1", 8080)
    assert health("0.0.0.0:9000") == ("0.0.0.0", 9000)
    assert health("[::1]:9000") == ("::1", 9000)
    for wrong in ("http://127.0.0.1:8080/", "0", "70000", "here"):
        with pytest.raises(SettingsError, match="SALON_HEALTH"):
            health(wrong)


def test_logs_are_text_by_default() -> None:
    assert read_settings({"DISCORD_TOKEN": TOKEN}).log_format == "text"
    assert read_settings({"DISCORD_TOKEN": TOKEN, "SALON_LOG_FORMAT": "JSON"}).log_format == "json"
    with pytest.raises(SettingsError, match="text, json"):
        read_settings({"DISCORD_TOKEN": TOKEN, "SALON_LOG_FORMAT": "xml"})


def test_backups_are_beside_the_archive_by_default(tmp_path: Path) -> None:
    database = tmp_path / "my.sqlite3"
    values = {"DISCORD_TOKEN": TOKEN, "SALON_DATABASE": str(database)}
    assert read_settings(values).backups == tmp_path / "my-backups"
    assert read_settings(values | {"SALON_BACKUPS": "/else"}).backups == Path("/else")
    database.write_text("")
    with pytest.raises(SettingsError, match="SALON_BACKUPS is a file"):
        read_settings(values | {"SALON_BACKUPS": str(database)})


@pytest.mark.parametrize("value", ["0", "366", "-1", "a week", "1.5", "²"])
def test_an_invalid_number_of_days_is_reported(value: str) -> None:
    with pytest.raises(SettingsError, match="SALON_COMPARE_DAYS must be a whole number of days"):
        read_settings({"DISCORD_TOKEN": TOKEN, "SALON_COMPARE_DAYS": value})


def test_a_week_is_compared_by_default() -> None:
    assert read_settings({"DISCORD_TOKEN": TOKEN}).compare_window == timedelta(days=7)
    chosen = read_settings({"DISCORD_TOKEN": TOKEN, "SALON_COMPARE_DAYS": " 30 "})
    assert chosen.compare_window == timedelta(days=30)


def test_a_missing_environment_file_is_reported_as_that(tmp_path: Path) -> None:
    file = tmp_path / "none.env"
    with pytest.raises(SettingsError, match=r"none\.env, but there is no such file"):
        load_environment({"SALON_ENV_FILE": str(file)})


@pytest.mark.parametrize(
    ("value", "shards"),
    [
        ("", None),
        ("auto", None),
        (" AUTO ", None),
        ("1", UNSHARDED),
        ("4", Shards(4, frozenset((0, 1, 2, 3)))),
        ("0-1/32", Shards(32, frozenset((0, 1)))),
        ("30 - 31 / 32", Shards(32, frozenset((30, 31)))),
        ("5/32", Shards(32, frozenset((5,)))),
    ],
)
def test_shards_are_a_number_or_a_range_of_one(value: str, shards: Shards | None) -> None:
    assert read_settings({"DISCORD_TOKEN": TOKEN, "SALON_SHARDS": value}).shards == shards


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("many", "must be auto, a number of shards such as 4, or a range"),
        ("-1", "must be auto"),
        ("1.5", "must be auto"),
        ("²", "must be auto"),
        ("0-7", "must be auto"),
        ("0", "the number of shards must be from 1 to"),
        ("0/0", "the number of shards must be from 1 to"),
        ("99999999", "the number of shards must be from 1 to"),
        ("3-1/4", "the range 3-1 runs backwards"),
        ("2-4/4", "of 4 shards, the last is 3"),
        ("4/4", "of 4 shards, the last is 3"),
    ],
)
def test_invalid_shards_are_reported(value: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=f"SALON_SHARDS:? {problem}"):
        read_settings({"DISCORD_TOKEN": TOKEN, "SALON_SHARDS": value})
