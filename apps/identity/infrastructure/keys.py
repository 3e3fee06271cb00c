"""The secrets of an installation, as they are at one moment."""

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from apps.identity.application.keep_keys import KeyState
from apps.identity.infrastructure.key_files import (
    KeysUnfit,
    lay_down,
    new_secret,
    private,
    private_pem,
    public,
    public_pem,
    secret,
    thumbprint,
)
from apps.identity.infrastructure.key_terms import (
    ACCESS_KEPT,
    ALWAYS,
    RETIRED,
    VOUCHES_KEPT,
    Term,
    access_terms,
    active_of,
    data_terms,
    refresh_terms,
)
from apps.shared.infrastructure.clock import SystemClock
from apps.shared.infrastructure.sealing import DataKeys

ACCESS = "access.pem"
REFRESH = "refresh-1.key"
DATA = "data-1.key"
CURSOR = "cursor.key"
AUDIT = "audit.key"
TOTP = "totp.key"
INDEX = "index.key"
PLAIN = (CURSOR, AUDIT, TOTP, INDEX)
"""Secrets of which there is one each."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """What signs and verifies at one moment; public keys go by their thumbprints."""

    access_pem: str = field(repr=False)
    access_kid: str
    retired: Mapping[str, str]
    refresh: Mapping[int, bytes] = field(repr=False)
    refresh_kid: int
    cursor: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    totp: bytes = field(repr=False)
    data: DataKeys = field(repr=False)
    upcoming: Mapping[str, str] = field(default_factory=dict)
    """The next access key, of which other processes may be sure a little earlier."""
    outlived: Mapping[str, str] = field(default_factory=dict)
    """Those of which no access token is left, but vouch cards may be."""
    changes_at: datetime | None = None
    """When it is another one, though the files be the same."""


def load(folder: Path, at: datetime | None = None) -> Keyring:
    """Read the keys an operator has laid down; nothing is ever made up."""
    at = at or SystemClock().now()
    chain, refreshing, sealing = access_terms(folder), refresh_terms(folder), data_terms(folder)
    active = private((active_of(chain, at) or first(folder / ACCESS)).path)
    signing = active_of(refreshing, at) or first(folder / REFRESH)
    refresh = {term.number: secret(term.path) for term in (signing, *refreshing)}
    seals = active_of(sealing, at) or first(folder / DATA)
    data = {term.number: secret(term.path) for term in (seals, *sealing)}
    plain = {name: secret(folder / name) for name in PLAIN}
    paths = {term.path: refresh[term.number] for term in (signing, *refreshing)}
    paths |= {term.path: data[term.number] for term in (seals, *sealing)}
    paths |= {folder / name: one for name, one in plain.items()}
    for path, one in reversed(paths.items()):
        if [*paths.values()].count(one) > 1:
            raise KeysUnfit(f"{path} repeats another key; one secret serves one purpose.")
    by_hand = named(public(path) for path in sorted(folder.glob(RETIRED)))
    recent = [term for term in chain if term.state(at, kept=ACCESS_KEPT) is KeyState.RETIRED]
    older = [term for term in chain if term.state(at, kept=VOUCHES_KEPT) is KeyState.RETIRED]
    moments = [
        *(moment for term in chain for moment in term.moments(ACCESS_KEPT, VOUCHES_KEPT)),
        *(moment for term in (*refreshing, *sealing) for moment in term.moments()),
    ]
    return Keyring(
        access_pem=private_pem(active).decode("ascii"),
        access_kid=thumbprint(active.public_key()),
        retired=by_hand | publicly(recent),
        refresh=refresh,
        refresh_kid=signing.number,
        cursor=plain[CURSOR],
        audit=plain[AUDIT],
        totp=plain[TOTP],
        data=DataKeys(secrets=data, sealing=seals.number, index=plain[INDEX]),
        upcoming=publicly(term for term in chain if term.since > at),
        outlived=publicly(term for term in older if term not in recent),
        changes_at=min((moment for moment in moments if moment > at), default=None),
    )


def load_or_create(folder: Path) -> Keyring:
    """Read the keys, making those that are missing; for machines where people develop."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != stat.S_IRWXU:
        folder.chmod(stat.S_IRWXU)
    if not access_terms(folder):
        lay_down(folder / ACCESS, private_pem(ec.generate_private_key(ec.SECP256R1())))
    if not refresh_terms(folder):
        lay_down(folder / REFRESH, new_secret())
    if not data_terms(folder):
        lay_down(folder / DATA, new_secret())
    for name in PLAIN:
        if not (folder / name).exists():
            lay_down(folder / name, new_secret())
    return load(folder)


def first(path: Path) -> Term:
    """Return the key that an installation begins with, be it there or not."""
    return Term(path, number=1, since=ALWAYS, until=None)


def publicly(terms: Iterable[Term]) -> dict[str, str]:
    """Return the public halves of keys by their thumbprints."""
    return named(private(term.path).public_key() for term in terms)


def named(keys: Iterable[ec.EllipticCurvePublicKey]) -> dict[str, str]:
    """Return public keys by their thumbprints."""
    return {thumbprint(key): public_pem(key) for key in keys}
