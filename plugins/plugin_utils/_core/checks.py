# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registered checks: what an advisory may ask of an observation.

A check reads an observation and returns a Reading whose value may be UNKNOWN. It decides
nothing: whether a value is good stands in the advisory. A check declares which parts of the
observation it needs, so that one PowerShell start can read everything that is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from .model import Ref
from .observation import UNKNOWN, Observation, Request, Unknown, merge_requests, quote
from .windows.jobs import JobRecord
from .windows.signature import CODE_SIGNING, Stores, distrust, has_usable_timestamp, judge
from .windows.starts import started_since

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
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
class Check:
    """A registered check. probes: asking it makes the host build a chain (an explicit act).

    passing: values that end by themselves, whatever this change does: they are waited for, within
    a bound, and are nothing that is wrong with the host. silo: the other servers of the silo must
    have been looked at for it. of_run: it asks of a change under way, not of the host.
    unproven: values that only say that nothing has shown the contrary.
    """

    name: str
    run: Callable[[Observation, Arguments], Reading]
    needs: Callable[[Arguments], Request]
    arguments: Mapping[str, bool]  # name -> required
    values: str
    probes: bool
    passing: frozenset[Any]
    silo: bool
    of_run: bool
    unproven: frozenset[Any]
    doc: str


CHECKS: dict[str, Check] = {}

_Run = Callable[[Observation, Arguments], Reading]


def _check(
    check: str,
    values: str,
    needs: Request | Callable[[Arguments], Request] | None = None,
    /,
    *,
    probes: bool = False,
    passing: Iterable[Any] = (),
    silo: bool = False,
    of_run: bool = False,
    unproven: Iterable[Any] = (),
    **arguments: bool,
) -> Callable[[_Run], _Run]:
    """Register a check; arguments are given as NAME=required."""

    def add(run: _Run) -> _Run:
        fixed = needs if not callable(needs) else None
        CHECKS[check] = Check(
            check,
            run,
            needs if callable(needs) else lambda _: dict(fixed or {}),
            arguments,
            values,
            probes,
            frozenset(passing),
            silo,
            of_run,
            frozenset(unproven),
            " ".join((run.__doc__ or "").split()),
        )
        return run

    return add


register = _check  # for the modules that register checks of their own


def read(ref: Ref, observation: Observation) -> Reading:
    """Run the check of a reference. Data of an unexpected form is unknown, never an error."""
    check, arguments = CHECKS[ref["check"]], ref.get("with", {})
    for name, required in check.arguments.items():
        if required and arguments.get(name) is None:
            return Reading(UNKNOWN, f"{check.name}: no value is given for {name}")
    try:
        return check.run(observation, arguments)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        return Reading(UNKNOWN, f"{check.name}: unexpected form ({quote(error)})")


def evaluate(ref: Ref, observation: Observation) -> Verdict:
    """Judge a reference by an observation."""
    reading = read(ref, observation)
    return Verdict(_holds(ref, reading.value), reading.evidence, ref, reading.value)


def evaluate_all(refs: Iterable[Ref], observation: Observation) -> list[Verdict]:
    """Judge every reference of a list."""
    return [evaluate(ref, observation) for ref in refs]


def all_hold(refs: Iterable[Ref], observation: Observation) -> bool:
    """Return whether all references hold; one that is unknown does not."""
    return all(evaluate(ref, observation).holds is True for ref in refs)


def any_fails(refs: Iterable[Ref], observation: Observation) -> bool:
    """Return whether a reference certainly does not hold."""
    return any(evaluate(ref, observation).holds is False for ref in refs)


def passes(verdict: Verdict) -> bool:
    """Return whether what does not hold will end by itself."""
    return verdict.holds is False and verdict.value in CHECKS[verdict.ref["check"]].passing


def request_for(refs: Iterable[Ref], *, probe: bool = True) -> Request:
    """Return the parameters of the script observe which these references need, merged.

    probe=False (assess, check mode) leaves out what would make the host build a chain.
    """
    requests = []
    for ref in refs:
        needed = dict(CHECKS[ref["check"]].needs(ref.get("with", {})))
        if not probe:
            needed = {k: v for k, v in needed.items() if k not in ("chains", "service_chains")}
        requests.append(needed)
    return merge_requests(requests)


def describe(ref: Ref) -> str:
    """Return a reference as a person would say it, for refusals."""
    words = {k: _word(v) for k, v in ref.get("with", {}).items()}
    given = [f"{k}={word}" for k, word in words.items() if word]
    name = ref["check"] + (f"({', '.join(given)})" if given else "")
    wanted = [f"{k.replace('_', ' ')} {v}" for k, v in ref.items() if k not in ("check", "with")]
    return quote(f"{name} {' '.join(wanted)}", 400)


def _word(value: Any) -> str:
    """Return an argument in a word; empty for a table, which says nothing to a reader."""
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    if isinstance(value, list):
        return "+".join(filter(None, map(_word, value)))
    return "" if value is None else str(value)


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


