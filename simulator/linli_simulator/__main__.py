"""`python -m linli_simulator`."""

import sys

from linli_simulator.cli import main

sys.exit(main())
