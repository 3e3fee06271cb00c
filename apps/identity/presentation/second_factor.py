"""Second factors over HTTP. These routes open their own units of work, like signing in."""

from inspect import getdoc

from dishka.integrations.fastapi import FromDishka
from fastapi import Request, Response

from apps.identity.application.keep_second_factor import (
    ConfirmTotp,
    Enrollment,
    EnrollTotp,
    RemoveTotp,
    RenewRecoveryCodes,
)
from apps.identity.application.second_factor import VerifySecondFactor
from apps.identity.domain.one_time_token import InvalidOrExpiredToken
from apps.identity.domain.second_factor import InvalidMfaCode, TotpEnrolled, TotpNotEnrolled
from apps.identity.domain.throttle import TooManyAttempts
from apps.identity.presentation.authentication import device_of, handed_over
from apps.identity.presentation.cookies import sets_cookie
from apps.identity.presentation.schemas import (
    RecoveryCodesOut,
    SecondFactor,
    ShownCode,
    TokensOut,
)
from apps.shared.domain.errors import MfaRequired, ReauthRequired
from apps.shared.domain.ids import Clock
from apps.shared.presentation.operations import refuses
from apps.shared.presentation.routes import StrictRoute
from apps.shared.presentation.routing import ApiRouter
from apps.shared.presentation.who import SIGNED_IN, ProvenDevice

router = ApiRouter(prefix="/auth", tags=["identity"], route_class=StrictRoute)
own = ApiRouter(prefix="/auth", tags=["identity"], route_class=StrictRoute, dependencies=SIGNED_IN)


@router.post(
    "/mfa/verify",
    description=getdoc(VerifySecondFactor),
    openapi_extra=sets_cookie(InvalidMfaCode, InvalidOrExpiredToken, TooManyAttempts),
)
async def verify_second_factor(
    body: SecondFactor,
    request: Request,
    response: Response,
    verify: FromDishka[VerifySecondFactor],
    clock: FromDishka[Clock],
) -> TokensOut:
    """Sign in with my second factor."""
    signed_in = await verify(
        body.mfa_token.get_secret_value(),
        method=body.method,
        code=body.code.get_secret_value(),
        device=device_of(request, name=None),
    )
    return handed_over(signed_in, response, at=clock.now())


@own.post(
    "/totp/enroll",
    description=getdoc(EnrollTotp),
    openapi_extra=refuses(ReauthRequired, TotpEnrolled),
)
async def enroll_totp(caller: ProvenDevice, enroll: FromDishka[EnrollTotp]) -> Enrollment:
    """Set an authenticator up."""
    return await enroll(caller.member_id)


@own.post(
    "/totp/confirm",
    description=getdoc(ConfirmTotp),
    openapi_extra=refuses(ReauthRequired, TotpEnrolled, TotpNotEnrolled, InvalidMfaCode),
)
async def confirm_totp(
    body: ShownCode, caller: ProvenDevice, confirm: FromDishka[ConfirmTotp]
) -> RecoveryCodesOut:
    """Use my authenticator from now on."""
    codes = await confirm(caller.member_id, code=body.code.get_secret_value())
    return RecoveryCodesOut(recovery_codes=codes)


@own.delete(
    "/totp",
    status_code=204,
    description=getdoc(RemoveTotp),
    openapi_extra=refuses(ReauthRequired, TotpNotEnrolled, MfaRequired),
)
async def remove_totp(caller: ProvenDevice, remove: FromDishka[RemoveTotp]) -> None:
    """Do without my authenticator."""
    await remove(caller)


@own.post(
    "/recovery-codes",
    description=getdoc(RenewRecoveryCodes),
    openapi_extra=refuses(ReauthRequired, TotpNotEnrolled, MfaRequired),
)
async def renew_recovery_codes(
    caller: ProvenDevice, renew: FromDishka[RenewRecoveryCodes]
) -> RecoveryCodesOut:
    """Get new recovery codes."""
    return RecoveryCodesOut(recovery_codes=await renew(caller))