def _mapping(observation: Observation, part: str) -> Mapping[str, Any]:
    """Return a part of the data, empty where it is unknown."""
    value = observation.part(part)
    return value if isinstance(value, Mapping) else {}


def _unknown(observation: Observation, part: str) -> Reading:
    return Reading(UNKNOWN, observation.why_unknown(part))


# --- The system -----------------------------------------------------------------------------


@_check("windows_version", 'major and minor version as text, as "6.0"', {"want": ["system"]})
def windows_version(observation: Observation, _arguments: Arguments) -> Reading:
    """Version of Windows."""
    system = _mapping(observation, "system")
    match = re.match(r"\d+\.\d+", str(system.get("version") or ""))
    if not match:
        return _unknown(observation, "system")
    caption = quote(system.get("caption") or "Windows")
    return Reading(match.group(), f"{caption}, version {quote(system['version'])}")


@_check("windows_role", "workstation, domain_controller, server", {"want": ["system"]})
def windows_role(observation: Observation, _arguments: Arguments) -> Reading:
    """Kind of Windows installation."""
    kind = _mapping(observation, "system").get("product_type")
    roles = {1: "workstation", 2: "domain_controller", 3: "server"}
    if kind not in roles:
        return _unknown(observation, "system")
    return Reading(roles[kind], f"product type {kind} ({roles[kind]})")


@_check("architecture", "x64, x86", {"want": ["system"]})
def architecture(observation: Observation, _arguments: Arguments) -> Reading:
    """Architecture of Windows."""
    value = _mapping(observation, "system").get("architecture")
    if value not in ("x64", "x86"):
        return _unknown(observation, "system")
    return Reading(value, f"Windows is {value}")


@_check(
    "service_state",
    "missing, Running, Stopped, Paused, and Start, Stop, Continue or Pause with Pending",
    lambda a: {"want": ["ima"], "services": [a["name"]]},
    name=True,
)
def service_state(observation: Observation, arguments: Arguments) -> Reading:
    """State of a Windows service."""
    name = arguments["name"]
    service = _mapping(observation, "services").get(name)
    if not isinstance(service, Mapping) or not isinstance(service.get("exists"), bool):
        return _unknown(observation, "services")
    if not service["exists"]:
        return Reading("missing", f"service {name} does not exist")
    state = service.get("state")
    if not isinstance(state, str) or state in ("", "Unknown"):
        return _unknown(observation, "services")
    loading = _mapping(observation, "ima").get("currently_loading_plugin")
    hint = f", loading {quote(loading)}" if loading and state != "Running" else ""
    return Reading(state, f"service {name} is {quote(state)}{hint}")


@_check("loading_plugin", "named, none", {"want": ["ima"]})
def loading_plugin(observation: Observation, _arguments: Arguments) -> Reading:
    """Does Citrix' triage value name the plug-in at which the last start of IMA ended?"""
    data = _mapping(observation, "ima")
    if "currently_loading_plugin" not in data:
        return _unknown(observation, "ima")
    plugin = data["currently_loading_plugin"]
    if plugin:
        return Reading("named", f"CurrentlyLoadingPlugin is {quote(plugin)}")
    return Reading("none", "CurrentlyLoadingPlugin names no plug-in")


@_check(
    "free_space",
    "enough, short",
    lambda a: {"want": ["disk"], **_file_request(a)},
    file=True,
    minimum_mb=False,
)
def free_space(observation: Observation, arguments: Arguments) -> Reading:
    """Is there room on the system drive for a package's installation?

    Windows Installer keeps a copy of the package there, so its size is the least that is needed;
    minimum_mb is what the site wants. Where neither is known, only a full drive is short.
    """
    disk = _mapping(observation, "disk")
    free = disk.get("free_bytes")
    if isinstance(free, bool) or not isinstance(free, int):
        return _unknown(observation, "disk")
    size = (_one_file(observation, arguments["file"]) or {}).get("size")
    wanted = (arguments.get("minimum_mb") or 0) * 1024 * 1024
    least = max(wanted, size if isinstance(size, int) else 0, 1)
    text = f"{quote(disk.get('system_drive') or 'the system drive')} has {free:,} bytes free"
    if free < least:
        return Reading("short", f"{text}, at least {least:,} are needed")
    if least == 1:
        return Reading(UNKNOWN, f"{text}, and nothing says how much is needed")
    return Reading("enough", text)


