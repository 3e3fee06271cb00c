"""All that is done in identity, and what of it workers do."""

from datetime import timedelta

from apps.identity.application.administer import (
    Authority,
    ChangeRole,
    EndMembersSessions,
    LookAccountsUp,
    ReadAuditLog,
)
from apps.identity.application.change_email import (
    AskForEmailChange,
    ConfirmEmailChange,
    FindHolder,
    UndoEmailChange,
)
from apps.identity.application.change_password import (
    ChangePassword,
    ProvePassword,
    Reauthenticate,
)
from apps.identity.application.change_profile import (
    ChangeProfile,
)
from apps.identity.application.create_user import (
    CreateUser,
)
from apps.identity.application.delete_account import (
    ERASURE,
    CancelDeletion,
    DeleteAccount,
    EraseAccount,
    EraseAccounts,
)
from apps.identity.application.departures import (
    ReinstateMember,
    RemoveMember,
    SuspendMember,
)
from apps.identity.application.end_sessions import (
    EndSession,
    EndSessions,
)
from apps.identity.application.export_me import (
    EXPORT,
    BuildExport,
    ExportMe,
    FetchExport,
)
from apps.identity.application.keep_blocks import (
    BlockMember,
    UnblockMember,
)
from apps.identity.application.keep_second_factor import (
    ConfirmTotp,
    DrawCodes,
    EnrollTotp,
    HoldWithFactor,
    RemoveTotp,
    RenewRecoveryCodes,
)
from apps.identity.application.keep_standings import (
    ReviewStandings,
)
from apps.identity.application.letters import (
    Letters,
)
from apps.identity.application.open_session import (
    IssueTokens,
    OpenSession,
)
from apps.identity.application.redeem import (
    ForgetTokens,
    Redeem,
)
from apps.identity.application.register import (
    Register,
)
from apps.identity.application.reset_password import (
    AskForReset,
    ResetPassword,
)
from apps.identity.application.second_factor import (
    LetIn,
    ProveSecondFactor,
    VerifySecondFactor,
)
from apps.identity.application.send_letters import (
    HANDLERS as LETTERS,
)
from apps.identity.application.send_letters import (
    Dispatch,
    MakeToken,
    WriteOfDeletion,
)
from apps.identity.application.sign_in import (
    RecogniseDevice,
    RefreshSession,
    SignIn,
    SignOut,
)
from apps.identity.application.sign_in_elsewhere import (
    STEPS_ELSEWHERE,
    ForgetSignInAttempts,
)
from apps.identity.application.throttles import (
    ForgetAttempts,
)
from apps.identity.application.verify_email import (
    AskForVerification,
    VerifyEmail,
)
from apps.identity.application.vouch import (
    IssueVouch,
    RevokeVouch,
)
from apps.shared.application.jobs import (
    FORGOTTEN_AT_ONCE,
    Recurring,
)

RECURRING = (
    Recurring(kind="standings.review", every=timedelta(hours=12), use_case=ReviewStandings),
    Recurring(kind="accounts.erase", every=timedelta(hours=1), use_case=EraseAccounts),
    Recurring(
        kind="tokens.forget",
        every=timedelta(hours=1),
        use_case=ForgetTokens,
        full=FORGOTTEN_AT_ONCE,
    ),
    Recurring(
        kind="attempts.forget",
        every=timedelta(hours=1),
        use_case=ForgetAttempts,
        full=FORGOTTEN_AT_ONCE,
    ),
    Recurring(
        kind="sign_in_attempts.forget",
        every=timedelta(hours=1),
        use_case=ForgetSignInAttempts,
        full=FORGOTTEN_AT_ONCE,
    ),
)
"""What workers do for members."""

HANDLERS = {**LETTERS, ERASURE: EraseAccount, EXPORT: BuildExport}
"""What workers do of the jobs that are left for them."""

USE_CASES = (
    DeleteAccount,
    CancelDeletion,
    EraseAccounts,
    ExportMe,
    FetchExport,
    WriteOfDeletion,
    Register,
    SignIn,
    RecogniseDevice,
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
    Authority,
    ChangeRole,
    CreateUser,
    EndMembersSessions,
    LookAccountsUp,
    ReadAuditLog,
    SuspendMember,
    ReinstateMember,
    RemoveMember,
    OpenSession,
    LetIn,
    ProveSecondFactor,
    VerifySecondFactor,
    EnrollTotp,
    DrawCodes,
    HoldWithFactor,
    ConfirmTotp,
    RemoveTotp,
    RenewRecoveryCodes,
    ProvePassword,
    Reauthenticate,
    ChangePassword,
    Redeem,
    ForgetTokens,
    ForgetAttempts,
    AskForVerification,
    VerifyEmail,
    AskForReset,
    ResetPassword,
    FindHolder,
    AskForEmailChange,
    ConfirmEmailChange,
    UndoEmailChange,
    *STEPS_ELSEWHERE,
    Letters,
    MakeToken,
    Dispatch,
    *HANDLERS.values(),
)
"""What can be asked of this context."""
