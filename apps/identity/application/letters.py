"""What letters about accounts say, and by which jobs they are asked for.

A request only leaves a job that names an address; what the address is, the worker finds out. So
requests do the same work for every address.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from apps.identity.application.ports import Mail

REGISTRATION = "letters.registration"
VERIFICATION = "letters.verification"
RESET = "letters.reset"
CHANGE = "letters.change"
CHANGED = "letters.changed"
LINKED = "letters.linked"
DELETION = "letters.deletion"

AppAddress = NewType("AppAddress", str)
"""Where members open the program that they use this service with."""

IGNORE = "If it was not you, there is nothing to do."


@dataclass(frozen=True, slots=True)
class Letters:
    """Their texts. Nothing that anybody wrote is in them, so nobody can advertise by them."""

    app: AppAddress

    def verification(self, to: str, token: str) -> Mail:
        """Ask whether the address is right."""
        return self._link(
            to,
            "Confirm your address",
            "Somebody, perhaps you, has opened an account of KCardSwap with this address."
            " Confirm within 24 hours that it is yours:",
            ("verify-email", token),
            IGNORE,
        )

    def already_registered(self, to: str) -> Mail:
        """Tell somebody who has, or whose address has, an account already."""
        return Mail(
            to=to,
            subject="You already have an account",
            text="Somebody, perhaps you, wanted to use this address for another account of"
            " KCardSwap. It has one already: sign in with it, or set a new password at"
            f" {self.app}/forgot-password\n\n{IGNORE}\n",
        )

    def reset(self, to: str, token: str) -> Mail:
        """Let a new password be set."""
        return self._link(
            to,
            "Set a new password",
            "Somebody, perhaps you, asked for a new password of your account of KCardSwap."
            " Set it within 30 minutes:",
            ("reset-password", token),
            IGNORE,
        )

    def change(self, to: str, token: str) -> Mail:
        """Ask whether the new address is right."""
        return self._link(
            to,
            "Confirm your new address",
            "Somebody, perhaps you, wants to use this address for an account of KCardSwap."
            " Confirm within 24 hours that it is yours:",
            ("confirm-email", token),
            IGNORE,
        )

    def changed(self, to: str, token: str) -> Mail:
        """Tell the old address, from which the change can be undone."""
        return self._link(
            to,
            "Your address was changed",
            "Your account of KCardSwap has another address now. If you did not change it, undo"
            " that within 7 days; all devices are signed out then, and you set a new password:",
            ("undo-email-change", token),
            "If it was you, there is nothing to do.",
        )

    def linked(self, to: str) -> Mail:
        """Tell a member that there is another way to sign in."""
        return Mail(
            to=to,
            subject="Another way to sign in",
            text="Your account of KCardSwap can be opened by another provider now; your devices"
            f" show by which: {self.app}\n\nIf you did not link it, set a new password at"
            f" {self.app}/forgot-password and unlink it.\n",
        )

    def deletion(self, to: str, token: str, until: datetime) -> Mail:
        """Tell that an account is about to be deleted, and how that is called off."""
        return self._link(
            to,
            "Your account will be deleted",
            f"Your account of KCardSwap will be deleted on {until:%Y-%m-%d at %H:%M} UTC, and"
            " nobody sees it any more. To keep it, call that off before:",
            ("keep-account", token),
            "If that is what you want, there is nothing to do. Afterwards this address can have"
            " another account.",
        )

    def _link(self, to: str, subject: str, why: str, link: tuple[str, str], end: str) -> Mail:
        """Put the token behind a `#`: what follows it, browsers tell no server."""
        page, token = link
        text = f"{why}\n\n{self.app}/{page}#token={token}\n\nThe code of this link: {token}\n\n"
        return Mail(to=to, subject=subject, text=f"{text}{end}\n")
