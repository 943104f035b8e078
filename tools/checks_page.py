"""Fill in the tables of docs/advisories.md: every check and action, from their records.

Used by `make docs`; a test fails where the page is not up to date.
"""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import kinds as _records  # noqa: F401
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.actions import ACTIONS
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import ANY, CHECKS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "advisories.md"


def page() -> str:
    """Return the page with its tables filled in."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("checks", checks()), ("actions", actions())):
        begin = re.search(f"<!-- {name}: [^\n]* -->\n", text)
        end = text.index(f"<!-- end of {name} -->")
        assert begin
        text = f"{text[: begin.end()]}\n{table}\n\n{text[end:]}"
    return text


def checks() -> str:
    """Return the table of the checks."""
    rows = ["| Check | Arguments (* required) | Values | What it reads |", "|---|---|---|---|"]
    for name, check in sorted(CHECKS.items()):
        given = ", ".join(f"`{a}`" + "*" * needed for a, needed in check.arguments.items())
        probes = " (*probes*)" if check.probes else ""
        values = ", ".join(v if v != ANY else "*any*" for v in check.values) or "a number"
        rows.append(f"| `{name}`{probes} | {given or '–'} | {values} | {check.doc} |")
    return "\n".join(rows)


def actions() -> str:
    """Return the table of the actions."""
    rows = ["| Action | Arguments (* required) | What it does |", "|---|---|---|"]
    for name, action in sorted(ACTIONS.items()):
        given = ", ".join(
            f"`{a}`" + "*" * spec.required + f" ({' or '.join(spec.choices) or spec.type})"
            for a, spec in action.arguments.items()
        )
        rows.append(f"| `{name}` | {given} | {action.doc} |")
    return "\n".join(rows)
