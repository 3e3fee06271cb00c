"""Mail on its way to a mail server."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from apps.identity.application.ports import Mail, Mailer, MailRefused, MailUnsent
from apps.shared.domain.ids import Clock, Ids

PATIENCE = 20.0
"""Seconds that the server may take for each answer."""

REFUSED_FOR_GOOD = 500
FORM = "write smtp://USER:PASSWORD@HOST:PORT, or smtps://"
SENDER = "KCardSwap"
PORTS = {"smtp": 25, "smtps": 465}


class MailServerMissing(Exception):
    """Letters are to go to a mail server, and it is not said to which one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where letters are handed on, and under whose name."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    """From the first byte on; else after STARTTLS, where the server offers that."""
    tls_required: bool
    sender: Address

    @classmethod
    def at(cls, url: str, *, sender: str, tls_required: bool) -> Self:
        """Read `smtp://user:password@host:port` or `smtps://…`; raise ValueError."""
        try:
            told = urlsplit(url)
            host, port = told.hostname or "", told.port or PORTS[told.scheme]
        except (KeyError, ValueError):  # which may name the password
            raise ValueError(FORM) from None
        if not host or told.scheme not in PORTS or (told.path.strip("/"), told.query) != ("", ""):
            raise ValueError(FORM)
        return cls(
            host=host,
            port=port,
            username=unquote(told.username) if told.username else None,
            password=unquote(told.password) if told.password else None,
            tls=told.scheme == "smtps",
            # A password crosses no network that others can read.
            tls_required=tls_required or bool(told.username and not is_here(host)),
            sender=address_of(sender, name=SENDER),
        )

    def client(self) -> SMTP:
        """Return what speaks to it."""
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.tls,
            start_tls=False if self.tls else self.tls_required or None,
            timeout=PATIENCE,
        )


def is_here(host: str) -> bool:
    """Tell whether it is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address_of(text: str, *, name: str = "") -> Address:
    """Read `local@domain`, and quote of it what has to be quoted; raise ValueError."""
    local, _, domain = text.rpartition("@")
    if not (local and domain and text.isprintable()) or " " in text:
        raise ValueError("write LOCAL@DOMAIN")
    return Address(name, local, domain)


class SmtpMailer(Mailer):
    """Opens a connection for each letter."""

    def __init__(self, server: MailServer, clock: Clock, ids: Ids) -> None:
        self._server = server
        self._clock = clock
        self._ids = ids

    async def send(self, mail: Mail) -> None:
        """Tell what went wrong without what the server said, for that may name the address.

        A server that turns away this letter or this address will do so again; whatever else goes
        wrong may be mended.
        """
        sender = self._server.sender.addr_spec
        try:
            to, message = address_of(mail.to).addr_spec, self._message(mail)
            async with self._server.client() as client:
                await client.send_message(message, sender=sender, recipients=[to])
        except (SMTPException, OSError, ValueError) as fault:
            raise failure(fault) from None

    async def probe(self) -> None:
        """Connect as for a letter, but send none; raise MailUnsent."""
        try:
            async with self._server.client():
                pass
        except (SMTPException, OSError) as fault:
            raise MailUnsent(f"The mail server takes no letters: {failure(fault)}.") from None

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = address_of(mail.to)
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{self._ids.next()}@{self._server.sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message


def failure(fault: Exception) -> MailRefused | MailUnsent:
    """Return what it means for the letter."""
    code = code_of(fault)
    told = f"{type(fault).__name__} {code or ''}".strip()
    if isinstance(fault, OSError):  # some of which are errors of values, too: a bad certificate
        return MailUnsent(told)
    unspeakable = isinstance(fault, ValueError | SMTPNotSupported)  # the address, to this server
    of_this_letter = isinstance(fault, SMTPRecipientsRefused | SMTPDataError)
    if unspeakable or (of_this_letter and code >= REFUSED_FOR_GOOD):
        return MailRefused(told)
    return MailUnsent(told)


def code_of(fault: Exception) -> int:
    """Return the code of a server's refusal, 0 where there was none."""
    if isinstance(fault, SMTPRecipientsRefused):
        return fault.recipients[0].code
    return fault.code if isinstance(fault, SMTPResponseException) else 0