@_check(
    "clock",
    "right, off, outside_validity",
    {"want": ["clock"]},
    tolerance_seconds=True,
    not_before=False,
    not_after=False,
)
def clock(observation: Observation, arguments: Arguments) -> Reading:
    """Does the host's clock agree with the controller's, within tolerance_seconds?

    outside_validity: by its clock a certificate (not_before, not_after) is not valid, so that no
    chain over it verifies on this host without a timestamp.
    """
    now = _now(observation)
    if now is None:
        return _unknown(observation, "clock")
    ahead = (
        datetime.fromisoformat(now) - datetime.fromisoformat(observation.taken)
    ).total_seconds()
    text = (
        f"the host's clock says {quote(now)}, {abs(ahead):.0f} s {_ahead(ahead)} the controller's"
    )
    low, high = arguments.get("not_before"), arguments.get("not_after")
    if (low and now < low) or (high and now > high):
        return Reading("outside_validity", f"{text}; the certificate is valid {low} to {high}")
    return Reading("off" if abs(ahead) > arguments["tolerance_seconds"] else "right", text)


def _ahead(seconds: float) -> str:
    return "ahead of" if seconds >= 0 else "behind"


_SIGNS: Final = ("file_renames", "component_servicing", "windows_update")


def pending_signs(observation: Observation) -> list[str]:
    """Return which of Windows' signs of a pending restart are there."""
    pending = _mapping(observation, "pending_restart")
    return [sign for sign in _SIGNS if pending.get(sign)]


def restarts_of(observation: Observation, target: str = "") -> Mapping[str, Any]:
    """Return what this change's installations tell of restarts (journal.restarts), or nothing.

    target: a node of an FT system.
    """
    state = observation.host_state()
    found = state.get("restarts") if isinstance(state, Mapping) else None
    mine = found.get(target) if isinstance(found, Mapping) else None
    return mine if isinstance(mine, Mapping) else {}


@_check("restart_owed", "yes, no", {"want": ["pending_restart", "system"]})
def restart_owed(observation: Observation, _arguments: Arguments) -> Reading:
    """Does this change owe the host a restart: asked for by an installation, and none proven since?

    What Windows waits for counts only where it did not before the last installation.
    """
    mine, system = restarts_of(observation), observation.part("system")
    if not isinstance(system, Mapping):
        return _unknown(observation, "system")
    if mine.get("owed") is not None:
        start = started_since(mine["owed"], system)
        words = f"the installation asked for a restart (3010 or 1641); {start.evidence}"
        if not start.proven:
            return Reading(UNKNOWN if start.proven is None else "yes", words)
    if "installed" not in mine:
        return Reading("no", "no installation of this change has asked for a restart")
    pending = _mapping(observation, "pending_restart")
    new = [sign for sign in _SIGNS if pending.get(sign, True) and sign not in mine["signs"]]
    start = started_since(mine["installed"], system)
    if not new or start.proven:
        return Reading("no", start.evidence if start.proven else "no restart is asked for")
    if start.proven is None or any(pending.get(sign) is None for sign in new):
        return Reading(UNKNOWN, f"waiting, perhaps: {', '.join(new)}; {start.evidence}")
    return Reading("yes", f"waiting since the installation: {', '.join(new)}")


@_check(
    "pending_restart",
    "yes, no; of nothing but file renames: accepted (by name), returned (after a start that this "
    "change has seen)",
    {"want": ["pending_restart", "system"]},
    accepted_by=False,
)
def pending_restart(observation: Observation, arguments: Arguments) -> Reading:
    """Does Windows wait for a restart, or did an installation of this change ask for one?

    accepted_by: who takes the risk that file renames wait, as they do on a host where an
    antivirus or a spooler puts them back at each start.
    """
    owed = restart_owed(observation, arguments)
    if owed.value != "no":
        return owed
    pending, signs = _mapping(observation, "pending_restart"), pending_signs(observation)
    if set(signs) - {"file_renames"}:
        return Reading("yes", f"waiting: {', '.join(signs)}")
    if any(pending.get(sign) is None for sign in _SIGNS):
        return _unknown(observation, "pending_restart")
    if not signs:
        return Reading("no", "no sign of a pending restart")
    return _renames(observation, arguments.get("accepted_by"))


def _renames(observation: Observation, accepted_by: Any) -> Reading:
    """Return what file renames that wait mean, where nothing else waits."""
    words = f"file renames wait: {_mapping(observation, 'pending_restart')['file_renames']}"
    mine = restarts_of(observation)
    start = started_since(mine.get("installed"), observation.part("system"))
    if start.proven or "file_renames" in mine.get("signs", ()):
        return Reading("returned", f"{words}, again after a start; another one does not help")
    if accepted_by:
        return Reading("accepted", f"{words}; accepted by {quote(accepted_by)}")
    return Reading("yes", words)


@_check("installer", "idle, busy", {"want": ["installer"]}, passing=["busy"])
def installer(observation: Observation, _arguments: Arguments) -> Reading:
    """Is an installation of Windows Installer running?"""
    value = _mapping(observation, "installer").get("in_progress")
    if not isinstance(value, bool):
        return _unknown(observation, "installer")
    return Reading(
        "busy" if value else "idle", f"Windows Installer is {'busy' if value else 'idle'}"
    )


