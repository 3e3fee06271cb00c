"""Mail of an installation without a mail server: it is written where the operator looks."""

import sys

from apps.identity.application.ports import Mail, Mailer


class ConsoleMailer(Mailer):
    """Writes each mail to standard output."""

    async def send(self, mail: Mail) -> None:
        """Write it at once."""
        sys.stdout.write(f"--- mail to {mail.to}: {mail.subject}\n{mail.text}---\n")
        sys.stdout.flush()
