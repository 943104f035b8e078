# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that is called by hand meets the refusals of the procedures, on a fresh observation."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..._action import ActionError
from ..._core.advisory import bundled_folder, load_advisories, select_advisories
from ..._core.checks import Verdict, check_of, evaluate_all, request_for, unmet
from ..._core.conditions import refusal
from ..._core.context import NO_CHANGE
from ..._core.model import CoreError, Ref
from ..._core.plan import steps_like
from ..._core.records import Step
from ..._io.remote import Remote
from ..directory import ChangeDirectory
from ..settings import settings_of
from .observer import observer_of


def guard(
    remote: Remote, variables: Mapping[str, Any], action: str, arguments: Mapping[str, Any]
) -> None:
    """See to it that a step of the system's notice might do this now.

    variables: the inventory variables of the FT system.
    Raises ActionError: no step does it, its interlocks do not hold, or another run has the system.
    Raises RemoteError: the system could not be read.
    """
    settings = settings_of(variables)
    paths = [Path(p) for p in settings.get("advisory_paths") or ()]
    try:
        notices = select_advisories(load_advisories([bundled_folder(), *paths]), settings)
        steps = [s for n in notices for s in steps_like(n, settings, action, arguments)]
    except CoreError as error:
        raise ActionError("mistake", str(error)) from None
    if not steps:
        raise ActionError(
            "by_hand",
            f"No procedure of {', '.join(n.id for n in notices)} does this: {action} refuses it by "
            "hand.",
        )
    refs = [ref for step in steps for ref in _interlocks(step)]
    with tempfile.TemporaryDirectory() as folder:
        observer = observer_of(
            remote, variables, ChangeDirectory(Path(folder), "by hand"), writes=False
        )
        observation = observer.observe(request_for(refs))
        owner = observer.owner.read()
    if not owner.get("free"):
        raise ActionError(
            "owned",
            f"Change {owner.get('change')}, run {owner.get('run')}, holds the system: go on with "
            "that change, or have it end.",
        )
    missing = [unmet(evaluate_all(_interlocks(step), observation, NO_CHANGE)) for step in steps]
    if all(missing):
        best: list[Verdict] = min(missing, key=len)
        text = refusal(best)["en"]
        raise ActionError("interlock", f"Refused, also by hand: {text}.")


def _interlocks(step: Step) -> list[Ref]:
    """What a module by hand must meet: it has no change, and whose the system is, was asked."""
    return [ref for ref in step.interlocks if not check_of(ref).within_change]
