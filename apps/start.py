"""Where the `kcs` command begins."""

import gc
import sys


def run() -> None:
    """Import the command and run it, unless it has words that nobody could store or print.

    What is imported stays. To look through it for garbage again and again takes two fifths of
    the start.
    """
    for word in sys.argv:
        try:
            _ = word.encode()
        except UnicodeEncodeError:
            sys.exit(f"kcs: {word!a} is not UTF-8.")
    gc.disable()
    from apps import cli  # noqa: PLC0415 - only now

    gc.freeze()
    gc.enable()
    cli.run()
