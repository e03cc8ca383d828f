"""The `entrant` command: the program itself, run inside the interpreter."""

import signal
import sys

from . import _engine


def main() -> int:
    """Runs the command line and returns how it ended."""
    # The program has its own answer to Ctrl-C: it ends what it is doing and says what is done.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _engine.main(["entrant", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
