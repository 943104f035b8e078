# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registered checks: what an advisory may ask of an observation.

A check reads an observation and returns a Reading whose value may be UNKNOWN. It decides
nothing: whether a value is good stands in the advisory. Its record (Check) is the one place that
knows it: what it reads, which values it may have, how each is said to a person, and what each means
for a step. The checks themselves stand with their subject (change_checks, and beside each kind of
system); whoever imports the core has all of them.

    check_of(ref).seen_at == "board"      ask the record
    value_of(verdict).course == "final"   ask the record of the value that was read
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeVar

from .context import Context
from .model import Ref
from .observation import UNKNOWN, Observation, Request, merge_requests, quote

Arguments = Mapping[str, Any]
Words = tuple[str, str]  # English, Japanese

# The name of a Value that stands for all others that a check may have.
ANY: Final = "*"


class Reading(NamedTuple):
    """What a check read: a value (perhaps UNKNOWN) and the evidence for it."""

    value: Any
    evidence: str


@dataclass(frozen=True)
class Verdict:
    """Whether a reference holds: True, False, or None where that is unknown."""

    holds: bool | None
    evidence: str
    ref: Ref
    value: Any = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True)
class Value:
    """One value of a check, and how it is said.

    en, ja: "subject|the rest" ({on}: what is asked about, {update}: which update, {file}: which
    file, {names}: which computer names, {value}: the value); values of one condition share the
    subject: "CoServer2 shows a STOP screen or hangs".
    course: what comes of it by itself. passing: it ends, whatever is done; it is waited for, and is
    nobody's fault. coming: it is on its way to another value. final: where it was not so before an
    act, no waiting makes it right.
    unproven: it only says that nothing has shown the contrary.
    reported: the word by which a person who sees it reports it.
    shows: what an observation has where it is so, by the arguments; where that is one thing only.
    service: what it proves of the users' service: runs or down; empty: nothing. service_node: only
    where it is asked of this node.
    redundancy: what it proves of the system's redundancy: whole or lost; empty: nothing.
    """

    name: str
    en: str
    ja: str
    course: Literal["", "passing", "coming", "final"] = ""
    unproven: bool = False
    reported: str = ""
    shows: Callable[[Arguments], dict[str, Any]] | None = None
    service: Literal["", "runs", "down"] = ""
    service_node: str = ""
    redundancy: Literal["", "whole", "lost"] = ""


@dataclass(frozen=True)
class Check:
    """A registered check.

    reads: what it needs of an observation, by its arguments.
    values: those it may have, UNKNOWN aside; one named ANY stands for names that named_by gives.
    subject: the argument that says which part of a system it is asked about; empty: none does.
    of_subject, of_host: the argument that it needs besides, with a subject and without one.
    limits: of a check whose value is a number: "at_least", "at_most 0" → its words.
    about: whether it asks something of the host, of the change, or of a setting. What only the
    change keeps from being begun is no failure of the host.
    kind: the kind of system that it can be asked of (Kind.name); empty: any.
    within_change: it can be answered only in a change under way.
    in_context: it reads the context, too, and is called with it as third argument.
    seen_at: where a person sees what it asks, too: at Endurance's board, at a node's screen, in a
    node's list of programs.
    settles: an act under way makes it unknown or untrue for a while: no reason to refuse.
    running: it asks the Windows that runs, which an act confirmed by now may have stopped.
    probes: asking it makes the host build a chain (an explicit act).
    silo: the other servers of the silo must have been looked at for it.
    outlives: what a step asks of it must hold also where its act has failed.
    said_by_case: the notice's case says it already; at a step it is not repeated.
    """

    name: str
    run: Callable[..., Reading]
    doc: str
    reads: Callable[[Arguments], Request]
    arguments: Mapping[str, bool]  # name → required
    values: Mapping[str, Value]
    subject: str
    of_subject: str
    of_host: str
    named_by: Callable[[Arguments], Iterable[str]] | None
    limits: Mapping[str, Words]
    about: Literal["host", "change", "setting"]
    kind: str
    within_change: bool
    in_context: bool
    seen_at: Literal["", "board", "screen", "programs"]
    settles: bool
    running: bool
    probes: bool
    silo: bool
    outlives: bool
    said_by_case: bool

    def needed(self, arguments: Arguments) -> list[str]:
        """Return the arguments that must be given beside those that are."""
        more = self.of_subject if arguments.get(self.subject) is not None else self.of_host
        return [name for name, required in self.arguments.items() if required or name == more]

    def value(self, name: Any) -> Value | None:
        """Return the record of a value; None: it is none of this check's, or is UNKNOWN."""
        if not isinstance(name, str):
            return self.values.get(ANY) if name is not UNKNOWN else None
        return self.values.get(name) or self.values.get(ANY)

    def allowed(self, arguments: Arguments) -> frozenset[str] | None:
        """Return the names of the values that it may have; None where any may be, or a number."""
        listed = self.values.keys() - {ANY}
        if ANY not in self.values:
            return None if self.limits else frozenset(listed)
        return frozenset([*listed, *self.named_by(arguments)]) if self.named_by else None

    @property
    def tells_service(self) -> bool:
        """Return whether each of its values proves something of the users' service."""
        return all(value.service for value in self.values.values()) and bool(self.values)


