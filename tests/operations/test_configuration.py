"""An operator sees what is set, is told what is wrong, and never reads a password."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from apps.identity.infrastructure.keys import load_or_create
from apps.operations.presentation.configuration import misspelt, without_secrets
from apps.settings import Settings
from tests.support.databases import at
from tests.support.postgres import a_free_port
from tests.support.served import PRODUCTION, ROOT, environment, run, typed

SECRET = "hunter2"
SERIOUS = {name.lower(): value for name, value in PRODUCTION.items() if name != "MAIL_VIA"}


@pytest.fixture
def env(url: str, tmp_path: Path) -> dict[str, str]:
    """A migrated installation, and nothing else that is set."""
    return environment(url, tmp_path / "data")


def test_every_setting_is_shown_with_where_it_is_from(env: dict[str, str]) -> None:
    shown = typed("kcs config show --json", env | {"port": "8123"})
    told = json.loads(shown.stdout)
    assert set(told) == {name.upper() for name in Settings.model_fields}
    assert told["PORT"] | {"meaning": ""} == {"value": 8123, "source": "environment", "meaning": ""}
    assert told["HOST"]["source"] == "default"
    lines = typed("kcs config show", env).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [*told]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://app:{SECRET}@127.0.0.1:1/kcs",
        f"postgresql://app:a:b/{SECRET}@c@127.0.0.1:1/kcs?ssl=require",
        f"postgresql://app@/kcs?host=127.0.0.1&port=1&Password={SECRET}",
        f"postgresql://app:{SECRET}@127.0.0.1:no/kcs",
        f"mysql://app:{SECRET}@127.0.0.1/kcs",
        f"postgresql:/app:{SECRET}@127.0.0.1/kcs",
    ],
)
def test_no_command_tells_the_password_of_the_database(url: str, tmp_path: Path) -> None:
    env = environment(url, tmp_path)
    for command in ("config show", "config show --json", "config check", "healthcheck"):
        done = typed(f"kcs {command}", env)
        assert SECRET not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_no_command_tells_the_secret_of_a_client(env: dict[str, str]) -> None:
    names = ("OIDC_GOOGLE_CLIENT_SECRET", "OIDC_GENERIC_CLIENT_SECRET")
    known = env | dict.fromkeys(names, SECRET)
    for command in ("config show", "config show --json", "config check"):
        done = typed(f"kcs {command}", known)
        assert SECRET not in done.stdout + done.stderr
    shown = json.loads(typed("kcs config show --json", known).stdout)
    assert [shown[name]["value"] for name in names] == ["***"] * 2
    assert json.loads(typed("kcs config show --json", env).stdout)[names[0]]["value"] == ""


def test_no_command_tells_what_providers_sign_by(env: dict[str, str], tmp_path: Path) -> None:
    fit, unfit = f"pay=whsec_{'aHVudGVyMg' * 4}", f"pay=whsec_{SECRET}"
    told = tmp_path / "secrets"
    told.write_text(f"{fit}\n")
    ways: tuple[dict[str, Any], ...] = (
        {"WEBHOOK_SECRETS": fit},
        {"WEBHOOK_SECRETS_FILE": f"{told}"},
    )
    for known in ways:
        shown = typed("kcs config show --json", env | known)
        assert json.loads(shown.stdout)["WEBHOOK_SECRETS"]["value"] == "***"
        assert fit[10:] not in shown.stdout + shown.stderr
        assert Settings(**{name.lower(): value for name, value in known.items()}).webhook_secrets
    checked = typed("kcs config check", env | {"WEBHOOK_SECRETS": unfit})
    assert "WEBHOOK_SECRETS: write each as PROVIDER=whsec_" in checked.stderr
    assert SECRET not in checked.stdout + checked.stderr


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    for url in ("http://127.0.0.1:8000", "sqlite+aiosqlite:///var/kcs.db", "postgresql://a@b/c"):
        assert without_secrets(url) == url


def test_an_installation_that_can_serve_passes(env: dict[str, str]) -> None:
    checked = run("kcs config check", env)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.split() == [
        *("ok", "settings", "ok", "keys"),
        *("ok", "mail", "ok", "database"),
        *("ok", "connections"),
    ]


def test_a_check_makes_nothing(tmp_path: Path) -> None:
    env = environment(f"sqlite:///{tmp_path}/data/kcs.db", tmp_path / "data")
    checked = typed("kcs config check", env)
    assert checked.returncode == 1
    assert "alembic upgrade head" in checked.stderr
    assert not (tmp_path / "data").exists()


def refused(env: dict[str, str], **wrong: str) -> list[str]:
    """What the check says against it, at least one thing."""
    checked = typed("kcs config check", env | wrong)
    assert checked.returncode == 1
    assert "Traceback" not in checked.stderr
    return checked.stderr.splitlines()


def test_what_is_wrong_is_named(env: dict[str, str], tmp_path: Path) -> None:
    for wrong, told in (
        ({"PORT": "many"}, "FAILED  settings: PORT: Input should be a valid integer"),
        ({"ENV": "prod"}, "FAILED  settings: ENV: Input should be 'development', 'production'"),
        ({"DB_POOL_SIZ": "5"}, "FAILED  settings: DB_POOL_SIZ is no setting; is DB_POOL_SIZE m"),
        (PRODUCTION, f"FAILED  keys: The key folder {tmp_path}/data/keys has no access"),
        ({"SMTP_URL": f"imap://a:{SECRET}@mail"}, "FAILED  settings: SMTP_URL: Value error, write"),
        ({"SMTP_URL": f"smtp://a:{SECRET}@m:x"}, "FAILED  settings: SMTP_URL: Value error, write"),
        ({"SMTP_URL": "smtp://127.0.0.1"}, "FAILED  mail: Set SMTP_URL and MAIL_FROM, or"),
        ({"MAIL_VIA": "smtp"}, "FAILED  mail: Set SMTP_URL and MAIL_FROM, or"),
        ({"MAIL_FROM": "nobody"}, "FAILED  settings: MAIL_FROM: Value error, write LOCAL@DOMAIN"),
        ({"APP_URL": "kcs.test"}, "FAILED  settings: APP_URL: Value error, begin with http"),
    ):
        (line,) = refused(env, **wrong)
        assert line.startswith(told)


@pytest.mark.parametrize(
    ("name", "unsafe", "instead"),
    [
        ("ISSUER", "http://kcs.test", "in production begin with https://."),
        ("ALLOWED_HOSTS", "", "in production name the hosts of ISSUER and of nothing else."),
        ("ALLOWED_HOSTS", "*", "in production name the hosts of ISSUER and of nothing else."),
        ("CORS_ORIGINS", "*", "write each as https://HOST, and no `*`."),
        ("CORS_ORIGINS", "http://a.test", "in production begin each with https://."),
        ("DEBUG", "true", "in production leave it off."),
        ("DATABASE_URL", "postgresql://app:changeme@db/kcs", "in production choose a password"),
        ("DATABASE_URL", "postgresql://app:P%61ssword@db/kcs", "in production choose a password"),
        ("SMTP_URL", "smtp://app:aaaaaaaaaaaaaaaa@mail", "in production choose a password"),
        ("CORS_ORIGINS", "https://a.test, https://*.b.test", "write each as https://HOST, and no"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "write each as 10.0.0.0/8 or ::1."),
        ("TRUSTED_PROXIES", "*", "write each as 10.0.0.0/8 or ::1."),
    ],
)
def test_attack_52_what_is_unsafe_in_production_is_refused(
    env: dict[str, str], name: str, unsafe: str, instead: str
) -> None:
    load_or_create(Path(env["DATA_DIR"]) / "keys")
    assert typed("kcs config check", env | PRODUCTION).returncode == 0
    unfit = env | PRODUCTION | {name: unsafe}
    (line,) = refused(unfit)
    assert line.startswith(f"FAILED  settings: {name}: {instead}")
    assert typed("kcs serve --port 0", unfit).returncode == 1


def test_what_is_refused_in_production_may_serve_to_develop() -> None:
    weak = "postgresql://app:changeme@db/kcs"
    settings = Settings(database_url=weak, debug=True, cors_origins="http://a.test")  # type: ignore[arg-type]
    assert (settings.debug, settings.cors_origins) == (True, ("http://a.test",))
    here: dict[str, Any] = SERIOUS | {"database_url": "postgresql://app:changeme@localhost/kcs"}
    assert Settings(**here).env == "production"


def test_a_secret_may_be_read_from_a_file(env: dict[str, str], tmp_path: Path) -> None:
    url, file = env.pop("DATABASE_URL"), tmp_path / "database_url"
    file.write_text(f"{url}\n")
    from_file = env | {"DATABASE_URL_FILE": str(file)}
    assert typed("kcs config check", from_file).returncode == 0
    shown = json.loads(typed("kcs config show --json", from_file).stdout)["DATABASE_URL"]
    assert shown["source"] == "file"
    (line,) = refused(from_file | {"DATABASE_URL": url})
    assert line == "FAILED  settings: DATABASE_URL: set it, or name its file, and not both."
    mail = {"SMTP_URL_FILE": str(tmp_path / "nowhere")}
    (line,) = refused(from_file | mail)
    assert line == "FAILED  settings: SMTP_URL: its file cannot be read."


def test_what_a_file_holds_is_held_against_the_same_rules(
    env: dict[str, str], tmp_path: Path
) -> None:
    load_or_create(Path(env["DATA_DIR"]) / "keys")
    file = tmp_path / "database_url"
    file.write_text("postgresql://app:changeme@db/kcs")
    del env["DATABASE_URL"]
    (line,) = refused(env | PRODUCTION | {"DATABASE_URL_FILE": str(file)})
    assert line.startswith("FAILED  settings: DATABASE_URL: in production choose a password")


def test_a_production_server_on_sqlite_is_chosen_knowingly(tmp_path: Path) -> None:
    env = environment(f"sqlite:///{tmp_path}/kcs.db", tmp_path) | PRODUCTION
    (line,) = refused(env | {"SQLITE_IN_PRODUCTION": "false"})
    assert line.startswith("FAILED  settings: DATABASE_URL: in production name a PostgreSQL, or")


def test_a_key_that_cannot_be_read_is_named(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data" / "keys" / "access.pem").mkdir(parents=True)
    (line,) = refused(env)
    assert line == f"FAILED  keys: {tmp_path}/data/keys/access.pem cannot be read: Is a directory."


def test_a_database_that_is_not_there_or_not_migrated_is_told_apart(
    empty_url: str, cluster: str, tmp_path: Path
) -> None:
    (line,) = refused(environment(empty_url, tmp_path))
    assert "run `alembic upgrade head`" in line
    (line,) = refused(environment(at(cluster, "nobodys"), tmp_path))
    assert 'The database does not answer. (InvalidCatalogNameError: database "nobodys"' in line


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"DATABASE_URI": "x"}, ["DATABASE_URI is no setting; is DATABASE_URL meant?"]),
        ({"logformat": "x"}, ["logformat is no setting; is LOG_FORMAT meant?"]),
        ({"DATABASE_URI": "x", "DATABASE_URL": "y"}, []),  # somebody else's
        ({"database_url": "x", "PATH": "y", "HOSTNAME": "z", "VENV": "v", "PORTS": "1"}, []),
    ],
)
def test_a_name_that_is_nearly_ours_is_found(environment: dict[str, str], found: list[str]) -> None:
    assert [*misspelt(Settings, environment)] == found


def test_the_example_is_what_the_settings_say(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    written = typed("kcs config example", environment("sqlite://", tmp_path))
    assert written.returncode == 0
    assert example == written.stdout, "run `make example`"
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"\n# {field.description}\n# {name.upper()}=" in example


def test_the_example_uncommented_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    default = Settings()
    example = (ROOT / ".env.example").read_text()
    given = re.findall(r"^# ([A-Z_]+)=(.*)$", example, re.MULTILINE)
    assert len(given) == len(Settings.model_fields)
    for name, value in given:
        monkeypatch.setenv(name, value)
    assert Settings() == default
    monkeypatch.setenv("PORT", "8001")
    assert Settings() != default


def test_a_mail_server_that_takes_nothing_is_named(env: dict[str, str]) -> None:
    mail = {"SMTP_URL": f"smtp://a:{SECRET}@127.0.0.1:{a_free_port()}", "MAIL_FROM": "a@kcs.test"}
    (line,) = refused(env, **mail)
    assert line == "FAILED  mail: The mail server takes no letters: SMTPConnectError."


@pytest.mark.parametrize(
    "command", ["kcs serve --port 0", "kcs worker --once", "kcs jobs list", "kcs config check"]
)
def test_a_production_installation_without_a_mail_server_does_not_start(
    env: dict[str, str], keys: Path, command: str
) -> None:
    load_or_create(keys / "keys")
    production = env | PRODUCTION | {"DATA_DIR": str(keys), "MAIL_VIA": "smtp"}
    refused = typed(command, production)
    assert refused.returncode == 1
    assert "Set SMTP_URL and MAIL_FROM, or MAIL_VIA=console" in refused.stderr
    assert "Traceback" not in refused.stderr
    if "serve" not in command:
        assert run(command, production | {"MAIL_VIA": "console"}).returncode == 0


@pytest.mark.parametrize(
    ("told", "via"),
    [
        ({}, "console"),
        (SERIOUS, "smtp"),
        ({"smtp_url": "smtp://mail"}, "smtp"),
        ({"smtp_url": "smtp://mail", "mail_via": "console"}, "console"),
        (SERIOUS | {"mail_via": "console"}, "console"),
    ],
)
def test_letters_go_to_a_server_unless_it_is_said_otherwise(told: dict[str, Any], via: str) -> None:
    assert Settings(**told).mail_via == via


def test_links_lead_to_the_installation_unless_it_is_said_otherwise() -> None:
    assert Settings(issuer="https://api.kcs.test").app_url == "https://api.kcs.test"
    assert Settings(issuer="https://a.b", app_url="https://kcs.test/").app_url == "https://kcs.test"
