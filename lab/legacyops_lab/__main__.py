"""`python -m legacyops_lab`."""

from __future__ import annotations

import sys

from legacyops_lab.cli import main

sys.exit(main())
