"""What there is outside of an installation, as settings say: database, mail, providers, traces."""

from collections.abc import Mapping
from importlib import import_module

from opentelemetry.trace import TracerProvider

from apps.identity.application.letters import AppAddress
from apps.identity.infrastructure.oidc import Federation, Registration
from apps.identity.infrastructure.smtp import MailServer, MailServerMissing
from apps.identity.wiring import Posting
from apps.settings import Settings
from apps.shared.infrastructure.database import Database
from apps.shared.infrastructure.sessions import Sessions


def database_of(settings: Settings) -> Database:
    """Say where the data is, and how many connections a process may hold, and for how long."""
    return Database(
        url=settings.database_url,
        replica_url=settings.database_replica_url,
        pool_size=settings.db_pool_size,
        max_overflow=settings.db_max_overflow,
        reader_pool_size=settings.db_reader_pool_size,
        sessions=Sessions(
            turn_s=settings.db_pool_timeout_s,
            connect_s=settings.db_connect_timeout_s,
            statement_s=settings.db_statement_timeout_s,
            lock_s=settings.db_lock_timeout_s,
            idle_s=settings.db_idle_timeout_s,
            recycle_s=settings.db_pool_recycle_s,
            pre_ping=settings.db_pool_pre_ping,
            pgbouncer=settings.db_pgbouncer,
        ),
    )


def unhurried(settings: Settings) -> Settings:
    """Give each statement the time that work has for which no client waits."""
    return settings.model_copy(
        update={"db_statement_timeout_s": settings.db_work_statement_timeout_s}
    )


SPANS_GO_TO = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"


class TracingUnfit(RuntimeError):
    """Spans cannot be sent as the environment asks for it."""


def tracing_of(environment: Mapping[str, str]) -> TracerProvider | None:
    """Say where spans go by the variables of OpenTelemetry, if anywhere; raise TracingUnfit."""
    asked = next((name for name in SPANS_GO_TO if environment.get(name)), None)
    is_off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    if asked is None or is_off:
        return None
    told = next(filter(None, map(environment.get, PROTOCOLS)), PROTOCOL)
    if told != PROTOCOL:
        raise TracingUnfit(f"{asked} is set; spans are sent by {PROTOCOL} only, not by {told}.")
    try:
        export = import_module("apps.shared.infrastructure.span_export")
    except ImportError:
        raise TracingUnfit(
            f"{asked} is set, but OpenTelemetry is not installed: `poetry install --extras otel`."
        ) from None
    provider: TracerProvider = export.exporting()
    return provider


def posting_of(settings: Settings) -> Posting:
    """Say how letters leave; raise MailServerMissing where nobody said which server takes them."""
    server = None
    if settings.mail_via == "smtp":
        if not (settings.smtp_url and settings.mail_from):
            raise MailServerMissing(
                "Set SMTP_URL and MAIL_FROM, or MAIL_VIA=console where standard output is read by"
                " nobody who must not open accounts."
            )
        server = MailServer.at(
            settings.smtp_url,
            sender=settings.mail_from,
            tls_required=settings.smtp_tls == "required",
        )
    return Posting(
        app=AppAddress(settings.app_url),
        server=server,
        kept=shows_mail(settings),
        folder=settings.data_dir / "mail",
    )


def federation_of(settings: Settings) -> Federation:
    """Say by whom members sign in: by those that know this installation by a client id."""
    known = (
        Registration(
            name="google",
            issuer=settings.oidc_google_issuer,
            client_ids=settings.oidc_google_client_ids,
            client_secret=settings.oidc_google_client_secret,
        ),
        Registration(
            name="generic",
            issuer=settings.oidc_generic_issuer,
            client_ids=settings.oidc_generic_client_ids,
            client_secret=settings.oidc_generic_client_secret,
        ),
    )
    return Federation(
        registrations=tuple(each for each in known if each.issuer and each.client_ids),
        redirect_uris=frozenset(settings.oidc_redirect_uris),
        testing=settings.env == "test",
    )


def shows_mail(settings: Settings) -> bool:
    """Tell whether letters are kept for whoever develops."""
    return settings.env == "development" and settings.mail_via == "console"