def installer_job_name(patch_code: str) -> str:
    """Return the name of the detached job which installs a patch (one for each patch code)."""
    return "msp-" + re.sub(r"[^0-9A-F]", "", patch_code.upper())


@_check(
    "installer_job",
    "none, running, finished",
    lambda a: {"jobs": [installer_job_name(a["patch_code"])]},
    patch_code=True,
)
def installer_job(observation: Observation, arguments: Arguments) -> Reading:
    """Our own detached installer of a patch: left by an earlier run, or not there."""
    name = installer_job_name(arguments["patch_code"])
    job = _mapping(observation, "jobs").get(name)
    if not isinstance(job, Mapping) or not isinstance(job.get("exists"), bool):
        return _unknown(observation, "jobs")
    match JobRecord.of_task(job).state:
        case "none":
            return Reading("none", f"no job {name} has been started")
        case "waiting":
            return Reading("none", f"job {name} is registered and has never run")
        case "running":
            return Reading("running", f"job {name} is running")
        case "finished":
            return Reading("finished", f"job {name} ended with {job['last_result']}")
    return _unknown(observation, "jobs")


# --- Certificates and signatures ------------------------------------------------------------


def _root(arguments: Arguments) -> Mapping[str, Any] | None:
    """Return the certificate that the argument assume_root describes, or None."""
    root = arguments.get("assume_root")
    if not isinstance(root, Mapping) or not root.get("subject_hash"):
        return None
    return {**root, "issuer_hash": root["subject_hash"]}


def _stores(observation: Observation, arguments: Arguments | None = None) -> Stores:
    return Stores.from_data(observation.part("stores"), _root(arguments or {}))


def _now(observation: Observation) -> str | None:
    utc = _mapping(observation, "clock").get("utc")
    return utc if isinstance(utc, str) and utc else None


@_check("root_present", "present, absent, disallowed", {"want": ["stores"]}, sha256=True)
def root_present(observation: Observation, arguments: Arguments) -> Reading:
    """Is a root certificate (by SHA-256) in one of the machine's root stores?"""
    wanted, stores = arguments["sha256"].upper(), _stores(observation)
    if stores.disallowed is None:
        return _unknown(observation, "stores")
    if any(str(cert.get("sha256")).upper() == wanted for cert in stores.disallowed):
        return Reading("disallowed", f"{wanted} is in the store Disallowed")
    for name, cert in stores.root_certs():
        if str(cert.get("sha256")).upper() == wanted:
            return Reading("present", f"{wanted} is in the store {name}")
    unread = [name for name in stores.unread if name != "intermediate"]
    if unread:
        return Reading(UNKNOWN, f"not found, but not readable: {', '.join(unread)}")
    return Reading("absent", f"{wanted} is in none of the machine's root stores")


@_check(
    "root_purposes",
    "code_signing, not_for_code_signing, distrusted_from, absent",
    {"want": ["stores"]},
    sha256=True,
)
def root_purposes(observation: Observation, arguments: Arguments) -> Reading:
    """What may a root certificate (by SHA-256) be used for, by its entries in the root stores?

    not_for_code_signing: an entry excludes it. distrusted_from: Microsoft's list has given it a
    date of distrust; signatures of before are to stay valid.
    """
    wanted, stores = arguments["sha256"].upper(), _stores(observation)
    if set(stores.unread) - {"intermediate", "disallowed"}:
        return _unknown(observation, "stores")
    entries = [c for _store, c in stores.root_certs() if str(c.get("sha256")).upper() == wanted]
    if not entries:
        return Reading("absent", f"{wanted} is in none of the machine's root stores")
    # Before every date: only the purposes are asked.
    fault = stores.restriction(entries[0], CODE_SIGNING, "", "")
    if fault:
        return Reading("not_for_code_signing", fault[1])
    date = min(filter(None, map(distrust, entries)), default=None)
    if date:
        return Reading("distrusted_from", f"{wanted} is distrusted from {quote(date)} on")
    return Reading("code_signing", f"no entry of {wanted} excludes code signing")


@_check("root_update_policy", "allowed, off", {"want": ["root_update"]})
def root_update_policy(observation: Observation, _arguments: Arguments) -> Reading:
    """Does policy allow the automatic update of root certificates?"""
    if observation.error("root_update"):
        return _unknown(observation, "root_update")
    value = _mapping(observation, "root_update").get("policy_value", UNKNOWN)
    if value is UNKNOWN or not (value is None or isinstance(value, int)):
        return _unknown(observation, "root_update")
    text = "is not set" if value is None else f"is {value}"
    return Reading("off" if value else "allowed", f"DisableRootAutoUpdate {text}")


