"""Write docs/settings.md: every setting of an inventory, from the schema that judges it.

Used by `make docs`; a test fails where the page is not up to date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.schema import (
    PREFIX,
    default_of,
    resolved,
    rules_of,
    schema,
)

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "settings.md"
Rule = Mapping[str, Any]

HEAD = """\
# Settings

<!-- Written by `make docs` from plugins/plugin_utils/_data/inventory.schema.yml; change it there. -->

Every variable of an inventory that begins with `legacyops_`. A name that does not stand here is refused, with the nearest
one that does; so is a value that a setting cannot have: one sentence each, all of a host at once, before anything is contacted.
A number or a flag may be text (`-e NAME=1`); in the tables of an FT system it may not.

*Needed* says who cannot do without: `assess` (and so everything), `plan`, or a playbook by its name. `–`: there is no default,
and nothing is assumed.

**In an editor.** The same rules are a JSON schema (draft 2020-12) that an editor with
[yaml-language-server](https://github.com/redhat-developer/yaml-language-server) reads: it completes names, shows what they mean
and underlines mistakes. The first line of a file in `group_vars` or `host_vars` says where it is:

```yaml
# yaml-language-server: $schema=PATH/ansible_collections/legacyops/hotfix/plugins/plugin_utils/_data/inventory.schema.yml
```

or for a whole folder, in VS Code's `settings.json`: `"yaml.schemas": {"PATH/…/inventory.schema.yml": ["group_vars/*", "host_vars/*"]}`.
`ansible-galaxy collection list legacyops.hotfix` prints PATH. Where a table is given as a template (`"{{ site_contacts }}"`)
the editor sees a text, and underlines it; what is judged is what the template becomes.
"""  # noqa: E501 - a page has longer lines than code
WHO = {"xenapp": "a XenApp server", "windows": "any other server", "ft_system": "an FT system"}
WHEN = {"always": "assess", "plan": "plan"}


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for group, title in schema()["groups"].items():
        rules = rules_of(group)
        parts.append(f"\n## {title}\n\n{table(rules, PREFIX, needed=True)}")
        for name, rule in rules.items():
            parts += keys(rule, f"`{PREFIX}{name}`")
    return "".join(parts)


def table(rules: Mapping[str, Rule], prefix: str = "", *, needed: bool = False) -> str:
    """Return one table of settings or of keys."""
    head = ["name", "type", "default", *(["needed"] if needed else []), "what it is"]
    rows = [head, ["---"] * len(head)]
    for name, rule in rules.items():
        who = [needs(rule)] if needed else []
        cells = [f"`{prefix}{name}`", kind(rule), default(rule), *who, str(what(rule))]
        rows.append([cell.replace("|", "\\\\|") for cell in cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def keys(rule: Rule, of: str) -> Iterator[str]:
    """Yield the tables of the keys of a setting, and of theirs."""
    rule = resolved(rule)
    if "properties" in rule.get("items", {}):
        rule, of = rule["items"], f"an entry of {of}"
    parts = {
        n: resolved(p) for n, p in rule.get("properties", {}).items() if isinstance(p, Mapping)
    }
    parts = {name: part for name, part in parts.items() if "not" not in part}
    if not parts:
        return
    required = ", ".join(f"`{name}`" for name in rule.get("required", ()))
    yield f"\n### Keys of {of}\n\n{table(parts)}"
    if required:
        yield f"\nNever without {required}.\n"
    for branch in rule.get("allOf", ()):
        if "if" not in branch or "const" not in json.dumps(branch["if"]):
            continue
        ((name, of_kind),) = branch["if"]["properties"].items()
        inner = {n: resolved(p) for n, p in branch["then"]["properties"].items() if n != name}
        if inner:
            must = ", ".join(f"`{each}`" for each in branch["then"]["required"])
            yield f"\nWith `{name}: {of_kind['const']}`, never without {must}:\n\n{table(inner)}"
    seen: list[Any] = []
    for name, part in parts.items():
        shape = [part.get(key) for key in ("properties", "allOf", "items")]
        if shape not in seen:
            seen.append(shape)
            yield from keys(part, f"`{name}`")


def kind(rule: Rule) -> str:
    """Return what a value may be."""
    rule = resolved(rule)
    if "enum" in rule:
        return ", ".join(f"`{value}`" for value in rule["enum"] if isinstance(value, str))
    types = rule.get("type", "string")
    names = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
    names |= {"array": "list", "object": "table", "string": "text"}
    each = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    text = " or ".join(names[name] for name in each)
    low, high = rule.get("minimum"), rule.get("maximum")
    for part in rule.get("allOf", ()):
        low, high = resolved(part).get("minimum", low), resolved(part).get("maximum", high)
    return f"{text}, {low} to {high}" if high is not None else text


def default(rule: Rule) -> str:
    """Return a default as it would be written; of a table its keys tell."""
    value = default_of(rule)
    if value is None:
        return "–"
    if isinstance(value, Mapping) and value:
        return "see below"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def needs(rule: Rule) -> str:
    """Return who needs a setting."""
    told = [
        f"{when}" if who == "run" else f"{WHEN[when]} of {WHO[who]}"
        for who, when in rule.get("needed", {}).items()
    ]
    return ", ".join(told)


def what(rule: Rule) -> str:
    """Return what a setting is, and who alone may give it."""
    safer = {"lower": "no more", "higher": "no less"}.get(rule.get("safer", ""))
    told = [rule.get("description", "")]
    told += [f"An advisory's default may be {safer} than this."] if safer else []
    told += ["Needed for a plan."] if rule.get("needed") == {"ft_system": "plan"} else []
    return " ".join(" ".join(told).split())
