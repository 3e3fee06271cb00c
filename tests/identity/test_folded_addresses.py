"""Addresses that fold to the same one may be mailboxes of different people."""

import pytest

from tests.identity.letters import Mails, ask, works
from tests.identity.provided import Provided
from tests.identity.stage import Postbox, register


@pytest.mark.parametrize(
    ("written", "proved"),
    [("stra\u00dfe@kcs.test", "STRASSE@kcs.test"), ("ann@stra\u00dfe.test", "ann@strasse.test")],
)
async def test_the_address_that_was_proved_is_the_one_that_is_confirmed(
    provided: Provided, postbox: Postbox, written: str, proved: str
) -> None:
    site, mails = provided.site, Mails(provided.site, postbox)
    await register(site, "ann", email=written)
    await mails.of(written)
    me = await provided.me(await provided.signs_in("ann", email=proved))
    assert (me["nickname"], me["email"], me["email_verified"]) == ("ann", proved, True)
    await ask(site, "password/forgot", written)
    assert await works(site, "reset", await mails.token(proved, "reset"))
