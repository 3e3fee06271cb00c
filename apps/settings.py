"""What an operator can set, by environment variables of the same names; only entries read it."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from apps.database_settings import (
    DatabaseSettings,
    as_many_as_are_served,
    refuse_in_production,
    said_by_file,
)
from apps.defaults import (
    GOOGLE,
    HERE,
    KNOWN_PASSWORDS,
    LOOPBACK,
    SOMEBODY,
    a_zone,
    app_of,
    by_profile,
    is_embedded,
    log_format_of,
    mail_of,
    parted,
)
from apps.group_orders.domain.exposure import rates_of
from apps.group_orders.infrastructure.webhook_signatures import SecretUnfit, secrets_of
from apps.identity.infrastructure.address_limits import pool_of
from apps.identity.infrastructure.oidc import is_issuer, is_way_back
from apps.identity.infrastructure.smtp import MailServer, address_of

Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(parted)]


class Settings(DatabaseSettings):
    """One installation; the sentence below each setting is what `kcs config` shows of it."""

    pg_bin_dir: str = ""
    """The folder of pg_dump and pg_restore; PATH is searched unless set."""
    data_dir: Path = Path("var")
    """The folder whose `keys` folder holds the secrets, and where the embedded database lies."""
    issuer: str = HERE
    """Who signs the tokens: the public address of this installation; https in production."""
    allowed_hosts: Listed = ()
    """Names, commas between them, under which requests may come; outside production none is any."""
    cors_origins: Listed = ()
    """Origins, commas between them, whose pages may use the API: `https://app.example`."""
    trusted_proxies: Listed = ()
    """Networks, commas between them, whose `X-Forwarded-For` and `-Proto` are believed."""
    app_url: str = Field(default_factory=app_of)
    """Where members open the program that they use; letters link to it. ISSUER unless set."""

    smtp_url_file: str = ""
    """A file that holds SMTP_URL."""
    smtp_url: str = ""
    """The server that takes letters: `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://`."""
    smtp_tls: Literal["offered", "required"] = "offered"
    """When `smtp://` goes on under TLS; with a password to another machine it always must."""
    mail_from: str = ""
    """The address that letters are from; set it with SMTP_URL."""
    mail_via: Literal["smtp", "console"] = Field(default_factory=mail_of)
    """`console` writes letters to standard output; in production, or with SMTP_URL, `smtp`."""

    oidc_google_client_ids: Listed = ()
    """Client ids at Google, commas between them; the first asks for codes, others are of apps."""
    oidc_google_client_secret: str = ""
    """The secret of the first of them."""
    oidc_google_issuer: str = GOOGLE
    """Who Google says it is; only tests change that."""
    oidc_generic_client_ids: Listed = ()
    """Client ids at another provider of OpenID Connect, likewise."""
    oidc_generic_client_secret: str = ""
    """The secret of the first of them; without one, a public client is what asks."""
    oidc_generic_issuer: str = ""
    """Who that provider says it is: `https://HOST`, letter for letter as in its ID tokens."""
    oidc_redirect_uris: Listed = ()
    """Where providers may send members back to, commas between them, letter for letter."""

    webhook_secrets_file: str = ""
    """A file that holds WEBHOOK_SECRETS."""
    webhook_secrets: Listed = ()
    """What payment providers sign by, commas between: `PROVIDER=whsec_…`; two while one changes."""

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` or `::` for all of this machine."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port to listen on; 0 takes any that is free."""
    worker_embedded: bool = Field(default_factory=is_embedded)
    """Whether `kcs serve` works jobs too, beside `kcs worker`; on PostgreSQL no unless set."""
    worker_lease_s: int = Field(default=60, ge=1, le=3600)
    """Seconds that a job waits when its worker has died; longer jobs are held by renewing."""
    worker_concurrency: int = Field(default=4, ge=1, le=100)
    """Jobs that one worker does at once, beside what recurs."""
    migrate_on_start: bool = False
    """Whether `kcs serve` brings the schema up to date first; several may start at once."""
    drain_s: int = Field(default=0, ge=0, le=600)
    """Seconds between the signal to stop and the last new connection; not ready meanwhile."""
    shutdown_grace_s: int = Field(default=20, ge=0, le=600)
    """Seconds that requests under way are given to finish before they are cut off."""
    metrics_host: str = "127.0.0.1"
    """The address on which Prometheus finds metrics; nobody else should reach it."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """The port for that, of its own for each process of a machine; 0 for no metrics."""
    debug: bool = False
    """Whether the log tells of every step of every library; not in production, for it tells all."""
    log_format: Literal["text", "json"] = Field(default_factory=log_format_of)
    """Lines for people or for machines; in production `json` unless set."""

    max_body_bytes: int = Field(default=256 * 1024, ge=1024)
    """Bytes of the longest body that is read."""
    max_concurrency: int = Field(default_factory=as_many_as_are_served, ge=1)
    """Requests worked on at once; the others wait. Unless set, as many as the pools serve."""

    rate_limit_redis_url: str = ""
    """Where several servers count the requests of an address: `redis://HOST:PORT/0`; else each."""
    password_min_length: Annotated[int, BeforeValidator(by_profile)] = Field(
        default=10, ge=8, le=64
    )
    """Characters of the shortest password a member may choose; `nist` for the 15 of SP 800-63B."""
    deletion_grace_d: int = Field(default=14, ge=1, le=90)
    """Days in which who deletes an account can call that off, before it is erased."""
    platform_tz: Annotated[str, AfterValidator(a_zone)] = "Asia/Taipei"
    """The time zone by whose calendar days and months are told, as `Asia/Taipei`."""
    group_orders_open_max: int = Field(default=1, ge=1)
    """Group orders that an organiser may have under way at once."""
    exposure_rates: Listed = ()
    """Units of a currency to the euro, for what organisers have in hand: `KRW=1600,USD=1.16`."""
    copies_count_max: int = Field(default=1_000, ge=1)
    """Copies in the binder of one member."""
    want_groups_max: int = Field(default=200, ge=1)
    """Want groups of one member."""
    open_proposals_out: int = Field(default=10, ge=1)
    """Proposals of one member that wait for an answer."""
    live_trades_per_pair: int = Field(default=3, ge=1)
    """Trades between the same two members that have not ended."""

    @field_validator("smtp_url", mode="before")
    @classmethod
    def _read_the_file_of_the_mail_server(cls, url: object, told: ValidationInfo) -> object:
        """Take what a file says, where one is named."""
        return said_by_file(cls, url, told)

    @field_validator("webhook_secrets", mode="before")
    @classmethod
    def _read_the_file_of_the_providers(cls, pairs: object, told: ValidationInfo) -> object:
        """Take what a file says, where one is named."""
        return said_by_file(cls, pairs, told)

    @field_validator("webhook_secrets")
    @classmethod
    def _know_providers_by_secrets(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        """Read them as they will be read, and say nothing of what they are."""
        try:
            _ = secrets_of(pairs)
        except SecretUnfit:
            raise PydanticCustomError(
                "webhook", "write each as PROVIDER=whsec_ and 24 to 64 bytes in base64"
            ) from None
        return pairs

    @field_validator("database_url", "database_replica_url", "smtp_url")
    @classmethod
    def _have_a_password_of_its_own(cls, url: str, told: ValidationInfo) -> str:
        """Refuse what others try first; on this machine alone it may do."""
        server = urlsplit(url)
        password = unquote(server.password or "").lower()
        is_known = password in KNOWN_PASSWORDS or len(set(password)) == 1
        if server.password and is_known and server.hostname not in LOOPBACK:
            refuse_in_production(told, "choose a password that nobody has chosen before")
        return url

    @field_validator("debug")
    @classmethod
    def _tell_no_secrets(cls, debug: bool, told: ValidationInfo) -> bool:  # noqa: FBT001
        """Steps of libraries hold whatever passes through them."""
        if debug:
            refuse_in_production(told, "leave it off")
        return debug

    @field_validator("app_url")
    @classmethod
    def _be_an_address(cls, url: str) -> str:
        """Refuse what no browser would open, and let paths be put behind it."""
        if not url.startswith(("http://", "https://")):
            raise ValueError("begin with http:// or https://")
        return url.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _name_a_mail_server(cls, url: str) -> str:
        """Read it as it will be read."""
        if url:
            MailServer.at(url, sender=SOMEBODY, tls_required=False)
        return url

    @field_validator("mail_from")
    @classmethod
    def _name_a_sender(cls, address: str) -> str:
        """Read it likewise."""
        if address:
            address_of(address)
        return address

    @field_validator("rate_limit_redis_url")
    @classmethod
    def _name_a_redis(cls, url: str) -> str:
        """Read it as it will be read."""
        try:
            _ = pool_of(url)
        except ValueError:
            raise ValueError("write redis://HOST:PORT/0, rediss:// or unix://PATH") from None
        return url

    @field_validator("oidc_google_issuer", "oidc_generic_issuer")
    @classmethod
    def _name_a_provider(cls, issuer: str, told: ValidationInfo) -> str:
        """Ask it over TLS; in tests it may be on this machine."""
        if issuer and not is_issuer(issuer, testing=told.data.get("env") == "test"):
            raise PydanticCustomError("issuer", "write it as https://HOST, and no `?` or `#`")
        return issuer

    @field_validator("oidc_redirect_uris")
    @classmethod
    def _name_ways_back(cls, uris: tuple[str, ...]) -> tuple[str, ...]:
        """A code is sent there."""
        if not all(map(is_way_back, uris)):
            raise PydanticCustomError(
                "redirect", "write each as https://HOST/PATH or APP.SCHEME:/PATH, and no `#`"
            )
        return uris

    @field_validator("issuer")
    @classmethod
    def _be_reached_safely(cls, issuer: str, told: ValidationInfo) -> str:
        """Tokens and passwords travel there."""
        if not issuer.startswith("https://"):
            refuse_in_production(told, "begin with https://")
        return issuer

    @field_validator("allowed_hosts")
    @classmethod
    def _know_the_own_names(cls, names: tuple[str, ...], told: ValidationInfo) -> tuple[str, ...]:
        """Links in answers are made of the name that a request came under."""
        if not names or "*" in names:
            refuse_in_production(told, "name the hosts of ISSUER and of nothing else")
        return names

    @field_validator("cors_origins")
    @classmethod
    def _name_origins(cls, origins: tuple[str, ...], told: ValidationInfo) -> tuple[str, ...]:
        """Everybody's pages are nobody's."""
        for origin in origins:
            scheme, separator, host = origin.partition("://")
            if (
                scheme not in {"http", "https"}
                or not separator
                or not host
                or set(host) & set("/*")
            ):
                raise PydanticCustomError("origin", "write each as https://HOST, and no `*`")
            if scheme == "http":
                refuse_in_production(told, "begin each with https://")
        return origins

    @field_validator("exposure_rates")
    @classmethod
    def _name_rates(cls, rates: tuple[str, ...]) -> tuple[str, ...]:
        """Read them as they will be read."""
        try:
            _ = rates_of(rates)
        except ValueError:
            raise PydanticCustomError("rate", "write each as KRW=1600") from None
        return rates

    @field_validator("trusted_proxies")
    @classmethod
    def _name_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        """Who is believed can be anybody."""
        for network in networks:
            try:
                ip_network(network)
            except ValueError:
                raise PydanticCustomError("network", "write each as 10.0.0.0/8 or ::1") from None
        return networks
