"""Write the settings into the argument specifications of the roles that read them.

So `ansible-doc -t role` lists every setting of an inventory. Used by `make docs`; a test fails
where a file is not up to date.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import settings_page
import yaml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.schema import (
    PREFIX,
    rules_of,
    schema,
)

# Not of an inventory: what a single run is told, and what it leaves.
OF_A_RUN = ("run", "result")
HEAD = """\
      # Written by `make docs` from plugins/plugin_utils/_data/inventory.schema.yml.
      # Raw, because they are judged as a whole: so each mistake gets one sentence of ours.
"""
FILES = tuple(
    settings_page.ROOT / "roles" / role / "meta" / "argument_specs.yml"
    for role in ("assess", "plan")
)


def content(path: Path) -> str:
    """Return a whole file; the settings are its end."""
    own, _mark, _old = path.read_text(encoding="utf-8").partition(HEAD)
    return own + HEAD + options()


def options() -> str:
    """Return the options, indented as those of a role's entry point."""
    listed = {
        PREFIX + name: _option(rule, secret=group == "secret")
        for group in schema()["groups"]
        if group not in OF_A_RUN
        for name, rule in rules_of(group).items()
    }
    text = yaml.safe_dump(listed, sort_keys=False, allow_unicode=True, width=110)
    return "".join(f"      {line}\n" for line in text.splitlines())


def _option(rule: settings_page.Rule, *, secret: bool) -> dict[str, Any]:
    default = settings_page.default(rule)
    told = f"{settings_page.what(rule)} ({settings_page.kind(rule)})"
    told += "" if default == "–" else f" Default {default}."
    return {"description": _marked(told), "type": "raw", **({"no_log": True} if secret else {})}


def _marked(text: str) -> str:
    """Return Markdown's code as Ansible's."""
    return re.sub(r"`([^`]*)`", lambda code: f"C({code[1].replace(')', chr(92) + ')')})", text)
