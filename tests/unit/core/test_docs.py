# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/advisories.md tells every check and action as registered.

`python tests/unit/core/test_docs.py` writes the tables anew (the collection must be importable).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.actions import ACTIONS
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import load
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.checks import ANY, CHECKS

FILES = ("notice", "words", "logic")
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "advisories.md"


def tables() -> dict[str, str]:
    """Return the tables of the guide, by the name of their place."""
    checks = ["| Check | Arguments (* required) | Values | What it reads |", "|---|---|---|---|"]
    for name, check in sorted(CHECKS.items()):
        given = ", ".join(f"`{a}`" + "*" * needed for a, needed in check.arguments.items())
        probes = " (*probes*)" if check.probes else ""
        values = ", ".join(v if v != ANY else "*any*" for v in check.values) or "a number"
        checks.append(f"| `{name}`{probes} | {given or '–'} | {values} | {check.doc} |")
    actions = ["| Action | Arguments (* required) | What it does |", "|---|---|---|"]
    for name, action in sorted(ACTIONS.items()):
        given = ", ".join(
            f"`{a}`" + "*" * spec.required + f" ({' or '.join(spec.choices) or spec.type})"
            for a, spec in action.arguments.items()
        )
        actions.append(f"| `{name}` | {given} | {action.doc} |")
    return {"checks": "\n".join(checks), "actions": "\n".join(actions)}


def filled(guide: str) -> str:
    """Return the guide with its tables filled in."""
    for name, table in tables().items():
        place = f"(<!-- {name}: [^\n]* -->\n).*?(<!-- end of {name} -->)"
        guide = re.sub(place, lambda m, t=table: f"{m[1]}\n{t}\n\n{m[2]}", guide, flags=re.DOTALL)
    return guide


def test_the_guide_tells_what_is_registered():
    guide = GUIDE.read_text(encoding="utf-8")
    assert guide == filled(guide), "run this file to write the tables anew"


def test_the_guide_tells_every_key_of_the_form():
    guide = GUIDE.read_text(encoding="utf-8")
    folder = GUIDE.parents[1] / "advisories"
    notice, words, logic = (
        json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8")) for name in FILES
    )
    keys = {*notice["properties"], *words["properties"], *logic["properties"]}
    keys |= {*logic["$defs"]["template"]["properties"]}
    for kind in ("steps", "findings", "branches", "procedures"):
        keys |= set(logic["properties"][kind]["additionalProperties"]["properties"])
    assert [key for key in sorted(keys) if f"`{key}" not in guide] == []


def test_the_example_of_the_guide_is_an_advisory(tmp_path):
    examples = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[-3:]
    for name, example in zip(FILES, examples, strict=True):
        (tmp_path / f"{name}.yml").write_text(example.split("```")[0], encoding="utf-8")
    assert load(tmp_path).id == "example"


if __name__ == "__main__":
    GUIDE.write_text(filled(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
