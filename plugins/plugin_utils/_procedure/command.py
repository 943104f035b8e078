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

SECRET = re.compile(r"pass|secret|token|credential", re.IGNORECASE)
MASK = "GIVE-THIS-VALUE-AGAIN"


def continue_command(arguments: Sequence[str] | None = None, folder: Path | None = None) -> str:
    """The command line of this run, ready to paste; values that look like secrets masked.

    The default is the command line of the running process (a forked worker shares it).
    """
    words = list(sys.argv if arguments is None else arguments)
    shown: list[str] = []
    for position, word in enumerate(words):
        before = words[position - 1] if position else ""
        shown.append(_masked(word, before))
    place = Path.cwd() if folder is None else folder
    return f"cd {shlex.quote(str(place))} && {shlex.join(shown)}"


def _masked(word: str, before: str) -> str:
    """Mask the value of ``-e`` where it names a secret; a file (``@FILE``) is no secret."""
    option, joined, value = _split_option(word)
    if before in ("-e", "--extra-vars"):
        option, joined, value = "", "", word
    elif option not in ("-e", "--extra-vars"):
        return word
    if value.startswith("@") or not SECRET.search(value):
        return word
    return option + joined + MASK


def _split_option(word: str) -> tuple[str, str, str]:
    """``-eX=Y`` and ``--extra-vars=X=Y`` in three parts."""
    if word.startswith("--extra-vars="):
        return "--extra-vars", "=", word.removeprefix("--extra-vars=")
    if word.startswith("-e") and len(word) > 2:
        return "-e", "", word[2:]
    return "", "", word


def confirm_command(sources: Sequence[str], change_id: str, change_dir: str | None) -> list[str]:
    """The words of the command that confirms a waiting step, but for host, step and name.

    :param sources: the inventories of this run.
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

    :param command: of confirm_command.
    :param choices: what may have been seen, where that is asked for.
    """
    more = ["--limit", host, "-e", f"legacyops_confirm_step={step}"]
    more += ["-e", json.dumps({"legacyops_confirm_name": "YOUR NAME"})]
    if second_name:
        more += ["-e", json.dumps({"legacyops_confirm_second_name": "SECOND NAME"})]
    if choices:
        more += ["-e", "legacyops_confirm_saw=WHAT_YOU_SAW"]
    return shlex.join([*command, *more])
