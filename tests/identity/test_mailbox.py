"""Letters of an installation for development, on a page; and by a real mail server of any other."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from apps.identity.application.ports import Mail
from apps.identity.infrastructure.keys import load_or_create
from apps.identity.infrastructure.mail import MOST_KEPT, FolderMailbox
from apps.main import create_app
from apps.settings import Settings
from apps.shared.infrastructure.clock import TimeOrderedIds
from apps.shared.infrastructure.jobs import JobModel
from tests.identity.letters import works
from tests.identity.stage import register, told
from tests.support.builders import FixedClock
from tests.support.labour import hurry, work_once
from tests.support.mail_server import a_mail_server
from tests.support.postgres import a_free_port
from tests.support.served import PRODUCTION
from tests.support.site import Site

PAGE = "/dev/mailbox"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mail"


@pytest.fixture
async def site(sqlite: str, folder: Path) -> AsyncIterator[Site]:
    """With a folder of its own."""
    async with Site(sqlite, folder.parent) as site:
        yield site


def a_mail(number: int = 1, **more: str) -> Mail:
    return Mail(**({"to": "ann@kcs.test", "subject": f"Letter {number}.", "text": "Hi\n"} | more))


async def test_what_was_mailed_is_shown_on_a_page_and_written_out(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = await site.client.get(PAGE)
    assert (empty.status_code, "There are none yet." in empty.text) == (200, True)
    await register(site, "ann")
    await work_once(site)
    page = await site.client.get(PAGE)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert "<h2>Confirm your address</h2>" in page.text
    assert "to ann@kcs.test" in page.text
    assert "--- mail to ann@kcs.test: Confirm your address" in capsys.readouterr().out
    token = page.text.partition("#token=")[2].split()[0]
    assert await works(site, "verify", token)


async def test_the_page_needs_no_other_and_runs_nothing(site: Site, folder: Path) -> None:
    mailbox = FolderMailbox(folder, FixedClock(), TimeOrderedIds())
    bad = "<script>alert(1)</script>"
    await mailbox.send(a_mail(subject=bad, text=bad, to=f"{bad}@kcs.test"))
    page = (await site.client.get(PAGE)).text
    assert page.count("&lt;script&gt;") == 3
    assert not [tag for tag in ("<script", "<link", "<img", "src=", "href=") if tag in page]


async def test_the_last_hundred_are_kept_for_their_owner_alone(folder: Path) -> None:
    mailbox = FolderMailbox(folder, FixedClock(), TimeOrderedIds())
    assert await mailbox.newest() == []
    for number in range(MOST_KEPT + 5):
        await mailbox.send(a_mail(number))
    newest = await mailbox.newest()
    numbers = range(MOST_KEPT + 4, 4, -1)
    assert [each.mail.subject for each in newest] == [f"Letter {each}." for each in numbers]
    assert newest[0].at == FixedClock().at
    assert modes(folder) == [0o700] + [0o600] * MOST_KEPT


def modes(folder: Path) -> list[int]:
    """Who may do what with a folder and with each of its files."""
    return [stat.S_IMODE(each.stat().st_mode) for each in (folder, *folder.iterdir())]


async def test_it_is_shown_on_this_machine_only(site: Site) -> None:
    for address, status in (("127.0.0.2", 200), ("::1", 200), ("10.0.0.1", 404), ("kcs", 404)):
        transport = ASGITransport(site.app, client=(address, 123))
        async with AsyncClient(transport=transport, base_url="http://kcs.test") as client:
            answer = await client.get(PAGE)
            assert answer.status_code == status
            assert status == 200 or told(answer) == (404, "not-found")


async def test_it_is_no_part_of_the_api(site: Site) -> None:
    assert not [path for path in site.app.openapi()["paths"] if path.startswith("/dev")]


@pytest.mark.parametrize(
    "serious",
    [
        {name.lower(): value for name, value in PRODUCTION.items()},
        {"smtp_url": "smtp://127.0.0.1", "mail_from": "mail@kcs.test"},
    ],
    ids=["production", "with a mail server"],
)
async def test_there_is_none_where_letters_are_real(
    sqlite: str, keys: Path, serious: dict[str, str]
) -> None:
    load_or_create(keys / "keys")
    settings = Settings(database_url=sqlite, data_dir=keys, **serious)  # type: ignore[arg-type]
    app = create_app(settings)
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert told(await client.get(PAGE)) == (404, "not-found")
    await app.state.dishka_container.close()


def by_mail(url: str, keys: Path, port: int) -> Site:
    smtp = {"smtp_url": f"smtp://127.0.0.1:{port}", "mail_from": "mail@kcs.test"}
    return Site(url, keys, **smtp)


async def states(site: Site) -> list[tuple[str, int]]:
    jobs = await site.ask(select(JobModel).where(JobModel.kind == "letters.registration"))
    return [(str(job.state), job.attempts) for job in jobs]


async def test_a_member_confirms_by_a_letter_that_came_by_mail(url: str, keys: Path) -> None:
    """The mail server is away at first."""
    async with by_mail(url, keys, port := a_free_port()) as site:
        await register(site, "ann")
        await work_once(site)
        assert await states(site) == [("ready", 1)]
        async with a_mail_server(port=port) as server:
            await hurry(site)
            await work_once(site)
            (mail,) = server.arrived
        assert await states(site) == [("done", 2)]
        assert (mail.to, mail.message["Subject"]) == (["ann@kcs.test"], "Confirm your address")
        assert await works(site, "verify", mail.text.partition("#token=")[2].split()[0])


async def test_a_letter_that_the_mail_server_turns_away_is_given_up(
    url: str, keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_mail_server() as server, by_mail(url, keys, server.port) as site:
        server.recipient_answer = "450 ann@kcs.test is busy"
        await register(site, "ann")
        await work_once(site)
        assert await states(site) == [("ready", 1)]
        server.recipient_answer = "550 No ann@kcs.test here"
        await hurry(site)
        await work_once(site)
        assert await states(site) == [("dead", 2)]
        assert server.arrived == []
        (error,) = await site.ask(
            select(JobModel.last_error).where(JobModel.kind == "letters.registration")
        )
    assert error == "MailRefused: SMTPRecipientsRefused 550"
    assert "is given up" in caplog.text
    assert "ann@kcs" not in caplog.text
