"""Addresses and passwords over HTTP: confirmed, changed and recovered by mail.

These routes open their own units of work, like signing in.
"""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka
from fastapi import Request, Response

from apps.identity.application.change_email import (
    AskForEmailChange,
    ConfirmEmailChange,
    UndoEmailChange,
)
from apps.identity.application.change_password import ChangePassword, Reauthenticate
from apps.identity.application.reset_password import AskForReset, ResetPassword
from apps.identity.application.verify_email import AskForVerification, VerifyEmail
from apps.identity.domain.one_time_token import InvalidOrExpiredToken
from apps.identity.domain.password import WeakPassword
from apps.identity.domain.second_factor import InvalidMfaCode
from apps.identity.domain.session import InvalidCredentials
from apps.identity.domain.throttle import RateLimited, TooManyAttempts
from apps.identity.presentation.authentication import handed_over, host_of
from apps.identity.presentation.cookies import sets_cookie
from apps.identity.presentation.schemas import (
    Accepted,
    Address,
    MailedToken,
    NewAddress,
    NewPassword,
    PasswordChange,
    Proof,
    Proven,
    TokensOut,
)
from apps.shared.domain.errors import ReauthRequired
from apps.shared.domain.ids import Clock
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, MyDevice, ProvenDevice

router = ApiRouter(prefix="/auth", tags=["identity"], route_class=StrictRoute)
own = ApiRouter(prefix="/auth", tags=["identity"], route_class=StrictRoute, dependencies=SIGNED_IN)


@router.post(
    "/email/verify",
    status_code=204,
    description=getdoc(VerifyEmail),
    openapi_extra=refuses(InvalidOrExpiredToken),
)
async def verify_email(body: MailedToken, verify: FromDishka[VerifyEmail]) -> None:
    """Confirm my address."""
    await verify(body.token.get_secret_value())


@router.post(
    "/email/resend",
    status_code=202,
    description=getdoc(AskForVerification),
    openapi_extra=refuses(RateLimited),
)
async def resend_verification(
    body: Address, request: Request, ask: FromDishka[AskForVerification]
) -> Accepted:
    """Have the letter that confirms my address sent again."""
    await ask(body.email, host=host_of(request))
    return Accepted()


@own.post(
    "/email/change",
    status_code=202,
    description=getdoc(AskForEmailChange),
    openapi_extra=refuses(ReauthRequired, RateLimited),
)
async def change_email(
    body: NewAddress,
    request: Request,
    caller: ProvenDevice,
    ask: FromDishka[AskForEmailChange],
) -> Accepted:
    """Ask to move to another address."""
    await ask(body.new_email, by=caller, host=host_of(request))
    return Accepted()


@router.post(
    "/email/confirm",
    status_code=204,
    description=getdoc(ConfirmEmailChange),
    openapi_extra=refuses(InvalidOrExpiredToken),
)
async def confirm_email_change(body: MailedToken, confirm: FromDishka[ConfirmEmailChange]) -> None:
    """Move to another address."""
    await confirm(body.token.get_secret_value())


@router.post(
    "/email/undo",
    status_code=204,
    description=getdoc(UndoEmailChange),
    openapi_extra=refuses(InvalidOrExpiredToken),
)
async def undo_email_change(body: MailedToken, undo: FromDishka[UndoEmailChange]) -> None:
    """Go back to my address."""
    await undo(body.token.get_secret_value())


@router.post(
    "/password/forgot",
    status_code=202,
    description=getdoc(AskForReset),
    openapi_extra=refuses(RateLimited),
)
async def forget_password(
    body: Address, request: Request, ask: FromDishka[AskForReset]
) -> Accepted:
    """Ask for a new password."""
    await ask(body.email, host=host_of(request))
    return Accepted()


@router.post(
    "/password/reset",
    status_code=204,
    description=getdoc(ResetPassword),
    openapi_extra=refuses(InvalidOrExpiredToken, WeakPassword),
)
async def reset_password(body: NewPassword, reset: FromDishka[ResetPassword]) -> None:
    """Set a new password."""
    await reset(body.token.get_secret_value(), new_password=body.new_password.get_secret_value())


@own.post(
    "/password/change",
    description=getdoc(ChangePassword),
    openapi_extra=sets_cookie(InvalidCredentials, WeakPassword, TooManyAttempts),
)
async def change_password(
    body: PasswordChange,
    response: Response,
    caller: MyDevice,
    change: FromDishka[ChangePassword],
    clock: FromDishka[Clock],
) -> TokensOut:
    """Change my password."""
    signed_in = await change(
        caller,
        current_password=body.current_password.get_secret_value(),
        new_password=body.new_password.get_secret_value(),
    )
    return handed_over(signed_in, response, at=clock.now())


@own.post(
    "/reauth",
    description=getdoc(Reauthenticate),
    openapi_extra=refuses(InvalidCredentials, InvalidMfaCode, TooManyAttempts),
)
async def reauthenticate(
    body: Proof, caller: MyDevice, prove: FromDishka[Reauthenticate]
) -> Proven:
    """Prove again who I am."""
    password = body.password.get_secret_value() if body.password else None
    code = body.totp.get_secret_value() if body.totp else None
    return Proven(auth_time=await prove(caller, password=password, code=code))
