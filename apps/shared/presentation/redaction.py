"""What no line of the log may hold, whoever wrote it and however it came there.

The service logs no bodies, headers or queries to begin with; this holds back what slips into the
message of an exception, of a library or of a warning.
"""

import logging
import re

HIDDEN = "***"
SUSPECT = re.compile(
    "eyJ|@|%40|whsec|authoriz|cookie|passw|secret|token|api.?key|nonce|code|input|bearer|basic",
    re.IGNORECASE,
)
"""What every secret has about it; most lines have nothing of it, and are looked at only once."""

KINDS = r"authorization|cookie|passw|secret|token|api[_-]?key|nonce"
NAME = (
    rf"""["']?(?<![\w-])(?:(?=[\w-]*?(?:{KINDS}))[\w-]++"""
    r"""|(?:auth_|mfa_|totp_|recovery_)?code|input(?:_value)?)(?![\w-])["']?"""
)
IS = r"""\s*(?:[:=]|=>|,(?=\s*b?["']))\s*"""
VALUE = (
    r"""(?:b?"(?:[^"\\]|\\.)*"?|b?'(?:[^'\\]|\\.)*'?"""
    r"""|[^\s,;&"'(){}\[\]]+(?:;\s*[\w-]+=[^\s,;&]+)*)"""
)
AROUND = r"""\s@"'<>(),;:=/"""
"""Signs that no address holds here, but that may stand around one."""

PATTERNS = (
    (re.compile(r"\beyJ[\w-]{4,}(?:\.[\w-]*){0,4}"), HIDDEN),
    (re.compile(r"\bwhsec_[\w+/=-]*"), HIDDEN),
    (re.compile(r"""\b(bearer|basic)\s+[^\s"',;]+""", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"(://[^\s:/@]*):[^\s/@]*@"), rf"\1:{HIDDEN}@"),
    (re.compile(rf"({NAME}{IS}){VALUE}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(
            rf"(?<![^{AROUND}])[^{AROUND}%]++(?:%(?!40)[^{AROUND}%]*+)*+(?:@|%40)[^{AROUND}]+\.[^{AROUND}]+"
        ),
        HIDDEN,
    ),
)
"""JWTs, secrets of webhooks; credentials of a header; passwords in URLs; what is named like a
secret; addresses.
"""


def redacted(text: str) -> str:
    """Blot out whatever looks like a secret or an address."""
    if SUSPECT.search(text):
        for pattern, instead in PATTERNS:
            text = pattern.sub(instead, text)
    return text


class Redaction(logging.Filter):
    """Puts every record into the words in which it may be written."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change message, trace and path; let every record pass."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # its words and its values do not fit; no value is shown
            message = str(record.msg)
        record.msg, record.args = redacted(message), ()
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_info, record.exc_text = None, redacted(trace)
        if path := vars(record).get("path"):
            record.path = redacted(path)
        return True
