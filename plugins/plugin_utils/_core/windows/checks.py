# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of one Windows: its system, services, restarts, installations and files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ..checks import ANY, Arguments, Reading, Value, mapping, register, unknown, worst
from ..context import Context
from ..observation import UNKNOWN, Observation, Request, Unknown, quote
from .jobs import JobRecord
from .starts import started_since

# --- The system -----------------------------------------------------------------------------


@register(
    "windows_version",
    Value(ANY, "Windows is|version {value}", "Windows のバージョンが|{value}"),
    reads={"want": ["system"]},
)
def windows_version(observation: Observation, _arguments: Arguments) -> Reading:
    """Which version is Windows, major and minor as text ("6.0")?"""
    system = mapping(observation, "system")
    match = re.match(r"\d+\.\d+", str(system.get("version") or ""))
    if not match:
        return unknown(observation, "system")
    caption = quote(system.get("caption") or "Windows")
    return Reading(match.group(), f"{caption}, version {quote(system['version'])}")


@register(
    "windows_role",
    Value("workstation", "the machine is|a workstation", "この機械が|ワークステーション"),
    Value(
        "domain_controller",
        "the machine is|a domain controller",
        "この機械が|ドメインコントローラー",
    ),
    Value("server", "the machine is|a server", "この機械が|サーバー"),
    reads={"want": ["system"]},
)
def windows_role(observation: Observation, _arguments: Arguments) -> Reading:
    """Kind of Windows installation."""
    kind = mapping(observation, "system").get("product_type")
    roles = {1: "workstation", 2: "domain_controller", 3: "server"}
    if kind not in roles:
        return unknown(observation, "system")
    return Reading(roles[kind], f"product type {kind} ({roles[kind]})")


@register(
    "architecture",
    Value("x64", "Windows is|x64", "Windows が|x64"),
    Value("x86", "Windows is|x86", "Windows が|x86"),
    reads={"want": ["system"]},
)
def architecture(observation: Observation, _arguments: Arguments) -> Reading:
    """Architecture of Windows."""
    value = mapping(observation, "system").get("architecture")
    if value not in ("x64", "x86"):
        return unknown(observation, "system")
    return Reading(value, f"Windows is {value}")


@register(
    "service_state",
    Value("missing", "{on}|does not exist", "{on} が|存在しない"),
    Value("Running", "{on} is|running", "{on} が|実行中"),
    Value("Stopped", "{on} is|stopped", "{on} が|停止"),
    Value("Paused", "{on} is|paused", "{on} が|一時停止"),
    Value("Start Pending", "{on} is|starting", "{on} が|開始処理中", course="coming"),
    Value("Stop Pending", "{on} is|stopping", "{on} が|停止処理中", course="coming"),
    Value("Continue Pending", "{on} is|continuing", "{on} が|再開処理中", course="coming"),
    Value("Pause Pending", "{on} is|pausing", "{on} が|一時停止処理中", course="coming"),
    reads=lambda a: {"want": ["ima"], "services": [a["name"]]},
    outlives=True,
    subject="name",
    name=True,
)
def service_state(observation: Observation, arguments: Arguments) -> Reading:
    """State of a Windows service."""
    name = arguments["name"]
    service = mapping(observation, "services").get(name)
    if not isinstance(service, Mapping) or not isinstance(service.get("exists"), bool):
        return unknown(observation, "services")
    if not service["exists"]:
        return Reading("missing", f"service {name} does not exist")
    state = service.get("state")
    if not isinstance(state, str) or state in ("", "Unknown"):
        return unknown(observation, "services")
    loading = mapping(observation, "ima").get("currently_loading_plugin")
    hint = f", loading {quote(loading)}" if loading and state != "Running" else ""
    return Reading(state, f"service {name} is {quote(state)}{hint}")


