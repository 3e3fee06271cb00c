"""Which class serves which interface of identity."""

import hmac
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dishka import AsyncContainer, Provider, Scope, provide, provide_all

from apps.identity.application.administer import (
    Admins,
    ListAccounts,
)
from apps.identity.application.delete_account import (
    GracePeriod,
    Traces,
)
from apps.identity.application.departures import (
    FindAccount,
)
from apps.identity.application.duties import USE_CASES
from apps.identity.application.export_me import (
    Archiver,
    Disclosures,
    Links,
)
from apps.identity.application.find_owner import FindOwner
from apps.identity.application.keep_blocks import ListBlocks
from apps.identity.application.keep_identities import ListIdentities
from apps.identity.application.keep_keys import PublicKeys
from apps.identity.application.keep_standings import KeptStandings
from apps.identity.application.letters import AppAddress
from apps.identity.application.mailbox import Mailbox
from apps.identity.application.ports import (
    Mailer,
    OneTimeSecrets,
    Passwords,
    SessionTokens,
)
from apps.identity.application.providers import IdentityProviders
from apps.identity.application.second_factor import (
    AuthenticatorCodes,
    RecoveryCodes,
    SecondFactors,
)
from apps.identity.application.show_me import FindMembers, ShowMe, ShowMember
from apps.identity.application.show_sessions import ListSessions
from apps.identity.application.throttles import Attempts, Floods
from apps.identity.application.vouch import (
    CheckVouch,
    ListMyVouches,
    VouchTokens,
)
from apps.identity.contract import (
    Directory,
    Disclosure,
    Partners,
    Postbox,
    Ranks,
    Standings,
)
from apps.identity.domain.attempt import AttemptRepository
from apps.identity.domain.block import BlockRepository
from apps.identity.domain.linked_identity import LinkedIdentityRepository
from apps.identity.domain.one_time_token import OneTimeTokenRepository
from apps.identity.domain.password import PasswordPolicy
from apps.identity.domain.profile import ProfileRepository
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.standing import StandingRepository
from apps.identity.domain.user import UserRepository
from apps.identity.domain.vouch import VouchRepository
from apps.identity.infrastructure.address_limits import AddressLimits, Counting
from apps.identity.infrastructure.administration import SqlAdmins, SqlListAccounts
from apps.identity.infrastructure.attempts import SqlAttemptRepository
from apps.identity.infrastructure.blocks import SqlBlockRepository, SqlListBlocks
from apps.identity.infrastructure.directory import SqlDirectory, SqlPartners
from apps.identity.infrastructure.disclosure import DiscloseAccount
from apps.identity.infrastructure.exports import ContainerDisclosures, SignedLinks, ZippedJson
from apps.identity.infrastructure.gatekeeper import SessionGatekeeper
from apps.identity.infrastructure.key_files import secret
from apps.identity.infrastructure.key_folder import KeyFolder
from apps.identity.infrastructure.keys import CURSOR, TOTP
from apps.identity.infrastructure.linked_identities import (
    SqlLinkedIdentityRepository,
    SqlListIdentities,
)
from apps.identity.infrastructure.mail import ConsoleMailer, FolderMailbox
from apps.identity.infrastructure.oidc import Federation, OidcProviders
from apps.identity.infrastructure.one_time_tokens import (
    DrawnSecrets,
    SqlOneTimeTokenRepository,
)
from apps.identity.infrastructure.outgoing import Outgoing
from apps.identity.infrastructure.owners import SqlFindOwner
from apps.identity.infrastructure.passwords import Argon2Passwords
from apps.identity.infrastructure.postbox import MailPostbox
from apps.identity.infrastructure.public_keys import PublishedKeys
from apps.identity.infrastructure.queries import (
    SqlFindAccount,
    SqlFindMembers,
    SqlRanks,
    SqlShowMe,
    SqlShowMember,
)
from apps.identity.infrastructure.repositories import (
    SqlProfileRepository,
    SqlSessionRepository,
    SqlUserRepository,
)
from apps.identity.infrastructure.second_factors import SqlSecondFactors
from apps.identity.infrastructure.session_queries import SqlListSessions
from apps.identity.infrastructure.smtp import MailServer, SmtpMailer
from apps.identity.infrastructure.standings import SqlStandingRepository
from apps.identity.infrastructure.throttles import BucketKey, SqlAttempts
from apps.identity.infrastructure.tokens import Tokens
from apps.identity.infrastructure.totp import PaperCodes, SealedTotp
from apps.identity.infrastructure.traces import SqlTraces
from apps.identity.infrastructure.vouch_tokens import SignedVouches
from apps.identity.infrastructure.vouches import (
    SqlCheckVouch,
    SqlListMyVouches,
    SqlVouchRepository,
)
from apps.shared.application.access import Gatekeeper
from apps.shared.domain.ids import Clock, Ids
from apps.shared.infrastructure.sealing import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """How letters leave an installation, and where their links lead."""

    app: AppAddress
    server: MailServer | None
    kept: bool
    """Whether they are kept for whoever develops; where there is no server."""
    folder: Path


