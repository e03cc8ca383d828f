"""`python -m entrant` is the `entrant` command."""

import sys

from ._command import main

sys.exit(main())
