"""The script `ft/observe`: the nodes of one system, the relay itself, and the owner's record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from ..ft import levels
from ..ft.jobs import Job, uninstaller
from ..ft.notice import notice, of_type
from ..ft.state import windows
from ..world import observe
from ..world.host import Host
from ..world.times import iso, parse
from .host import RelayHost
from .nodes import READ_SECONDS, Reached, find, late, refusal, refusal_by_rpc, silence

LANGUAGES = {"ja": 1041, "en": 1033}
VERSIONS = {"windows_2003": "5.2.3790", "windows_2000": "5.0.2195"}
_2000_PACK = 4
CLOCK_SECONDS = 300
_NOT_ASKED: dict[str, bool | None] = dict.fromkeys(("smb1", "ntlm", "rpc", "clock"))
HOTFIX_KEYS = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\HotFix\\"
LATER_UPDATE = "KB999999"  # invented, as is the update itself (HYP-FT-18)


async def ft_observe(
    host: Host, parameters: dict[str, Any], _pieces: AsyncIterator[bytes]
) -> dict[str, Any]:
    """Read what is asked for. Nodes are read side by side: the slowest one decides how long."""
    relay = cast("RelayHost", host)
    asked = parameters.get("nodes") or []
    await host.pause(max([_seconds(relay, node, parameters) for node in asked], default=0))
    nodes = {node["node"]: _node(relay, node, parameters) for node in asked}
    data: dict[str, Any] = {
        "nodes": nodes,
        "relay": _preflight(relay, nodes) if parameters.get("preflight") else dict(_NOT_ASKED),
        "owner": None,
        "files": {},
        "errors": {},
    }
    if parameters.get("owner") is not None:
        data["owner"] = {"text": relay.owners.get(parameters["owner"])}
    observe.read_files(host, {"files": parameters.get("files")}, data)
    return data


def _seconds(relay: RelayHost, given: dict[str, Any], parameters: dict[str, Any]) -> float:
    """Return how long one node takes to be read, or to be given up."""
    reached = find(relay, given)
    if reached is None:
        return float(parameters.get("probe_seconds") or 0)
    if "wmi_hangs" in reached.faults:
        return float(parameters.get("node_seconds") or 0) + READ_SECONDS
    return READ_SECONDS * (2 if reached.wmi_fails else 1)


def _preflight(relay: RelayHost, nodes: dict[str, dict[str, Any]]) -> dict[str, bool | None]:
    """Return what the relay has; of the network only as much as the nodes' answers show."""
    records = nodes.values()
    asked = [record for record in records if record["reachable"]]
    errors = [str(record["error"] or record["wmi_error"] or "") for record in asked]
    open_ports = [not error or error.startswith("access_denied:") for error in errors]
    shut = any(error.startswith("node_unreachable:") for error in errors)
    read = [record["system"]["clock_utc"] for record in records if record["system"]]
    apart = [abs((relay.now() - parse(clock)).total_seconds()) for clock in read if clock]
    return {
        "smb1": "smb1_missing" not in relay.missing,
        "ntlm": "ntlm_refused" not in relay.missing,
        "rpc": True if any(open_ports) else False if shut else None,
        "clock": max(apart) <= CLOCK_SECONDS if apart else None,
    }


