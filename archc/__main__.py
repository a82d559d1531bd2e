"""The command `archc`, also as `python -m archc`: Ctrl-C ends it in one line.

What may be interrupted stands in `main`, imports too; above are modules that Python has by then.
"""

from __future__ import annotations

import os
import sys


class Interrupted(BaseException):
    """Ctrl-C; no KeyboardInterrupt, which click answers in its own way."""


def main() -> None:
    """The command line."""
    sys.unraisablehook = _unraisable
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt)
        try:
            from archc.cli import main as run

            run()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left is to end
    except (Interrupted, KeyboardInterrupt):
        _end()


def _interrupt(*_: object) -> None:
    raise Interrupted


def _end() -> None:
    try:
        os.write(2, b"Aborted!\n")
    finally:
        os._exit(130)  # `INTERRUPTED` of the command line, which may not be imported yet


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """An interrupt in a callback, out of which Python raises nothing."""
    if isinstance(unraisable.exc_value, Interrupted | KeyboardInterrupt):
        _end()
    sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    main()
