# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that continue this run and confirm a step, as a person would type them."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml
from ansible import context
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv

from .settings import is_harmless

MASK = "GIVE-THIS-VALUE-AGAIN"


def continue_command(
    arguments: Sequence[str] | None = None,
    folder: Path | None = None,
    extra_vars: Sequence[str] | None = None,
) -> str:
    """The command line of this run, ready to paste. It is printed, and stands in the journal.

    Of extra variables only the values of our own settings are kept, and files (``@FILE``): of
    any other nobody can tell whether it is a secret.

    arguments: the words; the default is the running process's (a forked worker shares it).
    extra_vars: the values of ``-e`` as Ansible has understood them, however they were
        written (``-ve X``, ``--extra X``); the default is the running process's.
    """
    words = list(sys.argv if arguments is None else arguments)
    given = context.CLIARGS.get("extra_vars", ()) if extra_vars is None else extra_vars
    values = sorted({str(value) for value in given if value}, key=len, reverse=True)
    place = Path.cwd() if folder is None else folder
    return f"cd {shlex.quote(str(place))} && {shlex.join(_masked(w, values) for w in words)}"


def _masked(word: str, values: Sequence[str]) -> str:
    """The word without the values that must not be kept; an option may stand before the value."""
    for value in values:
        option = word.removesuffix(value)
        if option != word and (not option or option.startswith("-")):
            return option + _harmless(value)
    return word


def _harmless(value: str) -> str:
    """One value of ``-e``: a file, ``NAME=VALUE …``, or a table in JSON or YAML."""
    if value.startswith("@"):
        return value
    if value[:1] in "{[":
        try:
            table = yaml.safe_load(value)
        except yaml.YAMLError:
            return MASK
        if not isinstance(table, dict):
            return MASK
        kept = {str(name): v if is_harmless(str(name)) else MASK for name, v in table.items()}
        return json.dumps(kept, ensure_ascii=False, default=str)
    try:
        pairs = {str(name): str(text) for name, text in parse_kv(value).items()}
    except AnsibleError:
        return MASK
    if all(map(is_harmless, pairs)):
        return value
    return " ".join(
        f"{name}={shlex.quote(text) if is_harmless(name) else MASK}" for name, text in pairs.items()
    )


def confirm_command(sources: Sequence[str], change_id: str, change_dir: str | None) -> list[str]:
    """The words of the command that confirms a waiting step, but for host, step and name.

    sources: the inventories of this run.
    """
    words = ["ansible-playbook", "legacyops.hotfix.confirm"]
    for source in sources:
        words += ["-i", str(source)]
    settings = {"legacyops_change_id": change_id, "legacyops_change_dir": change_dir}
    for name, value in settings.items():
        if value:
            plain = re.fullmatch(r"[\w./:@+-]+", value, re.ASCII)
            words += ["-e", f"{name}={value}" if plain else json.dumps({name: value})]
    return words


def confirm_line(
    command: Sequence[str],
    host: str,
    step: str,
    choices: Sequence[str] = (),
    *,
    second_name: bool = False,
) -> str:
    """The whole command that confirms one step, to be copied but for what is in capitals.

    command: of confirm_command.
    choices: what may have been seen, where that is asked for.
    """
    more = ["--limit", host, "-e", f"legacyops_confirm_step={step}"]
    more += ["-e", json.dumps({"legacyops_confirm_name": "YOUR NAME"})]
    if second_name:
        more += ["-e", json.dumps({"legacyops_confirm_second_name": "SECOND NAME"})]
    if choices:
        more += ["-e", "legacyops_confirm_saw=WHAT_YOU_SAW"]
    return shlex.join([*command, *more])
