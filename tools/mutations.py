"""Mutate the advisory on FT systems, show that the model test kills each mutant, write the table.

Used by `make mutations`; takes some minutes. Writes docs/proof-of-order.md from its begin marker on
and fails where a mutant neither dies nor has a reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "model"))

import prooftable  # type: ignore[import-not-found]  # noqa: E402

if __name__ == "__main__":
    sys.exit(prooftable.write(ROOT / "docs" / "proof-of-order.md"))
