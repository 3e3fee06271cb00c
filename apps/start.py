"""Where the `kcs` command begins."""

import gc


def run() -> None:
    """Import the command and run it.

    What is imported stays. To look through it for garbage again and again takes two fifths of
    the start.
    """
    gc.disable()
    from apps import cli  # noqa: PLC0415 - only now

    gc.freeze()
    gc.enable()
    cli.run()