def _node(relay: RelayHost, given: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Return one node's record; what was not read is null."""
    record: dict[str, Any] = {"source": "wmi", "error": None, "wmi_error": None, "by_rpc": []}
    record |= {**dict.fromkeys((*_PARTS, "later_updates", "file_renames")), "errors": {}}
    reached = find(relay, given)
    record["reachable"] = reached is not None
    if reached is None:
        return {**record, "error": f"node_unreachable: {silence(parameters.get('probe_seconds'))}"}
    refused = refusal(relay, reached, given)
    if "wmi_hangs" in reached.faults:
        refused = "deadline", late(parameters.get("node_seconds"))
    if refused is not None:
        record["error"] = ": ".join(refused)
        denied = refused[0] == "access_denied"
        return record if denied else _by_rpc(relay, reached, given, parameters, record)
    for part in parameters.get("want") or ():
        if part in _PARTS:
            record.update(_PARTS[part](reached, parameters))
        else:
            record["errors"][part] = f"unknown part: {part}"
    return record


def _by_rpc(
    relay: RelayHost,
    reached: Reached,
    given: dict[str, Any],
    parameters: dict[str, Any],
    record: dict[str, Any],
) -> dict[str, Any]:
    """Return the record of a node whose WMI fails, read the second way as far as that goes."""
    refused = refusal_by_rpc(relay, reached, given)
    if refused is not None:
        return {**record, "error": f"{record['error']}; rpc: {': '.join(refused)}"}
    read = {**record, "source": "rpc", "error": None, "wmi_error": record["error"]}
    for part in parameters.get("want") or ():
        why = _not_by_rpc(reached, part)
        if why is not None:
            read["errors"][part] = why
            continue
        read.update(_PARTS[part](reached, parameters))
        read["by_rpc"].append(part)
    if "updates" in read["by_rpc"]:
        read["by_rpc"].append("later_updates")
    if read["system"] is not None:
        read["system"] |= dict.fromkeys(_NOT_OVER_RPC)
    return read


# What of a node's Windows only WMI tells.
_NOT_OVER_RPC = ("start_record", "last_boot", "machine_uuid", "clock_utc")


def _not_by_rpc(reached: Reached, part: str) -> str | None:
    """Return why the second way does not tell a part, None where it does."""
    if "registry_stopped" in reached.faults and part != "events":
        return "the registry of the node: the state of its service RemoteRegistry is 1"
    states = [job_record(job)["state"] for job in reached.system.jobs.all(reached.node)]
    if part == "job" and {"running", "waiting"} & set(states):
        return "a job is noted as running or waiting; only WMI tells whether it still is"
    return None


def _system(reached: Reached, _parameters: dict[str, Any]) -> dict[str, Any]:
    system, node = reached.system, reached.node
    mine, kind = windows(system.state, node), system.jobs.kind
    language = system.jobs.language
    booted = system.booted(node)
    pack = mine.service_pack or (_2000_PACK if kind == "windows_2000" else 0)
    return {
        "system": {
            "computer_name": system.computer_name(node),
            "version": VERSIONS[kind],
            "service_pack": pack,
            "language": LANGUAGES[language],
            "start_record": system.start_records[node],
            "first_record": None,
            "last_record": None,
            "last_boot": iso(booted),
            "machine_uuid": str(system.uuid(node)).upper(),
            "clock_utc": iso(system.jobs.clock(node, system.clock.now())),
        }
    }


def _updates(reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return both signs of each update in the registry, its uninstaller, and what came later."""
    system = reached.system
    mine = windows(system.state, reached.node)
    known = of_type(system.jobs.kind)["updates_key"].lower()
    hotfix = (HOTFIX_KEYS + notice()["kb"]).lower()
    program = uninstaller(system.jobs.kind).lower()
    short = VERSIONS[system.jobs.kind][:3]
    found = {}
    for update in parameters.get("updates") or ():
        key = (update.get("keys") or {}).get(short)
        sign = update.get("hotfix_key")
        path = update.get("uninstaller")
        file = None if path is None else system.jobs.expand(path).lower()
        found[update["id"]] = {
            "updates_key": None if key is None else mine.kb and key.lower() == known,
            "hotfix_key": None if sign is None else mine.kb and sign.lower() == hotfix,
            "uninstaller": None if file is None else mine.kb and mine.spuninst and file == program,
        }
    beside = mine.other and any(entry["hotfix_key"] for entry in found.values())
    return {"updates": found, "later_updates": [{"id": LATER_UPDATE}] if beside else []}


def _files(reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    there = reached.system.node(reached.node)["files"]
    return {"files": {name: there.get(name) for name in parameters.get("system_files") or ()}}


def _fix_level(reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what is recorded at the place that is asked for; "" where nothing is."""
    asked = parameters.get("fix_level")
    if asked is None:
        return {"fix_level": None}
    mine = windows(reached.system.state, reached.node)
    told = ""
    if mine.fix and _same_place(asked, fix_level_place(reached.system.description)):
        told = f"{fix_line(reached.system.jobs.kind)} {levels.text(mine.fix)}"
    return {"fix_level": {"text": told}}


def fix_level_place(description: dict[str, Any]) -> dict[str, Any] | None:
    """Return where a system's nodes record the fix's level (HYP-FT-20)."""
    place: dict[str, Any] | None = description.get("fix_level", DEFAULT_PLACE)
    return place


DEFAULT_PLACE = {"source": "registry", "key": r"SOFTWARE\Lab\Endurance", "value": "FixLevel"}


def fix_line(kind: str) -> str:
    """Return what stands before the level, as the notice writes it."""
    return "V6 緊急修正" if kind == "windows_2003" else "V5 緊急修正#001"


def _same_place(asked: dict[str, Any], place: dict[str, Any] | None) -> bool:
    if place is None or asked.get("source") != place["source"]:
        return False
    keys = ("key", "value") if place["source"] == "registry" else ("path",)
    return all(str(asked.get(key)).lower() == str(place[key]).lower() for key in keys)


def _restart_pending(reached: Reached, _parameters: dict[str, Any]) -> dict[str, Any]:
    waits = windows(reached.system.state, reached.node).restart_pending
    renames = reached.system.renames[reached.node]
    return {"restart_pending": waits, "file_renames": renames + (2 if waits else 0)}


def _job(reached: Reached, _parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the job that matters most: one that may still act, else one that has ended."""
    order = ("running", "waiting", "finished")
    jobs = [job_record(job) for job in reached.system.jobs.all(reached.node)]
    jobs = [job for job in jobs if job["state"] in order]
    nothing = {"state": "none", **dict.fromkeys(_JOB_PARTS)}
    return {"job": min(jobs, key=lambda job: order.index(job["state"]), default=nothing)}


_JOB_PARTS = (
    "name", "operation", "update", "exit_code", "started_utc", "ended_utc", "start_record",
)  # fmt: skip


def job_record(job: Job) -> dict[str, Any]:
    """Return a job as the registry of its node shows it; a killed one has no exit code."""
    return {
        "state": "finished" if job.state == "killed" else job.state,
        "name": job.name,
        "operation": job.operation,
        "update": job.update,
        "exit_code": job.exit_code,
        "started_utc": job.started,
        "ended_utc": job.ended,
        "start_record": job.start_record,
    }


def _events(reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the System log's entries since a time, newest first, no more than asked for."""
    bounds = parameters.get("events")
    if bounds is None:
        return {"events": None}
    since, newest = parse(bounds["since"]), int(bounds["newest"])
    clock = reached.system.jobs.clock
    logged = [
        (clock(reached.node, parse(entry["utc"])), entry["text"])
        for entry in reached.system.events(reached.node)
    ]
    shown = [{"utc": iso(at), "text": text} for at, text in reversed(logged) if at >= since]
    return {"events": {"entries": shown[:newest], "truncated": len(shown) > newest}}


_PARTS: dict[str, Callable[[Reached, dict[str, Any]], dict[str, Any]]] = {
    "system": _system,
    "updates": _updates,
    "files": _files,
    "fix_level": _fix_level,
    "restart_pending": _restart_pending,
    "job": _job,
    "events": _events,
}
