"""Letters on their way to a real mail server, which takes them, or does not."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from apps.identity.application.ports import Mail, MailRefused, MailUnsent
from apps.identity.infrastructure import smtp
from apps.identity.infrastructure.smtp import MailServer, SmtpMailer
from apps.shared.infrastructure.clock import TimeOrderedIds
from tests.support.builders import FixedClock
from tests.support.mail_server import PASSWORD, USER, a_certificate, a_mail_server
from tests.support.postgres import a_free_port

TEXT = f"안녕, Ann!\n.\n{'긴 줄 ' * 300}\n"
LETTER = Mail(to="ann@kcs.test", subject="포카 도착", text=TEXT)
KNOWN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"


def a_mailer(
    port: int, *, scheme: str = "smtp", known: str = "", required: bool = False
) -> SmtpMailer:
    server = MailServer.at(
        f"{scheme}://{known}127.0.0.1:{port}", sender="mail@kcs.test", tls_required=required
    )
    return SmtpMailer(server, FixedClock(), TimeOrderedIds())


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    return a_certificate(tmp_path)


@pytest.fixture
def trusted(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext:
    """As an operator trusts an authority of their own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    return certificate[1]


async def test_a_letter_arrives_as_it_was_written() -> None:
    async with a_mail_server() as server:
        await a_mailer(server.port).send(LETTER)
        (mail,) = server.arrived
    assert (mail.sender, mail.to, mail.tls) == ("mail@kcs.test", ["ann@kcs.test"], False)
    assert mail.text.replace("\r\n", "\n") == LETTER.text
    message = mail.message
    assert (message["To"], message["Subject"]) == ("ann@kcs.test", LETTER.subject)
    assert str(message["From"]) == "KCardSwap <mail@kcs.test>"
    assert message["Date"] == "Sun, 24 May 2026 12:00:00 +0000"
    assert message["Message-ID"].endswith("@kcs.test>")
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("line", ["\r\n", "\n", "\r", "\n\n", "\u2028"])
async def test_no_subject_becomes_a_header_of_its_own(line: str) -> None:
    async with a_mail_server() as server:
        subject = f"Hello{line}Bcc: eve@kcs.test"
        await a_mailer(server.port).send(Mail(to="ann@kcs.test", subject=subject, text="Hi\n"))
        (mail,) = server.arrived
    assert mail.to == ["ann@kcs.test"]
    assert mail.message["Bcc"] is None
    assert mail.message["Subject"] == "Hello Bcc: eve@kcs.test"
    assert mail.text.strip() == "Hi"


@pytest.mark.parametrize(
    "address", ["ann,eve@kcs.test", "a<eve@kcs.test>,b@kcs.test", 'a"b@kcs.test', "a;b@kcs.test"]
)
async def test_an_odd_address_is_one_address(address: str) -> None:
    async with a_mail_server() as server:
        try:
            await a_mailer(server.port).send(Mail(to=address, subject="Hello", text="Hi\n"))
        except MailRefused:
            assert server.arrived == []
            return
        (mail,) = server.arrived
    assert len(mail.to) == len(mail.message["To"].addresses) == 1
    assert mail.to[0].rpartition("@")[2] == "kcs.test"
    assert mail.to[0] != "eve@kcs.test"


@pytest.mark.parametrize(
    "address",
    ["ann@kcs.test\r\nRCPT TO:<eve@kcs.test>", "ann@kcs.test> SIZE=1", "ann", "@kcs.test", ""],
)
async def test_what_is_no_address_is_given_to_no_server(address: str) -> None:
    async with a_mail_server() as server:
        with pytest.raises(MailRefused):
            await a_mailer(server.port).send(Mail(to=address, subject="Hello", text="Hi\n"))
        assert server.arrived == []


@pytest.mark.parametrize("understood", [True, False])
async def test_an_address_in_hangul_needs_a_server_that_understands_it(*, understood: bool) -> None:
    mail = Mail(to="앤@kcs.test", subject="Hello", text="Hi\n")
    async with a_mail_server(enable_SMTPUTF8=understood) as server:
        if understood:
            await a_mailer(server.port).send(mail)
            assert [each.to for each in server.arrived] == [["앤@kcs.test"]]
        else:
            with pytest.raises(MailRefused):
                await a_mailer(server.port).send(mail)


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ({"recipient_answer": "550 No ann@kcs.test here"}, MailRefused),
        ({"recipient_answer": "450 ann@kcs.test is busy"}, MailUnsent),
        ({"data_answer": "554 Not for ann@kcs.test"}, MailRefused),
        ({"data_answer": "451 Later, ann@kcs.test"}, MailUnsent),
        ({"sender_answer": "550 Not from here"}, MailUnsent),
        ({"sender_answer": "451 Later"}, MailUnsent),
    ],
    ids=str,
)
async def test_a_refusal_of_the_letter_is_final_and_others_are_not(
    answers: dict[str, str], failure: type[Exception]
) -> None:
    async with a_mail_server() as server:
        for name, answer in answers.items():
            setattr(server, name, answer)
        with pytest.raises(failure) as told:
            await a_mailer(server.port).send(LETTER)
        (answer,) = answers.values()
        assert str(told.value).endswith(answer[:3])
        assert "ann" not in str(told.value)
        assert told.value.__suppress_context__, "or a log would tell to whom"
        assert server.arrived == []
        for name in answers:
            setattr(server, name, "250 OK")
        await a_mailer(server.port).send(LETTER)
        assert len(server.arrived) == 1


