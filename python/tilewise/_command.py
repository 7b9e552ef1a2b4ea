"""The ``tilewise`` command of an installed package: the same command as the binary's."""

import signal
import sys

from . import _native


def main() -> None:
    # The command has its own handler, which removes unfinished files.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_native.command(sys.argv))
