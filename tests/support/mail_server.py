"""A real mail server on loopback, and the certificate that it may have."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.builders import NOON

USER, PASSWORD = "kcs@mail", "p@ss:word/1"


@dataclass(frozen=True)
class Arrived:
    """A message, and how it came."""

    sender: str
    to: list[str]
    message: EmailMessage
    tls: bool
    user: bytes | None

    @property
    def text(self) -> str:
        body = self.message.get_body()
        assert body is not None
        return str(body.get_content())


@dataclass
class MailServer:
    """What it answers to a sender, a recipient and a message; it takes those that begin with 2."""

    sender_answer: str = "250 OK"
    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"
    arrived: list[Arrived] = field(default_factory=list)
    port: int = 0
    wrong_passwords: int = 0

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, told: Any
    ) -> AuthResult:
        del server, session, envelope, mechanism
        right = LoginPassword(USER.encode(), PASSWORD.encode())
        self.wrong_passwords += told != right
        return AuthResult(success=told == right, handled=False, auth_data=told)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        envelope.mail_from, envelope.mail_options = address, options
        return self.sender_answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self.recipient_answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server
        if self.data_answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.SMTP)
            known: Any = session.auth_data
            self.arrived.append(
                Arrived(
                    sender=str(envelope.mail_from),
                    to=list(envelope.rcpt_tos),
                    message=message,
                    tls=session.ssl is not None,
                    user=known.login if isinstance(known, LoginPassword) else None,
                )
            )
        return self.data_answer


@asynccontextmanager
async def a_mail_server(
    *, port: int = 0, tls_from_the_start: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[MailServer]:
    """Listen on a port that is free, or on this one."""
    mail, loop = MailServer(), asyncio.get_running_loop()
    asking = options.pop("asking", False)
    if asking:
        options |= {"authenticator": mail.authenticate, "auth_required": True}
    server = await loop.create_server(
        lambda: SMTP(mail, hostname="mail.test", ident="test", loop=loop, **options),
        "127.0.0.1",
        port,
        ssl=tls_from_the_start,
    )
    async with server:
        mail.port = server.sockets[0].getsockname()[1]
        yield mail


def a_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make one for 127.0.0.1 that has signed itself; return its file and what serves it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=3650))
        .not_valid_after(NOON + timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "mail.pem", folder / "mail.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem, secret)
    return pem, serving
