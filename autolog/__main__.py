"""``python -m autolog``."""

import sys

from autolog._cli import main

if __name__ == "__main__":
    sys.exit(main())
