# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brakes: interlocks that every step has by itself, whatever its advisory says.

An advisory may say something stricter among a step's interlocks. It can take a brake away only in
so many words (``without_brakes``, with a reason in both languages), which the plan shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .kinds import KINDS, kind_of
from .model import Ref

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Brake:
    """One brake, under the name that an advisory takes it away by.

    check: what it asks; empty: each kind of system asks whether its machine is the planned one.
    accepts: the values that hold. always: what must hold even where it is taken away (empty:
    nothing). doc: {en, ja}, for people.
    """

    name: str
    check: str
    accepts: tuple[str, ...]
    doc: Mapping[str, str]
    always: tuple[str, ...] = ()

    def of(self, settings: Settings) -> Ref:
        """Return the interlock of a host with these settings."""
        if self.check:
            return _ref(self.name, self.check, self.accepts)
        kind = kind_of(settings)
        ref = kind.identity_of(kind.form(settings))
        return {**ref, "name": self.name}

    def accepted_by(self) -> Mapping[str, tuple[str, ...]]:
        """Return the checks that ask it, each with the values that hold."""
        if self.check:
            return {self.check: self.accepts}
        return {check: (good,) for check, good in (kind.identity for kind in KINDS)}


BRAKES: Final[dict[str, Brake]] = {
    brake.name: brake
    for brake in (
        Brake(
            "change",
            "change_state",
            ("open",),
            {
                "en": "Nothing is begun in a change that is stopped, or outside of its window.",
                "ja": "変更の停止中、または作業時間帯の外では開始しない。",
            },
            always=("open", "stopped", "window_closed"),
        ),
        Brake(
            "failure_budget",
            "failure_budget",
            ("unspent", "spent_under_way"),
            {
                "en": "Nothing is begun once more hosts have failed than is allowed.",
                "ja": "許容数を超えるホストが失敗した後は開始しない。",
            },
        ),
        Brake(
            "owner",
            "owner",
            ("ours",),
            {
                "en": "Nothing is done while another change holds the host.",
                "ja": "他の変更が占有しているホストでは何も行わない。",
            },
        ),
        Brake(
            "identity",
            "",
            (),
            {
                "en": "Nothing is done on another machine than the planned one.",
                "ja": "計画と異なる機械では何も行わない。",
            },
        ),
    )
}


def _ref(name: str, check: str, accepts: Sequence[str]) -> Ref:
    if len(accepts) == 1:
        return {"check": check, "name": name, "is": accepts[0]}
    return {"check": check, "name": name, "is_one_of": list(accepts)}


def braked(interlocks: Sequence[Ref], without: Mapping[str, Any], settings: Settings) -> list[Ref]:
    """Return a step's interlocks, the brakes first.

    without: the brakes that its advisory takes away. settings: those of the host.
    """
    return [*missing_brakes(interlocks, without, settings), *interlocks]


def missing_brakes(
    interlocks: Sequence[Ref], without: Mapping[str, Any], settings: Settings
) -> list[Ref]:
    """Return the brakes that a step's interlocks do not say themselves, as strictly or more so."""
    wanted = []
    for brake in BRAKES.values():
        ref = brake.of(settings)
        if brake.name not in without:
            wanted.append(ref)
        elif brake.always:
            wanted.append(_ref(brake.name, brake.check, brake.always))
    return [ref for ref in wanted if not any(_says(own, ref) for own in interlocks)]


def _says(own: Ref, brake: Ref) -> bool:
    """Return whether a step's own interlock holds only where the brake does."""
    same = own["check"] == brake["check"] and own.get("with", {}) == brake.get("with", {})
    accepted = _accepted(own)
    return same and accepted is not None and accepted <= (_accepted(brake) or set())


def _accepted(ref: Mapping[str, Any]) -> set[Any] | None:
    """Return the values that a reference accepts; None where they cannot be counted."""
    if "is" in ref:
        return {ref["is"]} if isinstance(ref["is"], str) else None
    values = ref.get("is_one_of")
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return set(values)
    return None


def loosened(check: str, ref: Mapping[str, Any]) -> Iterator[tuple[Brake, list[str]]]:
    """Yield the brake that a step's interlock seems to loosen, and what it accepts too much.

    Such a condition would mislead: the brake is asked all the same. check: the registered check.
    """
    for brake in BRAKES.values():
        accepts = brake.accepted_by().get(check)
        more = sorted((_accepted(ref) or set()) - set(accepts or ()))
        if accepts is not None and more:
            yield brake, more