@register(
    "free_space",
    Value(
        "enough",
        "the system drive has|room for the installation",
        "システムドライブの空き容量が|足りる",
    ),
    Value(
        "short",
        "the system drive has|no room for the installation",
        "システムドライブの空き容量が|不足",
    ),
    reads=lambda a: {"want": ["disk"], **file_request(a)},
    file=True,
    minimum_mb=False,
)
def free_space(observation: Observation, arguments: Arguments) -> Reading:
    """Is there room on the system drive for a package's installation?

    Windows Installer keeps a copy of the package there, so its size is the least that is needed;
    minimum_mb is what the site wants. Where neither is known, only a full drive is short.
    """
    disk = mapping(observation, "disk")
    free = disk.get("free_bytes")
    if isinstance(free, bool) or not isinstance(free, int):
        return unknown(observation, "disk")
    size = (one_file(observation, arguments["file"]) or {}).get("size")
    wanted = (arguments.get("minimum_mb") or 0) * 1024 * 1024
    least = max(wanted, size if isinstance(size, int) else 0, 1)
    text = f"{quote(disk.get('system_drive') or 'the system drive')} has {free:,} bytes free"
    if free < least:
        return Reading("short", f"{text}, at least {least:,} are needed")
    if least == 1:
        return Reading(UNKNOWN, f"{text}, and nothing says how much is needed")
    return Reading("enough", text)


@register(
    "clock",
    Value("right", "the clock is|right", "時計が|正しい"),
    Value("off", "the clock is|off", "時計が|ずれている"),
    Value(
        "outside_validity",
        "the clock is|outside of the certificate's validity",
        "時計が|証明書の有効期間外",
    ),
    reads={"want": ["clock"]},
    tolerance_seconds=True,
    not_before=False,
    not_after=False,
)
def clock(observation: Observation, arguments: Arguments) -> Reading:
    """Does the host's clock agree with the controller's, within tolerance_seconds?

    outside_validity: by its clock a certificate (not_before, not_after) is not valid, so that no
    chain over it verifies on this host without a timestamp.
    """
    now = utc_of(observation)
    if now is None:
        return unknown(observation, "clock")
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


def utc_of(observation: Observation) -> str | None:
    """Return what the host's clock showed (ISO 8601 UTC), or None."""
    utc = mapping(observation, "clock").get("utc")
    return utc if isinstance(utc, str) and utc else None


def _ahead(seconds: float) -> str:
    return "ahead of" if seconds >= 0 else "behind"


# --- Restarts -------------------------------------------------------------------------------

_OWN_SIGNS: Final = ("file_renames", "component_servicing", "windows_update")
# What pending_restart may be where no start is needed, nor would help.
NONE_PENDING: Final = ("no", "accepted", "returned")
_WORST: Final = ("yes", UNKNOWN, "accepted", "returned", "no")


def _node(observation: Observation, node: str) -> Mapping[str, Any]:
    """Return what was read of a node of a system, empty where nothing was."""
    record = mapping(observation, "nodes").get(node)
    return record if isinstance(record, Mapping) else {}


def _system(observation: Observation, node: str) -> Any:
    return _node(observation, node).get("system") if node else observation.part("system")


def _signs(observation: Observation, node: str) -> Mapping[str, Any] | None:
    """Return Windows' signs of a pending restart, an unknown one as None; None: not read.

    Of a node that runs Windows the relay reads two of them; file renames that nobody told of count
    as none.
    """
    if not node:
        pending = mapping(observation, "pending_restart")
        return {sign: pending[sign] for sign in _OWN_SIGNS} if pending else None
    record = _node(observation, node)
    update = record.get("restart_pending")
    live = record.get("reachable") is True or record.get("source") == "operator"
    if not live or not isinstance(update, bool):
        return None
    return {"update": update, "file_renames": record.get("file_renames") or 0}


def pending_signs(observation: Observation, node: str = "") -> list[str]:
    """Return which of Windows' signs of a pending restart are there.

    node: a node of the host's system; without it, the host's own Windows.
    """
    return [sign for sign, value in (_signs(observation, node) or {}).items() if value]