@_check("root_update_events", "succeeded, failed, none", {"want": ["root_update_events"]})
def root_update_events(observation: Observation, _arguments: Arguments) -> Reading:
    """Newest event of the automatic root update (CAPI2). No event proves nothing."""
    events = observation.part("root_update_events")
    if not isinstance(events, list):
        return _unknown(observation, "root_update_events")
    for event in events:
        number = event["id"]
        if number in (1, 2, 4, 7):
            return Reading("succeeded", f"CAPI2 event {number} at {quote(event.get('utc'))}")
        if number in (3, 5, 8, 11):
            return Reading("failed", f"CAPI2 event {number} at {quote(event.get('utc'))}")
    return Reading("none", "no CAPI2 event of the root update")


def _file_request(arguments: Arguments, *, hash: bool = False, signature: bool = False) -> Request:
    return {"files": [{"path": arguments["file"], "hash": hash, "signature": signature}]}


def _signature_request(arguments: Arguments) -> Request:
    return {"want": ["stores", "clock"], **_file_request(arguments, signature=True)}


def _one_file(observation: Observation, path: str) -> Mapping[str, Any] | None:
    """Return the record of the one file that a path without wildcards names."""
    found = observation.files(path)
    if isinstance(found, Unknown):
        return None
    record = next(iter(found.values()))
    return record if isinstance(record, Mapping) else None


@_check(
    "file_matches",
    "match, differs, missing",
    lambda a: _file_request(a, hash=True),
    file=True,
    sha256=True,
)
def file_matches(observation: Observation, arguments: Arguments) -> Reading:
    """Is a file the one that is pinned by its SHA-256?"""
    record = _one_file(observation, arguments["file"])
    if record is None or not isinstance(record.get("exists"), bool):
        return _unknown(observation, "files")
    if not record["exists"]:
        return Reading("missing", f"{quote(arguments['file'])} is not there")
    found, wanted = record.get("sha256"), arguments["sha256"].upper()
    if not isinstance(found, str) or not found:
        return Reading(UNKNOWN, quote(record.get("error") or "the file's hash was not read"))
    if found.upper() == wanted:
        return Reading("match", f"SHA-256 {wanted}")
    return Reading("differs", f"SHA-256 is {quote(found)}, expected {wanted}")


@_check(
    "signature",
    "trusted, root_missing, expired, tampered, unsigned, disallowed, not_for_code_signing, "
    "file_missing",
    _signature_request,
    file=True,
    assume_root=False,
)
def signature(observation: Observation, arguments: Arguments) -> Reading:
    """Does a file's signature link to a root that the machine trusts?

    assume_root ({sha256, subject_hash, not_before, not_after}) asks "and if this root were there".
    """
    record = _one_file(observation, arguments["file"])
    reading = judge(record, _stores(observation, arguments), _now(observation))
    return Reading(reading.status, f"{quote(arguments['file'])}: {reading.evidence}")


def _modules_request(arguments: Arguments) -> Request:
    return {
        "want": ["stores", "clock"],
        "services": [arguments["service"]],
        "service_modules": [arguments["service"]],
        "files": [
            {"path": path, "hash": False, "signature": True}
            for path in arguments.get("files") or ()
        ],
    }


# Worst first; unknown stands before everything that could be healed.
_WORST: Final = (
    "tampered",
    "unsigned",
    "disallowed",
    "not_for_code_signing",
    "untrusted",
    UNKNOWN,
    "file_missing",
    "expired",
    "root_missing",
    "trusted",
)


@_check(
    "modules_signature",
    "as signature: the worst of all modules",
    _modules_request,
    service=True,
    files=False,
    assume_root=False,
)
def modules_signature(observation: Observation, arguments: Arguments) -> Reading:
    """Do the installed modules (a service's executable and the files named) link to a root?"""
    stores, now = _stores(observation, arguments), _now(observation)
    readings = [
        (name, judge(record, stores, now))
        for name, record in _modules(observation, arguments).items()
    ]
    if not readings:
        return Reading(UNKNOWN, f"the executable of {arguments['service']} is not known")
    name, worst = min(readings, key=lambda pair: _WORST.index(pair[1].status))
    return Reading(worst.status, f"{len(readings)} modules, {quote(name)}: {worst.evidence}")


def _modules(observation: Observation, arguments: Arguments) -> Mapping[str, Any]:
    """Return the records of a service's executable and of the files named; none: not known."""
    executable = _mapping(observation, "service_modules").get(arguments["service"])
    if not isinstance(executable, str) or not executable:
        return {}
    records: dict[str, Any] = {}
    for path in [executable, *(arguments.get("files") or ())]:
        found = observation.files(path)
        records.update({path: None} if isinstance(found, Unknown) else found)
    return records


_NOT_TIME_VALID, _UNTRUSTED_ROOT, _PARTIAL_CHAIN = 0x1, 0x20, 0x10000
_EXPLICIT_DISTRUST, _REVOKED, _NOT_VALID_FOR_USAGE = 0x4000000, 0x4, 0x10
# What the records alone show, so that the host's chain has nothing to add.
_SHOWN: Final = ("file_missing", "tampered", "unsigned", "disallowed", "not_for_code_signing")


