"""The way out to providers leads to public addresses only, over TLS, and to no others by tricks."""

import asyncio
import ssl
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from apps.identity.infrastructure.outgoing import Outgoing, Unanswered, host_of, is_public
from apps.settings import Settings
from tests.identity.evil_provider import EvilProvider

PUBLIC = ("8.8.8.8", "93.184.215.14", "2606:4700::1111")
OURS = (
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "2001:db8::1"),
    *("2002:7f00:1::", "2001:0:7f00:1::", "localhost", "", "0x7f.1", "2130706433"),
)


def test_which_addresses_are_public() -> None:
    assert [each for each in PUBLIC if is_public(each)] == [*PUBLIC]
    assert [each for each in OURS if is_public(each)] == []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://kcs.test", "kcs.test:443"),
        ("https://KCS.test:8443/a?b=c", "kcs.test:8443"),
        ("https://[2606:4700::1111]/", "2606:4700::1111:443"),
        ("http://kcs.test", None),
        ("http://127.0.0.1:8000", None),
        ("ftp://kcs.test", None),
        ("https://", None),
        ("https://a:b@kcs.test", None),
        ("https://kcs.test#x", None),
        ("https://kcs.test/ x", None),
        ("https://kcs.test\\x", None),
        ("https://kcs.test/\n", None),
        ("https://kçs.test/", None),
        ("https://kcs.test:99999", None),
        ("https://[::1", None),
        ("//kcs.test", None),
        ("", None),
    ],
)
def test_which_urls_are_asked_at_all(url: str, host: str | None) -> None:
    if host:
        assert host_of(url, testing=False) == host
        return
    with pytest.raises(Unanswered):
        host_of(url, testing=False)


def test_only_tests_ask_this_machine_without_tls() -> None:
    assert host_of("http://127.0.0.1:8000", testing=True) == "127.0.0.1:8000"
    for url in ("http://localhost", "http://127.0.0.2", "http://[::1]", "http://kcs.test"):
        with pytest.raises(Unanswered):
            host_of(url, testing=True)


@pytest.mark.parametrize("env", ["development", "production", "test"])
@pytest.mark.parametrize("name", ["oidc_google_issuer", "oidc_generic_issuer"])
def test_an_operator_cannot_name_a_provider_without_tls(env: str, name: str) -> None:
    def issuer_of(url: str) -> Any:
        told: dict[str, Any] = {
            "env": env,
            "issuer": "https://kcs.test",
            "sqlite_in_production": True,
        }
        return getattr(Settings(**told | {"allowed_hosts": ("kcs.test",), name: url}), name)

    assert issuer_of("https://kcs.test/realms/fans") == "https://kcs.test/realms/fans"
    bad = ["http://kcs.test", "kcs.test", "https://kcs.test?x", "https://kcs.test#x"]
    for url in bad + (["http://127.0.0.1:9"] if env != "test" else []):
        with pytest.raises(ValidationError, match="https://HOST"):
            issuer_of(url)
    if env == "test":
        assert issuer_of("http://127.0.0.1:9") == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("uri", "fits"),
    [
        ("https://app.kcs.test/in", True),
        ("http://localhost:5173/in", True),
        ("com.kcs.app:/in", True),
        ("http://app.kcs.test/in", False),
        ("https://*.kcs.test/in", False),
        ("https://kcs.test/#x", False),
        ("https://a@kcs.test/", False),
        ("javascript:alert(1)", False),
        ("/in", False),
        ("https://[::1", False),
    ],
)
def test_where_an_operator_lets_members_be_sent(uri: str, *, fits: bool) -> None:
    if fits:
        assert Settings(oidc_redirect_uris=(uri,)).oidc_redirect_uris == (uri,)
        return
    with pytest.raises(ValidationError, match="write each as"):
        Settings(oidc_redirect_uris=(uri,))


def leading_to(*addresses: str) -> Outgoing:
    async def resolve(host: str, port: int) -> Collection[str]:
        del host, port
        return addresses

    return Outgoing(testing=False, resolve=resolve)


@pytest.mark.parametrize("address", OURS)
async def test_a_name_that_leads_to_an_address_of_ours_is_not_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_connections(monkeypatch)
    for addresses in ((address,), ("8.8.8.8", address)):
        with pytest.raises(Unanswered, match="not public"):
            await leading_to(*addresses).get("https://kcs.test/", hosts={"kcs.test:443"})


async def test_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = forbid_connections(monkeypatch)
    for address in PUBLIC:
        with pytest.raises(Unanswered):
            await leading_to(address).get("https://kcs.test/", hosts={"kcs.test:443"})
    assert reached == [(address, 443) for address in PUBLIC]


async def test_only_a_host_that_is_named_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = forbid_connections(monkeypatch)
    for url in ("https://kcs.test:444/", "https://kcs.test.evil.test/", "https://evil.test"):
        with pytest.raises(Unanswered, match="not named"):
            await leading_to("8.8.8.8").get(url, hosts={"kcs.test:443"})
        with pytest.raises(Unanswered, match="not named"):
            await leading_to("8.8.8.8").post(url, {}, headers={}, hosts={"kcs.test:443"})
    assert reached == []


def forbid_connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Note where somebody would connect to, and let nobody."""
    reached: list[tuple[str, int]] = []

    async def connect_tcp(_: object, host: str, port: int, *__: object) -> None:
        reached.append((host, port))
        raise OSError

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", connect_tcp)
    return reached


async def test_proxies_of_the_environment_are_not_asked(
    evil: EvilProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    host = evil.issuer.removeprefix("http://")
    answer = await Outgoing(testing=True).get(f"{evil.issuer}/jwks", hosts={host})
    assert answer.status == 200


async def test_a_certificate_that_nobody_knows_is_not_believed(tmp_path: Path) -> None:
    asked = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        with pytest.raises(Unanswered, match=r"ConnectError"):
            await Outgoing(testing=True).get(f"https://{host}/", hosts={host})
    assert asked == []


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context for 127.0.0.1, by nobody's authority."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), True)  # noqa: FBT003
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