CHECKS: dict[str, Check] = {}

_Run = TypeVar("_Run", bound=Callable[..., Reading])


def register(
    check: str,
    /,
    *values: Value,
    reads: Request | Callable[[Arguments], Request] | None = None,
    subject: str = "",
    of_subject: str = "",
    of_host: str = "",
    named_by: Callable[[Arguments], Iterable[str]] | None = None,
    limits: Mapping[str, Words] | None = None,
    about: Literal["host", "change", "setting"] = "host",
    kind: str = "",
    within_change: bool = False,
    in_context: bool = False,
    seen_at: Literal["", "board", "screen", "programs"] = "",
    settles: bool = False,
    running: bool = False,
    probes: bool = False,
    silo: bool = False,
    outlives: bool = False,
    said_by_case: bool = False,
    **arguments: bool,
) -> Callable[[_Run], _Run]:
    """Register a check (see Check); its arguments are given as NAME=required."""

    def add(run: _Run) -> _Run:
        fixed = reads if not callable(reads) else None
        CHECKS[check] = Check(
            name=check,
            run=run,
            doc=" ".join((run.__doc__ or "").split()),
            reads=reads if callable(reads) else lambda _: dict(fixed or {}),
            arguments=arguments,
            values={value.name: value for value in values},
            subject=subject,
            of_subject=of_subject,
            of_host=of_host,
            named_by=named_by,
            limits=limits or {},
            about=about,
            kind=kind,
            within_change=within_change or about == "change",
            in_context=in_context or within_change or about == "change",
            seen_at=seen_at,
            settles=settles,
            running=running,
            probes=probes,
            silo=silo,
            outlives=outlives,
            said_by_case=said_by_case,
        )
        return run

    return add


def check_of(ref: Ref) -> Check:
    """Return the record of the check that a reference asks."""
    return CHECKS[ref["check"]]


def value_of(verdict: Verdict) -> Value:
    """Return the record of the value that was read; of UNKNOWN one that says nothing."""
    return check_of(verdict.ref).value(verdict.value) or _UNKNOWN


_UNKNOWN: Final = Value("unknown", "", "")


def service_by(ref: Ref) -> str:
    """Return what a reference that holds proves of the users' service: runs, down, or nothing."""
    node = ref.get("with", {}).get("node")
    return _proved(
        value.service if value.service_node in ("", node) else "" for value in _wanted(ref)
    )


def redundancy_by(ref: Ref) -> str:
    """Return what a reference that holds proves of the redundancy: whole, lost, or nothing."""
    return _proved(value.redundancy for value in _wanted(ref))


def _wanted(ref: Ref) -> list[Value]:
    wanted = ref["is_one_of"] if isinstance(ref.get("is_one_of"), list) else [ref.get("is")]
    return [check_of(ref).value(each) or _UNKNOWN for each in wanted]