async def test_a_server_that_is_away_may_come_back() -> None:
    mailer = a_mailer(port := a_free_port())
    for attempt in (mailer.send(LETTER), mailer.probe()):
        with pytest.raises(MailUnsent):
            await attempt
    async with a_mail_server(port=port) as server:
        await mailer.probe()
        assert server.arrived == []
        await mailer.send(LETTER)
        assert len(server.arrived) == 1


async def test_tls_is_used_where_it_is_offered(trusted: ssl.SSLContext) -> None:
    async with a_mail_server(tls_context=trusted) as server:
        for required in (False, True):
            await a_mailer(server.port, required=required).send(LETTER)
        assert [mail.tls for mail in server.arrived] == [True, True]


async def test_no_letter_goes_without_tls_where_it_is_required() -> None:
    async with a_mail_server() as server:
        mailer = a_mailer(server.port, required=True)
        for attempt in (mailer.send(LETTER), mailer.probe()):
            with pytest.raises(MailUnsent):
                await attempt
        await a_mailer(server.port).send(LETTER)
        assert [mail.tls for mail in server.arrived] == [False]


async def test_tls_from_the_first_byte_on(
    trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_mail_server(tls_from_the_start=trusted) as server:
        await a_mailer(server.port, scheme="smtps").send(LETTER)
        assert len(server.arrived) == 1
        monkeypatch.setattr(smtp, "PATIENCE", 0.5)  # each waits for the other to begin
        with pytest.raises(MailUnsent):
            await a_mailer(server.port, scheme="smtp").send(LETTER)


@pytest.mark.parametrize("way", ["smtp", "smtps"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(
    certificate: tuple[Path, ssl.SSLContext], way: str
) -> None:
    options: dict[str, Any] = {"smtp": {"tls_context": certificate[1]}}
    options["smtps"] = {"tls_from_the_start": certificate[1]}
    async with a_mail_server(**options[way]) as server:
        with pytest.raises(MailUnsent):
            await a_mailer(server.port, scheme=way).send(LETTER)
        assert server.arrived == []


async def test_who_asks_for_a_password_gets_it_under_tls(trusted: ssl.SSLContext) -> None:
    async with a_mail_server(tls_context=trusted, asking=True) as server:
        await a_mailer(server.port, known=KNOWN).send(LETTER)
        assert [(mail.tls, mail.user) for mail in server.arrived] == [(True, USER.encode())]
        for known in ("", f"{quote(USER, safe='')}:wrong@"):
            with pytest.raises(MailUnsent):
                await a_mailer(server.port, known=known).send(LETTER)
        assert len(server.arrived) == 1
        assert server.wrong_passwords > 0


@pytest.mark.parametrize(
    ("url", "required"),
    [
        ("smtp://mail.kcs.test", False),
        ("smtp://ann:x@mail.kcs.test", True),
        ("smtp://ann:x@10.0.0.1:587", True),
        ("smtp://ann:x@localhost", False),
        ("smtp://ann:x@127.0.0.1:25", False),
        ("smtp://ann:x@[::1]:25", False),
    ],
)
def test_a_password_crosses_no_network_in_the_clear(url: str, *, required: bool) -> None:
    server = MailServer.at(url, sender="mail@kcs.test", tls_required=False)
    assert server.tls_required is required
    assert MailServer.at(url, sender="mail@kcs.test", tls_required=True).tls_required


@pytest.mark.parametrize(
    "url",
    [
        "imap://a:hunter2@mail",
        "imap://a:hunter2@mail:25",
        "smtp://a:hunter2@mail:many",
        "smtp://a:hunter2@mail:99999",
        "smtp://a:hunter2@",
        "smtp:a:hunter2@mail",
        "smtp://a:hunter2/@mail",
        "smtp://a:hunter2?@mail",
        "smtp://a:[hunter2@mail",
        "smtp://a:hunter2\u2100@mail",
        "",
    ],
)
def test_what_is_no_url_of_a_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="write smtp://USER:PASSWORD@HOST:PORT") as told:
        MailServer.at(url, sender="a@b.c", tls_required=False)
    assert "hunter2" not in str(told.value)
    assert told.value.__suppress_context__ or told.value.__context__ is None


def test_a_url_is_read_with_what_is_special_in_it() -> None:
    server = MailServer.at(f"smtps://{KNOWN}mail.kcs.test", sender="a@b.c", tls_required=False)
    assert (server.username, server.password) == (USER, PASSWORD)
    assert (server.host, server.port, server.tls) == ("mail.kcs.test", 465, True)
    assert MailServer.at("smtp://m", sender="a@b.c", tls_required=False).port == 25
