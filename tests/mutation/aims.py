"""Which modules decide about secrets and signatures, and which tests are meant to notice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aim:
    """Modules below `apps`, and tests below `tests`."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def full_modules(self) -> list[str]:
        return [f"apps.{name}" for name in self.modules]

    @property
    def files(self) -> list[str]:
        return [f"tests/{name}.py" for name in self.tests]


def of(context: str, layer: str, *names: str) -> Iterator[str]:
    return (f"{context}.{layer}.{name}" for name in names)


def tests(context: str, *names: str) -> Iterator[str]:
    return (f"{context}/test_{name}" for name in names)


AIMS: Mapping[str, Aim] = {
    "tokens": Aim(
        (
            *of("identity", "infrastructure", "compact", "claims", "tokens"),
            "identity.domain.session",
        ),
        (
            *tests("identity", "tokens", "forged_claims", "forged_headers", "refresh_tokens"),
            *tests("identity", "session_rules", "key_rotation", "vouch_tokens", "id_token_claims"),
        ),
    ),
    "keys": Aim(
        (
            *of("identity", "infrastructure", "key_files", "key_terms", "keys", "key_folder"),
            *of("identity", "infrastructure", "public_keys"),
        ),
        (*tests("identity", "secrets", "keys", "access_keys", "key_rotation"),),
    ),
    "providers": Aim(
        (*of("identity", "infrastructure", "id_tokens", "provider_keys"),),
        (*tests("identity", "id_token_claims"),),
    ),
    "vouch cards": Aim(
        ("identity.infrastructure.vouch_tokens", "identity.domain.vouch"),
        (*tests("identity", "vouch_tokens", "vouches_api"),),
    ),
    "second factors": Aim(
        (
            *of("identity", "infrastructure", "totp", "second_factors"),
            "identity.domain.second_factor",
        ),
        (
            *tests(
                "identity", "totp", "others_second_factors", "second_factor", "second_factor_kept"
            ),
        ),
    ),
    "letters": Aim(
        ("identity.infrastructure.one_time_tokens", "identity.domain.one_time_token"),
        (
            *tests("identity", "one_time_token_repository", "verification", "password_recovery"),
            *tests("identity", "email_change"),
        ),
    ),
    "passwords": Aim(
        ("identity.infrastructure.passwords", "identity.domain.password"),
        (*tests("identity", "argon2", "password_rules", "weak_passwords"),),
    ),
    "what clients hand back": Aim(
        ("matching.infrastructure.match_ids", "shared.presentation.pages"),
        (
            *tests("matching", "match_ids"),
            *tests("shared", "paging"),
        ),
    ),
    "the audit log": Aim(
        ("shared.application.audit_chain",),
        (
            *tests("shared", "audit_log", "audit_stamps", "audit_tampering"),
            "operations/test_audit_command",
        ),
    ),
    "trades": Aim(
        (
            *of("trading", "domain", "chain", "handshake"),
            *of("trading", "infrastructure", "handshakes", "histories"),
        ),
        (
            *tests("trading", "chain", "handshake", "handshake_api", "history_api", "reasons_api"),
            *tests("trading", "handing_over_repositories"),
        ),
    ),
}