@_check(
    "chain_on_host",
    "trusted, root_missing, expired, tampered, unsigned, disallowed, not_for_code_signing, "
    "file_missing, untrusted",
    lambda a: {**_signature_request(a), "chains": [a["file"]]},
    probes=True,
    file=True,
)
def chain_on_host(observation: Observation, arguments: Arguments) -> Reading:
    """The chain of a file's signature as the host itself builds it, in the machine context.

    It is built for code signing. Asking may make Windows fetch a root. Of the chain's faults only
    NotTimeValid is tolerated, and only with a timestamp whose own chain links to a root.
    """
    path = arguments["file"]
    return _host_chain(observation, path, _one_file(observation, path))


@_check(
    "modules_on_host",
    "as chain_on_host: the worst of all modules; not_asked where the host was not to build chains",
    lambda a: {
        **_modules_request(a),
        "service_chains": [a["service"]],
        "chains": list(a.get("files") or ()),
    },
    probes=True,
    service=True,
    files=False,
)
def modules_on_host(observation: Observation, arguments: Arguments) -> Reading:
    """The chains of the installed modules as the host itself builds them.

    It knows what no store shows: the distrust of Microsoft's list. Asked by an audit that may.
    """
    if observation.error("chains"):
        return _unknown(observation, "chains")
    modules, chains = _modules(observation, arguments), _mapping(observation, "chains")
    if not {name.casefold() for name in modules} & {name.casefold() for name in chains}:
        return Reading("not_asked", "the host was not asked to build the modules' chains")
    readings = [(name, _host_chain(observation, name, record)) for name, record in modules.items()]
    name, worst = min(readings, key=lambda pair: _WORST.index(pair[1].value))
    return Reading(worst.value, f"{len(readings)} modules, {quote(name)}: {worst.evidence}")


def _host_chain(observation: Observation, path: str, record: Mapping[str, Any] | None) -> Reading:
    stores = _stores(observation)
    linked = judge(record, stores, _now(observation))
    if linked.status in _SHOWN:
        return Reading(linked.status, f"{quote(path)}: {linked.evidence}")
    chain = next(
        (c for p, c in _mapping(observation, "chains").items() if p.casefold() == path.casefold()),
        None,
    )
    if not isinstance(chain, Mapping) or not isinstance(chain.get("status"), int):
        return _unknown(observation, "chains")
    if linked.status is UNKNOWN and (record is None or stores.disallowed is None):
        return Reading(UNKNOWN, f"{quote(path)}: {linked.evidence}")
    if not _intact(record):
        return Reading(UNKNOWN, f"{quote(path)}: {linked.evidence}")
    return _chain_reading(chain, has_usable_timestamp(record, stores))


def _intact(record: Mapping[str, Any] | None) -> bool:
    """Return whether a file record says that the file was not altered since it was signed."""
    signed = (record or {}).get("signature")
    return (
        isinstance(signed, Mapping)
        and signed.get("state") == "signed"
        and signed.get("hash_status") == 0
    )


def _chain_reading(chain: Mapping[str, Any], timestamp: bool) -> Reading:
    flags = chain["status"]
    for element in chain.get("elements") or ():
        flags |= element["status"]
    added = chain.get("roots_added") or []
    text = f"host's chain: status 0x{flags:X}" + (f", roots added: {added}" if added else "")
    if flags & (_EXPLICIT_DISTRUST | _REVOKED):
        return Reading("disallowed", text)
    if flags & (_UNTRUSTED_ROOT | _PARTIAL_CHAIN):
        return Reading("root_missing", text)
    if flags & _NOT_VALID_FOR_USAGE:
        return Reading("not_for_code_signing", text)
    if flags & ~_NOT_TIME_VALID:
        return Reading("untrusted", text)
    if flags:
        tolerated = "tolerated: the timestamp's chain links" if timestamp else "no usable timestamp"
        return Reading("trusted" if timestamp else "expired", f"{text} (NotTimeValid), {tolerated}")
    if chain.get("ok") is not True:
        return Reading(UNKNOWN, f"{text}, but the host says that the chain does not verify")
    return Reading("trusted", text)


# --- Hotfixes -------------------------------------------------------------------------------


@_check(
    "patch_installed",
    "installed, superseded, not_installed",
    {"want": ["patches"]},
    patch_code=True,
)
def patch_installed(observation: Observation, arguments: Arguments) -> Reading:
    """Does Windows Installer have a patch on record as applied?"""
    patches, wanted = observation.part("patches"), arguments["patch_code"].upper()
    if not isinstance(patches, list) or observation.error("patches"):
        return _unknown(observation, "patches")
    states = {p.get("state") for p in patches if str(p["patch_code"]).upper() == wanted}
    if 1 in states:
        return Reading("installed", f"patch {wanted} is applied")
    if states & {2, 4}:
        return Reading("superseded", f"patch {wanted} is superseded by a later one")
    if None in states or not all(isinstance(p["patch_code"], str) for p in patches):
        return Reading(UNKNOWN, f"patch {wanted}: a record of Windows Installer is incomplete")
    return Reading("not_installed", f"patch {wanted} is not on record")