@register(
    "restart_owed",
    Value(
        "yes",
        "|a restart is owed for an installation",
        "|インストールに伴う再起動が未実施",
    ),
    Value(
        "no",
        "|no restart is owed for an installation",
        "|インストールに伴う再起動は不要、または実施済み",
    ),
    reads={"want": ["pending_restart", "system"]},
    in_context=True,
    update=False,
)
def restart_owed(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Does this change owe the host a restart: asked for by an installation, and none proven since?

    What Windows waits for counts only where it did not before the last installation. update: only
    by the installation of this update or patch code, so that each has a restart step of its own; of
    one that was begun, and whose result was lost with its run, a restart counts as asked for.
    """
    if not isinstance(observation.part("system"), Mapping):
        return unknown(observation, "system")
    return _owed(observation, "", context, str(arguments.get("update") or "").upper())


def _owed(observation: Observation, node: str, context: Context, update: str = "") -> Reading:
    mine, system = context.restarts.get(node, {}), _system(observation, node)
    asked = mine.get("asked", {})  # "": by what, the journal does not tell: it may be by this
    owed = asked.get(update, asked.get("")) if update else mine.get("owed")
    if owed is not None:
        start = started_since(owed, system)
        words = f"the installation asked for a restart (3010 or 1641); {start.evidence}"
        if not start.proven:
            return Reading(UNKNOWN if start.proven is None else "yes", words)
    if update in mine.get("begun", {}):
        start = started_since(mine["begun"][update], system)
        words = f"its installation was begun, and no run has taken its result; {start.evidence}"
        if not start.proven:
            return Reading(UNKNOWN if start.proven is None else "yes", words)
    if "installed" not in mine or (update and mine["last"] not in ("", update)):
        return Reading("no", "no installation of this change has asked for a restart")
    read = _signs(observation, node) is not None
    new = [sign for sign in pending_signs(observation, node) if sign not in mine["signs"]]
    start = started_since(mine["installed"], system)
    if start.proven or (read and not new):
        return Reading("no", start.evidence if start.proven else "no restart is asked for")
    if start.proven is None or not read:
        return Reading(UNKNOWN, f"waiting, perhaps: {', '.join(new)}; {start.evidence}")
    return Reading("yes", f"waiting since the installation: {', '.join(new)}")


def _pending_request(arguments: Arguments) -> Request:
    nodes = _names(arguments)
    return {"nodes": nodes} if nodes else {"want": ["pending_restart", "system"]}


def _names(arguments: Arguments) -> list[str]:
    """Return the nodes that are asked about; empty: the host's own Windows."""
    nodes = arguments.get("nodes") or []
    return [nodes] if isinstance(nodes, str) else list(nodes)


@register(
    "pending_restart",
    Value("yes", "|a restart{of} is pending", "|{of}再起動が保留中"),
    Value("no", "|no restart{of} is pending", "|{of}再起動の保留なし"),
    Value(
        "accepted",
        "|file renames wait for a restart{of}, which somebody accepts",
        "|{of}ファイル名変更の保留あり(承諾済み)",
    ),
    Value(
        "returned",
        "|file renames wait again after a start{of}",
        "|{of}再起動後にファイル名変更の保留が再発",
    ),
    reads=_pending_request,
    settles=True,
    running=True,
    in_context=True,
    subject="nodes",
    nodes=False,
    accepted_by=False,
)
def pending_restart(observation: Observation, arguments: Arguments, context: Context) -> Reading:
    """Does Windows wait for a restart, or did an installation of this change ask for one?

    Of nothing but file renames: accepted, by the name of who takes the risk (accepted_by), as on a
    host where an antivirus or a spooler puts them back at each start; returned, where they are
    there again after a start that this change has seen. nodes: the worst of them, instead of the
    host's own Windows.
    """
    accepted_by, nodes = arguments.get("accepted_by"), _names(arguments)
    if not nodes:
        if not isinstance(observation.part("system"), Mapping):
            return unknown(observation, "system")
        return pending_reading(observation, "", context, accepted_by)
    return worst(
        ((node, pending_reading(observation, node, context, accepted_by)) for node in nodes), _WORST
    )


def pending_reading(
    observation: Observation, node: str, context: Context, accepted_by: Any = None
) -> Reading:
    """As pending_restart, of one Windows: a node's, or (empty) the host's own."""
    owed = _owed(observation, node, context)
    if owed.value != "no":
        return owed
    signs, there = _signs(observation, node), pending_signs(observation, node)
    if signs is None:
        why = "not known whether a restart is pending"
        return Reading(UNKNOWN, why) if node else unknown(observation, "pending_restart")
    if set(there) - {"file_renames"}:
        return Reading("yes", f"waiting: {', '.join(there)}")
    if None in signs.values():
        return unknown(observation, "pending_restart")
    if not there:
        return Reading("no", "no sign of a pending restart")
    words = f"file renames wait: {quote(signs['file_renames'], 10)}"
    mine = context.restarts.get(node, {})
    start = started_since(mine.get("installed"), _system(observation, node))
    if start.proven or "file_renames" in mine.get("signs", ()):
        return Reading("returned", f"{words}, again after a start; another one does not help")
    accepted = _node(observation, node).get("accepted")
    name = accepted_by or (accepted.get("renames") if isinstance(accepted, Mapping) else None)
    if name:
        return Reading("accepted", f"{words}; accepted by {quote(name, 80)}")
    return Reading("yes", words)


# --- Installers -----------------------------------------------------------------------------


@register(
    "installer",
    Value("idle", "|no other installation runs", "|他のインストールなし"),
    Value("busy", "|another installation runs", "|他のインストールが実行中", course="passing"),
    reads={"want": ["installer"]},
)
def installer(observation: Observation, _arguments: Arguments) -> Reading:
    """Is an installation of Windows Installer running?"""
    value = mapping(observation, "installer").get("in_progress")
    if not isinstance(value, bool):
        return unknown(observation, "installer")
    return Reading(
        "busy" if value else "idle", f"Windows Installer is {'busy' if value else 'idle'}"
    )


def installer_job_name(update: str) -> str:
    """Return the name of the detached job which installs a patch or an update: one for each.

    update: its patch code, or the name of a Windows update.
    """
    if update.startswith("{"):
        return "msp-" + re.sub(r"[^0-9A-F]", "", update.upper())
    return "msu-" + re.sub(r"[^0-9A-Z]", "", update.upper())


def _job_request(arguments: Arguments) -> Request:
    update = arguments.get("update")
    if not arguments.get("node"):
        return {"jobs": [installer_job_name(str(update))]} if update else {}
    updates = {"updates": [update]} if isinstance(update, Mapping) else {}
    return {"nodes": [arguments["node"]], **updates}


@register(
    "installer_job",
    Value("none", "our own installer{at}|was not started", "{at}当方のインストーラーが|未起動"),
    Value(
        "running",
        "our own installer{at}|runs",
        "{at}当方のインストーラーが|実行中",
        course="coming",
    ),
    Value("finished", "our own installer{at}|has ended", "{at}当方のインストーラーが|終了"),
    reads=_job_request,
    settles=True,
    running=True,
    update=False,
    subject="node",
    of_subject="operation",
    of_host="update",
    node=False,
    operation=False,
)
def installer_job(observation: Observation, arguments: Arguments) -> Reading:
    """Our own detached installer: left by an earlier run, or not there.

    update: its patch code or name, or the whole record of an update; of a node without it, any.
    operation: install, uninstall, or any.
    """
    update = arguments.get("update")
    update = update.get("id") if isinstance(update, Mapping) else update
    if arguments.get("node"):
        job = _node(observation, arguments["node"]).get("job")
        return _node_job(job if isinstance(job, Mapping) else {}, arguments["operation"], update)
    if not update:
        return Reading(UNKNOWN, "not known of which update")
    name = installer_job_name(str(update))
    task = mapping(observation, "jobs").get(name)
    if not isinstance(task, Mapping) or not isinstance(task.get("exists"), bool):
        return unknown(observation, "jobs")
    job = JobRecord.of_task(task)
    match job.state:
        case None:
            return unknown(observation, "jobs")
        case "none" | "waiting":
            return Reading("none", f"job {name} has never run")
        case "running":
            return Reading("running", f"job {name} is running")
        case "finished":
            return Reading("finished", f"job {name} ended with {job.exit_code}")


def _node_job(record: Mapping[str, Any], operation: str, update: Any) -> Reading:
    """Return what the one job on a node is, which may be another one than is asked for."""
    job = JobRecord.of_record(record)
    if job.state not in ("none", "running", "finished"):
        return Reading(UNKNOWN, "not known whether an installer of ours runs")
    mine = operation in ("any", record.get("operation")) and update in (None, record.get("update"))
    if mine and job.state != "none":
        return Reading(job.state, f"our installer is {job.state}, {quote(job.exit_code)}")
    if job.state == "running":
        return Reading(UNKNOWN, f"another installer runs: {quote(record.get('operation'), 40)}")
    return Reading("none", "no installer of ours")


# --- Files ----------------------------------------------------------------------------------


def file_request(arguments: Arguments, *, hash: bool = False, signature: bool = False) -> Request:
    """Return the request that reads the file which the argument file names, if one is named."""
    if not arguments["file"]:
        return {}
    return {"files": [{"path": arguments["file"], "hash": hash, "signature": signature}]}


def one_file(observation: Observation, path: str) -> Mapping[str, Any] | None:
    """Return the record of the one file that a path without wildcards names."""
    found = observation.files(path)
    if isinstance(found, Unknown):
        return None
    record = next(iter(found.values()))
    return record if isinstance(record, Mapping) else None


def pinned(arguments: Arguments) -> dict[str, Any]:
    """Return what an observation has where a file is the pinned one."""
    return {"files": {arguments["file"]: {"exists": True, "sha256": arguments["sha256"]}}}


@register(
    "package_on_hand",
    Value(
        "match",
        "the package|is at hand, and is the pinned one",
        "パッケージが|手元にあり、指定のハッシュ値と一致",
        shows=pinned,
    ),
    Value(
        "differs",
        "the package|is another one than the pinned",
        "パッケージが|指定のハッシュ値と不一致",
    ),
    Value("missing", "the package|is not at hand", "パッケージが|手元にない"),
    # A first assess may come before the inventory names any package.
    reads=lambda a: file_request(a, hash=True),
    file=True,
    sha256=True,
)
def package_on_hand(observation: Observation, arguments: Arguments) -> Reading:
    """Is a package, pinned by its SHA-256, where it is installed from, or by a person's word?"""
    wanted = arguments["sha256"].upper()
    told = mapping(observation, "packages").get(wanted)
    if isinstance(told, Mapping) and told.get("by"):
        return Reading("match", f"{quote(told['by'], 60)} has the file of this SHA-256")
    record = one_file(observation, arguments["file"])
    if record is None or not isinstance(record.get("exists"), bool):
        return unknown(observation, "files")
    if not record["exists"]:
        return Reading("missing", f"{quote(arguments['file'])} is not there")
    found = record.get("sha256")
    if not isinstance(found, str) or not found:
        return Reading(UNKNOWN, quote(record.get("error") or "the file's hash was not read"))
    if found.upper() == wanted:
        return Reading("match", f"SHA-256 {wanted}")
    return Reading("differs", f"SHA-256 is {quote(found)}, expected {wanted}")


# --- Hotfixes -------------------------------------------------------------------------------


@register(
    "patch_installed",
    Value("installed", "the hotfix is|installed", "Hotfix が|適用済み"),
    Value(
        "superseded",
        "the hotfix is|superseded by a later one",
        "Hotfix が|後続の Hotfix に置換済み",
    ),
    Value("not_installed", "the hotfix is|not installed", "Hotfix が|未適用"),
    reads={"want": ["patches"]},
    patch_code=True,
)
def patch_installed(observation: Observation, arguments: Arguments) -> Reading:
    """Does Windows Installer have a patch on record as applied?"""
    patches, wanted = observation.part("patches"), arguments["patch_code"].upper()
    if not isinstance(patches, list) or observation.error("patches"):
        return unknown(observation, "patches")
    states = {p.get("state") for p in patches if str(p["patch_code"]).upper() == wanted}
    if 1 in states:
        return Reading("installed", f"patch {wanted} is applied")
    if states & {2, 4}:
        return Reading("superseded", f"patch {wanted} is superseded by a later one")
    if None in states or not all(isinstance(p["patch_code"], str) for p in patches):
        return Reading(UNKNOWN, f"patch {wanted}: a record of Windows Installer is incomplete")
    return Reading("not_installed", f"patch {wanted} is not on record")


@register(
    "hotfixes_installed",
    Value("all", "hotfixes installed:|all", "Hotfix が|すべて適用済み"),
    Value("some", "hotfixes installed:|some", "Hotfix が|一部未適用"),
    Value("none", "hotfixes installed:|none", "Hotfix が|未適用"),
    reads={"want": ["patches"]},
    hotfixes=True,
)
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


@register(
    "identity",
    Value(
        "as_planned",
        "the server is|the machine that the plan was made for",
        "サーバーが|計画の対象の機械",
    ),
    Value(
        "another", "the server is|another machine than planned", "サーバーが|計画の対象と異なる機械"
    ),
    reads={"want": ["system"]},
    within_change=True,
)
def identity(observation: Observation, _arguments: Arguments, context: Context) -> Reading:
    """Is the server that answers the machine that the plan was made for, by its computer name?"""
    planned = context.computer_name
    name = mapping(observation, "system").get("computer_name")
    if not isinstance(name, str) or not name:
        return unknown(observation, "system")
    if not planned:
        return Reading(UNKNOWN, f"{quote(name)} answers; the plan does not say whom it is for")
    if name.casefold() != planned.casefold():
        return Reading("another", f"{quote(name)} answers, the plan is for {quote(planned)}")
    return Reading("as_planned", f"{quote(name)} answers")