class IdentityWiring(Provider):
    """Accounts, sessions, and who is asking."""

    scope = Scope.APP

    users = provide(SqlUserRepository, provides=UserRepository)
    profiles = provide(SqlProfileRepository, provides=ProfileRepository)
    standing = provide(SqlStandingRepository, provides=StandingRepository)
    sessions = provide(SqlSessionRepository, provides=SessionRepository)
    one_time_tokens = provide(SqlOneTimeTokenRepository, provides=OneTimeTokenRepository)
    one_time_secrets = provide(DrawnSecrets, provides=OneTimeSecrets)
    attempts = provide(SqlAttempts, provides=Attempts)
    second_factors = provide(SqlSecondFactors, provides=SecondFactors)
    recovery_codes = provide(PaperCodes, provides=RecoveryCodes)
    admins = provide(SqlAdmins, provides=Admins)
    accounts = provide(SqlListAccounts, provides=ListAccounts)
    blocks = provide(SqlBlockRepository, provides=BlockRepository)
    directory = provide(SqlDirectory, provides=Directory)
    partners = provide(SqlPartners, provides=Partners)
    standings = provide(KeptStandings, provides=Standings)
    ranks = provide(SqlRanks, provides=Ranks)
    gatekeeper = provide(SessionGatekeeper, provides=Gatekeeper)
    postbox = provide(MailPostbox, provides=Postbox)
    me = provide(SqlShowMe, provides=ShowMe)
    member = provide(SqlShowMember, provides=ShowMember)
    members = provide(SqlFindMembers, provides=FindMembers)
    account = provide(SqlFindAccount, provides=FindAccount)
    owner = provide(SqlFindOwner, provides=FindOwner)
    my_sessions = provide(SqlListSessions, provides=ListSessions)
    my_blocks = provide(SqlListBlocks, provides=ListBlocks)
    public_keys = provide(PublishedKeys, provides=PublicKeys)
    vouches = provide(SqlVouchRepository, provides=VouchRepository)
    vouch_tokens = provide(SignedVouches, provides=VouchTokens)
    vouch = provide(SqlCheckVouch, provides=CheckVouch)
    linked_identities = provide(SqlLinkedIdentityRepository, provides=LinkedIdentityRepository)
    my_identities = provide(SqlListIdentities, provides=ListIdentities)
    sign_in_attempts = provide(SqlAttemptRepository, provides=AttemptRepository)
    providers = provide(OidcProviders, provides=IdentityProviders)
    my_vouches = provide(SqlListMyVouches, provides=ListMyVouches)
    traces = provide(SqlTraces, provides=Traces)
    archiver = provide(ZippedJson, provides=Archiver)
    disclosure = provide(DiscloseAccount)
    use_cases = provide_all(*USE_CASES)

    def __init__(
        self,
        keys: Path,
        *,
        issuer: str,
        policy: PasswordPolicy,
        posting: Posting,
        counting: Counting,
        federation: Federation,
        grace: GracePeriod,
        disclosures: Sequence[type[Disclosure]],
    ) -> None:
        """Take the folder of the keys, and settings of this installation."""
        super().__init__()
        self._keys = keys
        self._issuer = issuer
        self._policy = policy
        self._posting = posting
        self._counting = counting
        self._federation = federation
        self._grace = grace
        self._disclosures = disclosures

    @provide
    def key_folder(self, clock: Clock) -> KeyFolder:
        """Look at the folder once for all who need its keys."""
        return KeyFolder(self._keys, clock)

    @provide
    def tokens(self, folder: KeyFolder) -> Tokens:
        """Construct the keys, and anew when there are others."""
        return Tokens(folder(), self._issuer, folder)

    @provide
    def sealer(self, folder: KeyFolder) -> Sealer:
        """Seal with the newest data key, whichever that is by then."""
        return Sealer(lambda: folder().data)

    @provide
    def session_tokens(self, tokens: Tokens) -> SessionTokens:
        """Let use cases see of them only what they need."""
        return tokens

    @provide
    def authenticator_codes(self) -> AuthenticatorCodes:
        """Derive the key once."""
        return SealedTotp(secret(self._keys / TOTP))

    @provide
    def app(self) -> AppAddress:
        """Return where links in letters lead."""
        return self._posting.app

    @provide
    def mailer(self, clock: Clock, ids: Ids) -> Mailer:
        """Choose how letters leave."""
        posting = self._posting
        if posting.server:
            return SmtpMailer(posting.server, clock, ids)
        return FolderMailbox(posting.folder, clock, ids) if posting.kept else ConsoleMailer()

    @provide
    def mailbox(self, clock: Clock, ids: Ids) -> Mailbox:
        """Read what was kept."""
        return FolderMailbox(self._posting.folder, clock, ids)

    @provide
    def federation(self) -> Federation:
        """Return by whom members sign in here."""
        return self._federation

    @provide
    def outgoing(self) -> Outgoing:
        """Open the one way out to them."""
        return Outgoing(testing=self._federation.testing)

    @provide
    def grace(self) -> GracePeriod:
        """Return how long who leaves can come back here."""
        return self._grace

    @provide
    def disclosures(self, container: AsyncContainer) -> Disclosures:
        """Find all who know of members."""
        return ContainerDisclosures(container, self._disclosures)

    @provide
    def links(self) -> Links:
        """Sign links to archives."""
        return SignedLinks(secret(self._keys / CURSOR))

    @provide
    def policy(self) -> PasswordPolicy:
        """Return how long passwords must be here."""
        return self._policy

    @provide
    def bucket_key(self) -> BucketKey:
        """Derive it, so that there is no further file to lay down."""
        cursor = secret(self._keys / CURSOR)
        return BucketKey(hmac.digest(cursor, b"auth throttles", "sha256"))

    @provide
    async def floods(self) -> AsyncIterator[Floods]:
        """Count here or in Redis, and take leave of it at the end."""
        limits = AddressLimits(self._counting)
        yield limits
        await limits.close()

    @provide
    def passwords(self) -> Iterator[Passwords]:
        """Start the hashing threads, and stop them at the end."""
        passwords = Argon2Passwords()
        yield passwords
        passwords.close()