def _proved(words: Iterable[str]) -> str:
    """Return what all alternatives prove; empty where they prove different things."""
    told = set(words)
    return told.pop() if len(told) == 1 else ""


def read(ref: Ref, observation: Observation, context: Context) -> Reading:
    """Run the check of a reference. Data of an unexpected form is unknown, never an error."""
    check, arguments = check_of(ref), ref.get("with", {})
    for name, required in check.arguments.items():
        if required and arguments.get(name) is None:
            return Reading(UNKNOWN, f"{check.name}: no value is given for {name}")
    try:
        if check.in_context:
            return check.run(observation, arguments, context)
        return check.run(observation, arguments)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        return Reading(UNKNOWN, f"{check.name}: unexpected form ({quote(error)})")


def evaluate(ref: Ref, observation: Observation, context: Context) -> Verdict:
    """Judge a reference by an observation, and by the context it is asked in."""
    reading = read(ref, observation, context)
    return Verdict(_holds(ref, reading.value), reading.evidence, ref, reading.value)


def evaluate_all(refs: Iterable[Ref], observation: Observation, context: Context) -> list[Verdict]:
    """Judge every reference of a list."""
    return [evaluate(ref, observation, context) for ref in refs]


def all_hold(refs: Iterable[Ref], observation: Observation, context: Context) -> bool:
    """Return whether all references hold; one that is unknown does not."""
    return all(evaluate(ref, observation, context).holds is True for ref in refs)


def any_fails(refs: Iterable[Ref], observation: Observation, context: Context) -> bool:
    """Return whether a reference certainly does not hold."""
    return any(evaluate(ref, observation, context).holds is False for ref in refs)


def unmet(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts on what does not hold, or is unknown."""
    return [verdict for verdict in verdicts if verdict.holds is not True]


def passes(verdict: Verdict) -> bool:
    """Return whether what does not hold will end by itself."""
    return verdict.holds is False and value_of(verdict).course == "passing"


def blameless(verdict: Verdict) -> bool:
    """Return whether what does not hold is no failure of the host: it may go on later."""
    return check_of(verdict.ref).about == "change" or passes(verdict)


def request_for(refs: Iterable[Ref], *, probe: bool = True) -> Request:
    """Return the parameters of the script observe which these references need, merged.

    probe=False (assess, check mode) leaves out what would make the host build a chain.
    """
    requests = []
    for ref in refs:
        needed = dict(check_of(ref).reads(ref.get("with", {})))
        if not probe:
            needed = {k: v for k, v in needed.items() if k not in ("chains", "service_chains")}
        requests.append(needed)
    return merge_requests(requests)


_LIMITS: Final = frozenset({"at_least", "at_most"})


def _holds(ref: Ref, value: Any) -> bool | None:
    if value is UNKNOWN:
        return True if ref.get("is_unknown") else None
    if ref.get("is_unknown"):
        return False
    if "is" in ref:
        return _equal(value, ref["is"])
    if "is_one_of" in ref:
        if not isinstance(ref["is_one_of"], list):  # a setting that is not given
            return None
        return any(_equal(value, wanted) for wanted in ref["is_one_of"])
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    low, high = ref.get("at_least", value), ref.get("at_most", value)
    if not isinstance(low, int) or not isinstance(high, int) or not ref.keys() & _LIMITS:
        return None
    return low <= value <= high


def _equal(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def mapping(observation: Observation, part: str) -> Mapping[str, Any]:
    """Return a part of an observation's data, empty where it is unknown."""
    value = observation.part(part)
    return value if isinstance(value, Mapping) else {}


def unknown(observation: Observation, part: str) -> Reading:
    """Return that a part of an observation is unknown, and why."""
    return Reading(UNKNOWN, observation.why_unknown(part))


def worst(readings: Iterable[tuple[str, Reading]], order: Sequence[Any]) -> Reading:
    """Return the reading whose value comes first in an order, with the evidence of all."""
    pairs = list(readings)
    value = min((reading.value for _name, reading in pairs), key=order.index)
    return Reading(value, "; ".join(f"{name}: {reading.evidence}" for name, reading in pairs))