@_check("hotfixes_installed", "all, some, none", {"want": ["patches"]}, hotfixes=True)
def hotfixes_installed(observation: Observation, arguments: Arguments) -> Reading:
    """How many of the hotfixes (a list with patch_code each) are installed?"""
    readings = [patch_installed(observation, hotfix) for hotfix in arguments["hotfixes"]]
    evidence = "; ".join(reading.evidence for reading in readings)
    if not readings:
        return Reading(UNKNOWN, "no hotfix is named")
    if any(reading.value is UNKNOWN for reading in readings):
        return Reading(UNKNOWN, evidence)
    there = [reading.value != "not_installed" for reading in readings]
    return Reading("all" if all(there) else "some" if any(there) else "none", evidence)


# --- Users ----------------------------------------------------------------------------------


def is_session(session: Mapping[str, Any]) -> bool:
    """Return whether a session is a user's, or somebody is logging in right now.

    Raises TypeError or KeyError where that is not known.
    """
    state, user, name = session["state"], session["user"], session["name"]
    if not (isinstance(state, int) and isinstance(user, str) and isinstance(name, str)):
        raise TypeError("a session's state, user or name is not known")
    if state == 6:  # a listener
        return False
    # Connected without a user: the logon screen. On the console that is the idle state.
    return bool(user) or (state in (0, 1) and name.casefold() != "console")


@_check("sessions", "number of user sessions", {"want": ["sessions"]})
def sessions(observation: Observation, _arguments: Arguments) -> Reading:
    """How many user sessions are there, disconnected ones included?"""
    listed = _mapping(observation, "sessions").get("list")
    if not isinstance(listed, list):
        return _unknown(observation, "sessions")
    users = [quote(s.get("user") or "(logging on)", 40) for s in listed if is_session(s)]
    return Reading(len(users), f"{len(users)} sessions: {', '.join(users)}" if users else "none")


@_check("logons", "drained, until_restart, enabled, external", {"want": ["sessions"]}, method=False)
def logons(observation: Observation, arguments: Arguments) -> Reading:
    """Are new logons refused?

    With method external the site keeps users away by its own means: then only the sessions
    prove it, and the value is external unless Windows itself refuses logons.
    """
    data = _mapping(observation, "sessions")
    mode, disabled = data.get("drain_mode"), data.get("logons_disabled")
    if disabled is True or mode == 2:
        return Reading("drained", f"drain mode {mode}, logons disabled: {disabled}")
    if arguments.get("method") == "external":
        return Reading("external", "the site keeps users away by its own method")
    if mode == 1:
        return Reading("until_restart", "logons are refused only until the next restart")
    if mode == 0 and disabled is False:
        return Reading("enabled", "new logons are accepted")
    return _unknown(observation, "sessions")


# --- Settings and the change ----------------------------------------------------------------


@_check("setting", "the value itself", value=False)
def setting(_observation: Observation, arguments: Arguments) -> Reading:
    """The value of a setting."""
    value = arguments.get("value")
    return Reading(value, f"the setting is {quote(value)}")


@_check("given", "yes, no", value=False)
def given(_observation: Observation, arguments: Arguments) -> Reading:
    """Is a setting given, with all of its members?"""
    value = arguments.get("value")
    members = value.values() if isinstance(value, Mapping) else [value]
    there = bool(value) and all(member not in (None, "") for member in members)
    return Reading("yes" if there else "no", quote(value) if there else "not given")


@_check("change_state", "open, stopped, window_closed, not_approved", of_run=True)
def change_state(observation: Observation, _arguments: Arguments) -> Reading:
    """Is the change approved, its window open, and not stopped?

    window_open is None where the change has no window.
    """
    change = observation.change
    if change is None or not {"approved", "stopped", "window_open"} <= change.keys():
        return Reading(UNKNOWN, "there is no change, or its state is not known")
    name = quote(change.get("id"))
    if change["approved"] is not True:
        return Reading("not_approved", f"change {name} is not approved for this plan")
    if change["stopped"] is not False:
        return Reading("stopped", f"change {name} is stopped")
    if change["window_open"] not in (True, None):
        return Reading("window_closed", f"the window of change {name} is closed")
    return Reading("open", f"change {name} is open")


@_check("owner", "ours, free, another", {"want": ["owner"]}, of_run=True)
def owner(observation: Observation, _arguments: Arguments) -> Reading:
    """Whom does the server or FT system belong to right now? ours: this change, this run."""
    held, change = observation.part("owner"), observation.change
    if not isinstance(held, Mapping):
        return Reading(UNKNOWN, observation.why_unknown("owner"))
    if held.get("free") is True:
        return Reading("free", "nobody holds it")
    text = f"held by {quote(held.get('change'), 60)}, run {quote(held.get('run'), 60)}"
    if change is None or change.get("id") is None or change.get("run") is None:
        return Reading(UNKNOWN, f"{text}; there is no change to compare with")
    mine = (held.get("change"), held.get("run")) == (change["id"], change["run"])
    return Reading("ours" if mine else "another", text)


