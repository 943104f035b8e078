"""The script `ft_observe`: the nodes of one system, the relay itself, and the owner's record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, cast

from ..ft import levels
from ..ft.notice import of_type
from ..ft.state import windows
from ..world import observe
from ..world.host import Host
from ..world.texts import text
from ..world.times import dmtf, iso, parse
from .nodes import READ_SECONDS, Reached, find, knows

if TYPE_CHECKING:
    from .host import RelayHost

LANGUAGES = {"ja": 1041, "en": 1033}
VERSIONS = {"windows_2003": "5.2.3790", "windows_2000": "5.0.2195"}
OFFSET_MINUTES = {"ja": 540, "en": 0}
_2000_PACK = 4
LATER_UPDATE = "KB999999"  # invented, as is the update itself (HYP-FT-18)


async def ft_observe(
    host: Host, parameters: dict[str, Any], _pieces: AsyncIterator[bytes]
) -> dict[str, Any]:
    """Read what is asked for. Nodes are read side by side: the slowest one decides how long."""
    relay = cast("RelayHost", host)
    asked = parameters.get("nodes") or []
    await host.pause(max([_seconds(relay, node, parameters) for node in asked], default=0))
    data: dict[str, Any] = {
        "nodes": {node["node"]: _node(relay, node, parameters) for node in asked},
        "relay": _preflight(relay, bool(parameters.get("preflight"))),
    }
    if parameters.get("owner"):
        data["owner"] = {"text": relay.owners.get(parameters["owner"])}
    observe.read_files(host, {"files": parameters.get("files")}, data)
    return data


def _seconds(relay: RelayHost, given: dict[str, Any], parameters: dict[str, Any]) -> float:
    """Return how long one node takes to be read, or to be given up."""
    reached = find(relay, given)
    if reached is None:
        return float(parameters.get("probe_seconds") or 0)
    if "wmi_hangs" in reached.faults:
        return float(parameters.get("node_seconds") or 0)
    return READ_SECONDS


def _preflight(relay: RelayHost, asked: bool) -> dict[str, bool | None]:
    lacks = {"smb1": "smb1_missing", "ntlm": "ntlm_refused"}
    lacks |= {"rpc": "rpc_blocked", "clock": "clock_wrong"}
    return {part: fault not in relay.missing if asked else None for part, fault in lacks.items()}


def _node(relay: RelayHost, given: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Return one node's record."""
    reached = find(relay, given)
    if reached is None:
        return {"reachable": False, "source": "wmi", "error": None}
    error = None
    if "wmi_hangs" in reached.faults:
        error = f"deadline: no answer within {parameters.get('node_seconds')} seconds"
    elif not knows(relay, reached, given):
        error = f"access_denied: {text('access_denied', relay.language)}"
    elif "wmi_dead" in reached.faults:
        error = f"wmi: {text('rpc_unavailable', relay.language)}"
    record: dict[str, Any] = {"reachable": True, "source": "wmi", "error": error, "errors": {}}
    for part, read in _PARTS.items():
        if error is None and part in (parameters.get("want") or ()):
            record.update(read(reached, parameters))
    return record


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
            "boot_token": dmtf(booted, OFFSET_MINUTES[language]),
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
    short = VERSIONS[system.jobs.kind][:3]
    found = {}
    for update in parameters.get("updates") or ():
        asked = str((update.get("keys") or {}).get(short, "")).lower()
        there = mine.kb and asked == known
        found[update["id"]] = {
            "updates_key": there,
            "hotfix_key": there,
            "uninstaller": there and mine.spuninst,
        }
    return {"updates": found, "later_updates": [{"id": LATER_UPDATE}] if mine.other else []}


def _files(reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    there = reached.system.node(reached.node)["files"]
    return {"files": {name: there.get(name) for name in parameters.get("system_files") or ()}}


def _fix_level(reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what is recorded at the place that is asked for; "" where nothing is."""
    asked = parameters.get("fix_level")
    if asked is None:
        return {}
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
    return {"restart_pending": windows(reached.system.state, reached.node).restart_pending}


def _job(reached: Reached, _parameters: dict[str, Any]) -> dict[str, Any]:
    """Return our latest job on the node."""
    jobs = reached.system.jobs.all(reached.node)
    if not jobs:
        return {"job": {"state": "none"}}
    job = jobs[-1]
    return {
        "job": {
            "state": "finished" if job.state == "killed" else job.state,
            "name": job.name,
            "operation": job.operation,
            "update": job.update,
            "exit_code": job.exit_code,
            "started_utc": job.started,
            "ended_utc": job.ended,
        }
    }


def _events(reached: Reached, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the System log's entries since a time, newest first, no more than asked for."""
    bounds = parameters.get("events")
    if bounds is None:
        return {}
    since, newest = parse(bounds["since"]), int(bounds["newest"])
    entries = [e for e in reached.system.events(reached.node) if parse(e["utc"]) >= since]
    shown = [{"utc": e["utc"], "text": e["text"]} for e in reversed(entries)]
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
