"""Which class serves which interface of identity."""

from collections.abc import Iterator
from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from apps.identity.application.change_profile import ChangeProfile
from apps.identity.application.departures import (
    FindAccount,
    ReinstateMember,
    RemoveMember,
    SuspendMember,
)
from apps.identity.application.end_sessions import EndSession, EndSessions
from apps.identity.application.keep_blocks import BlockMember, ListBlocks, UnblockMember
from apps.identity.application.keep_standings import KeptStandings, ReviewStandings
from apps.identity.application.ports import (
    Mailer,
    OneTimeSecrets,
    Passwords,
    SessionTokens,
)
from apps.identity.application.register import Register
from apps.identity.application.show_me import FindMembers, ShowMe, ShowMember
from apps.identity.application.show_sessions import ListSessions
from apps.identity.application.sign_in import IssueTokens, RefreshSession, SignIn, SignOut
from apps.identity.application.vouch import (
    CheckVouch,
    IssueVouch,
    ListMyVouches,
    RevokeVouch,
    VouchTokens,
)
from apps.identity.contract import Directory, Postbox, Ranks, Standings
from apps.identity.domain.block import BlockRepository
from apps.identity.domain.one_time_token import OneTimeTokenRepository
from apps.identity.domain.profile import ProfileRepository
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.standing import StandingRepository
from apps.identity.domain.user import PasswordPolicy, UserRepository
from apps.identity.domain.vouch import VouchRepository
from apps.identity.infrastructure.blocks import SqlBlockRepository, SqlListBlocks
from apps.identity.infrastructure.directory import SqlDirectory
from apps.identity.infrastructure.gatekeeper import SessionGatekeeper
from apps.identity.infrastructure.keys import Keyring
from apps.identity.infrastructure.mail import ConsoleMailer
from apps.identity.infrastructure.one_time_tokens import (
    DrawnSecrets,
    SqlOneTimeTokenRepository,
)
from apps.identity.infrastructure.passwords import Argon2Passwords
from apps.identity.infrastructure.postbox import MailPostbox
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
from apps.identity.infrastructure.session_queries import SqlListSessions
from apps.identity.infrastructure.standings import SqlStandingRepository
from apps.identity.infrastructure.tokens import Tokens
from apps.identity.infrastructure.vouch_tokens import SignedVouches
from apps.identity.infrastructure.vouches import (
    SqlCheckVouch,
    SqlListMyVouches,
    SqlVouchRepository,
)
from apps.shared.application.access import Gatekeeper
from apps.shared.application.jobs import Recurring

RECURRING = (
    Recurring(kind="standings.review", every=timedelta(hours=12), use_case=ReviewStandings),
)
"""What workers do for members."""


class IdentityWiring(Provider):
    """Accounts, sessions, and who is asking."""

    scope = Scope.APP

    users = provide(SqlUserRepository, provides=UserRepository)
    profiles = provide(SqlProfileRepository, provides=ProfileRepository)
    standing = provide(SqlStandingRepository, provides=StandingRepository)
    sessions = provide(SqlSessionRepository, provides=SessionRepository)
    one_time_tokens = provide(SqlOneTimeTokenRepository, provides=OneTimeTokenRepository)
    one_time_secrets = provide(DrawnSecrets, provides=OneTimeSecrets)
    blocks = provide(SqlBlockRepository, provides=BlockRepository)
    directory = provide(SqlDirectory, provides=Directory)
    standings = provide(KeptStandings, provides=Standings)
    ranks = provide(SqlRanks, provides=Ranks)
    gatekeeper = provide(SessionGatekeeper, provides=Gatekeeper)
    mailer = provide(ConsoleMailer, provides=Mailer)
    postbox = provide(MailPostbox, provides=Postbox)
    me = provide(SqlShowMe, provides=ShowMe)
    member = provide(SqlShowMember, provides=ShowMember)
    members = provide(SqlFindMembers, provides=FindMembers)
    account = provide(SqlFindAccount, provides=FindAccount)
    my_sessions = provide(SqlListSessions, provides=ListSessions)
    my_blocks = provide(SqlListBlocks, provides=ListBlocks)
    vouches = provide(SqlVouchRepository, provides=VouchRepository)
    vouch_tokens = provide(SignedVouches, provides=VouchTokens)
    vouch = provide(SqlCheckVouch, provides=CheckVouch)
    my_vouches = provide(SqlListMyVouches, provides=ListMyVouches)
    use_cases = provide_all(
        Register,
        SignIn,
        RefreshSession,
        SignOut,
        EndSession,
        EndSessions,
        IssueTokens,
        ChangeProfile,
        BlockMember,
        UnblockMember,
        ReviewStandings,
        IssueVouch,
        RevokeVouch,
        SuspendMember,
        ReinstateMember,
        RemoveMember,
    )

    def __init__(self, keys: Keyring, *, issuer: str, policy: PasswordPolicy) -> None:
        """Take the secrets and settings of this installation."""
        super().__init__()
        self._keys = keys
        self._issuer = issuer
        self._policy = policy

    @provide
    def tokens(self) -> Tokens:
        """Construct the keys once."""
        return Tokens(self._keys, self._issuer)

    @provide
    def session_tokens(self, tokens: Tokens) -> SessionTokens:
        """Let use cases see of them only what they need."""
        return tokens

    @provide
    def policy(self) -> PasswordPolicy:
        """Return how long passwords must be here."""
        return self._policy

    @provide
    def passwords(self) -> Iterator[Passwords]:
        """Start the hashing threads, and stop them at the end."""
        passwords = Argon2Passwords()
        yield passwords
        passwords.close()