def _hosts(observation: Observation) -> Mapping[str, Mapping[str, Any]]:
    return (observation.change or {})["hosts"]  # type: ignore[no-any-return]


@_check("identity", "as_planned, another", {"want": ["system"]}, of_run=True)
def identity(observation: Observation, _arguments: Arguments) -> Reading:
    """Is the server that answers the machine that the plan was made for, by its computer name?"""
    state = observation.host_state()
    planned = state.get("computer_name") if isinstance(state, Mapping) else None
    name = _mapping(observation, "system").get("computer_name")
    if not isinstance(name, str) or not name:
        return _unknown(observation, "system")
    if not isinstance(planned, str) or not planned:
        return Reading(UNKNOWN, f"{quote(name)} answers; the plan does not say whom it is for")
    if name.casefold() != planned.casefold():
        return Reading("another", f"{quote(name)} answers, the plan is for {quote(planned)}")
    return Reading("as_planned", f"{quote(name)} answers")


@_check("turn", "reached, waiting", of_run=True)
def turn(observation: Observation, _arguments: Arguments) -> Reading:
    """Has every server of the earlier waves ended? (Whether it failed: failure_budget.)"""
    hosts = _hosts(observation)
    wave = hosts[observation.host]["wave"]
    if not isinstance(wave, int):
        return Reading(UNKNOWN, f"{observation.host} is in no wave")
    before = {h: s for h, s in hosts.items() if s["wave"] is not None and s["wave"] < wave}
    open_ = sorted(h for h, s in before.items() if s["status"] not in ("done", "failed"))
    if open_:
        return Reading("waiting", f"wave {wave + 1} waits for {', '.join(open_)}")
    return Reading("reached", f"wave {wave + 1}; {len(before)} servers before it have ended")


@_check(
    "capacity_percent",
    "percent of the silo that stays in service; -1 where nobody would",
    silo=True,
    of_run=True,
    single_server_silo=False,
    only_if_serving=False,
)
def capacity_percent(observation: Observation, arguments: Arguments) -> Reading:
    """How much of the silo stays in service while this server is out?

    Only who was seen serving counts, right now: not who was not asked, could not be read, is
    drained, down or left alone. A silo of a single server reads 100 where single_server_silo is
    accept_outage. With only_if_serving a server that serves nobody itself reads 100.
    """
    hosts = _hosts(observation)
    me = hosts[observation.host]
    silo = {h: s for h, s in hosts.items() if _same_silo(s, me) and h != observation.host}
    called = f"silo {quote(me['silo'])}"
    if not silo and arguments.get("single_server_silo") == "accept_outage":
        return Reading(100, f"the only server of {called}; its outage is accepted")
    if arguments.get("only_if_serving") and me.get("serving") is False:
        return Reading(100, f"it serves nobody: {_seen(me)}")
    if silo and not any("serving" in other for other in silo.values()):
        return Reading(UNKNOWN, f"the other servers of {called} were not looked at")
    serving = [h for h, s in silo.items() if s.get("serving") is True]
    idle = sorted(f"{h} ({_seen(s)})" for h, s in silo.items() if h not in serving)
    percent = 100 * len(serving) // (len(silo) + 1) if serving else -1
    missing = f"; not: {', '.join(idle)}" if idle else ""
    text = f"{len(serving)} of the other {len(silo)} servers of {called} serve{missing}"
    return Reading(percent, text)


def _seen(entry: Mapping[str, Any]) -> str:
    return quote(entry.get("seen") or "not asked")


def _same_silo(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two hosts share their users. An FT system shares them with nobody."""
    shared = one.get("in_silo", True) and other.get("in_silo", True)
    return shared and one["silo"] == other["silo"] and one.get("farm") == other.get("farm")


@_check("failure_budget", "unspent, spent, spent_under_way", of_run=True)
def failure_budget(observation: Observation, _arguments: Arguments) -> Reading:
    """Have no more servers failed than the change allows?

    spent_under_way: it is spent, but this server has begun and may go on to a resting point.
    """
    change = observation.change or {}
    hosts, budget = _hosts(observation), change["failure_budget"]
    failed = sorted(
        h for h, s in hosts.items() if s["status"] == "failed" and h != observation.host
    )
    if not isinstance(budget, int):
        return Reading(UNKNOWN, "the failure budget is not known")
    evidence = f"{len(failed)} failed of {budget} allowed" + (
        f": {', '.join(failed)}" * bool(failed)
    )
    if len(failed) <= budget:
        return Reading("unspent", evidence)
    begun = hosts[observation.host]["status"] == "under_way"
    return Reading("spent_under_way" if begun else "spent", evidence)
