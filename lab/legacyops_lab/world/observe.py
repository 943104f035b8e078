"""The script `observe`: the host's state as one reading."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from . import trust
from .certificates import hash_text
from .files import File
from .host import Host
from .owner import THIS_SERVER
from .texts import text
from .times import iso

OS_LANGUAGES = {"ja": 1041, "en": 1033}
CLR = {"2.0": "2.0.50727.4253", "3.0": "4.0.30319.17929", "5.1": "4.0.30319.42000"}
EVENTS_SHOWN = 20


def _system(host: Host) -> dict[str, Any]:
    powershell = host.powershell or ""
    return {
        "computer_name": host.name.upper(),
        "domain": host.domain,
        "caption": f"Microsoft® Windows Server® 2008 {host.updates.edition.capitalize()}",
        "version": f"6.0.{host.updates.build}",
        "build": host.updates.build,
        "product_type": 3,
        "service_pack": host.updates.service_pack,
        "architecture": host.architecture,
        "language": OS_LANGUAGES[host.language],
        "oem_code_page": host.code_page,
        "powershell": powershell,
        "clr": CLR.get(powershell, CLR["2.0"]),
        **start_signs(host),
    }


def start_signs(host: Host) -> dict[str, Any]:
    """Return what tells one start from the next; of the log nothing where it cannot be read."""
    signs = host.clock.signs()
    if host.clock.unreadable:
        signs |= dict.fromkeys(("start_record", "first_record", "last_record"))
    return signs


def _clock(host: Host) -> dict[str, Any]:
    return {"utc": iso(host.now()), "offset_minutes": host.clock.offset_minutes}


def _stores(host: Host) -> dict[str, Any]:
    return {store: host.trust.records(store) for store in trust.STORES}


def _root_update(host: Host) -> dict[str, Any]:
    return {"policy_value": host.trust.policy_value}


def _root_update_events(host: Host) -> list[dict[str, Any]]:
    events = host.trust.events[:EVENTS_SHOWN]
    return [{"id": event["id"], "utc": event.get("utc")} for event in events]


def product_code(host: Host) -> str:
    """Return the (invented) product code of the host's XenApp."""
    digits = hash_text(f"legacyops-lab product {host.product}", "md5")
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "{" + "-".join(parts) + "}"


def _products(host: Host) -> list[dict[str, Any]]:
    if not host.product_name:
        return []
    code = product_code(host)
    return [{"product_code": code, "name": host.product_name, "version": "5.0.0"}]


def _patches(host: Host) -> list[dict[str, Any]]:
    return [
        {
            "patch_code": code,
            "product_code": product_code(host),
            "display_name": patch["display_name"],
            "state": 1,
            "install_date": patch.get("install_date"),
        }
        for code, patch in sorted(host.installer.patches.items())
    ]


def _sessions(host: Host) -> dict[str, Any]:
    return host.sessions.record()


def _pending_restart(host: Host) -> dict[str, Any]:
    return {
        "file_renames": host.file_renames,
        "component_servicing": host.updates.pending,
        "windows_update": host.updates.pending,
    }


def _installer(host: Host) -> dict[str, Any]:
    return {"in_progress": host.installer.in_progress}


def _ima(host: Host) -> dict[str, Any]:
    return {"currently_loading_plugin": host.services.loading_plugin()}


def _disk(host: Host) -> dict[str, Any]:
    return {"system_drive": "C:", "free_bytes": 0 if host.disk_full else host.free_bytes}


def _servicing_stack(host: Host) -> dict[str, Any]:
    return {"versions": list(host.updates.stacks)}


def _registry_value(host: Host, key: str, name: str) -> dict[str, Any]:
    by_name = {place.lower(): value for place, value in host.updates.registry.items()}
    value = by_name.get(f"{key}\\{name}".lower())
    return {"exists": value is not None, "value": value, "error": None}


def _owner(host: Host) -> dict[str, Any]:
    return {"text": host.owners.get(THIS_SERVER)}


_PARTS: dict[str, Callable[[Host], Any]] = {
    "system": _system,
    "clock": _clock,
    "stores": _stores,
    "root_update": _root_update,
    "root_update_events": _root_update_events,
    "products": _products,
    "patches": _patches,
    "sessions": _sessions,
    "pending_restart": _pending_restart,
    "installer": _installer,
    "ima": _ima,
    "disk": _disk,
    "servicing_stack": _servicing_stack,
    "owner": _owner,
}


async def observe(
    host: Host, parameters: dict[str, Any], _pieces: AsyncIterator[bytes]
) -> dict[str, Any]:
    """Read what is asked for; chains are built last, since that may change the stores."""
    data: dict[str, Any] = {}
    for part in parameters.get("want") or ():
        if part in _PARTS:
            data[part] = _PARTS[part](host)
        else:
            data[part] = None
            data.setdefault("errors", {})[part] = f"unknown part: {part}"
    names = parameters.get("services")
    if names:
        data["services"] = {name: host.services.record(name) for name in names}
    updates = parameters.get("windows_updates")
    if updates:
        data["windows_updates"] = {name: host.updates.record(name) for name in updates}
    wanted = parameters.get("registry")
    if wanted:
        data["registry"] = {
            f"{each['key']}\\{each['name']}": _registry_value(host, each["key"], each["name"])
            for each in wanted
        }
    read_files(host, parameters, data)
    chains = [path for wanted in parameters.get("chains") or () for path in _found(host, wanted)]
    for name in parameters.get("service_chains") or ():
        path = _executable(host.services.record(name)["path"])
        chains += [path] if path else []
    if chains:
        data["chains"] = {path: await _chain(host, path) for path in chains}
    jobs = parameters.get("jobs")
    if jobs:
        data["jobs"] = {name: host.jobs.record(name) for name in jobs}
    return data


def read_files(host: Host, parameters: dict[str, Any], data: dict[str, Any]) -> None:
    """Read the files that are named, and the executables of services."""
    wanted = list(parameters.get("files") or ())
    modules = {}
    for name in parameters.get("service_modules") or ():
        modules[name] = path = _executable(host.services.record(name)["path"])
        if path is not None:
            wanted.append({"path": path, "hash": True, "signature": True})
    if parameters.get("service_modules"):
        data["service_modules"] = modules
    if wanted:
        data["files"] = {}
    for want in wanted:
        for path, file in _found(host, want["path"]).items():
            data["files"][path] = _file(file, want) if file else _no_file(host, want)


def _executable(line: str | None) -> str | None:
    """Return the program of a service's command line."""
    if line is None:
        return None
    return line.split('"')[1] if line.startswith('"') else line.split(" ")[0]


def _found(host: Host, path: str) -> dict[str, File | None]:
    """Return the files that a path stands for; a plain path under its own text."""
    if "*" not in path and "?" not in path:
        return {path: host.files.get(path)}
    return {file.path: file for file in host.files.find(path)} or {path: None}


def _file(file: File, want: dict[str, Any]) -> dict[str, Any]:
    """Return a file as an observation shows it."""
    return {
        "exists": True,
        "size": file.size,
        "sha256": file.sha256 if want.get("hash") else None,
        "signature": file.signature_record() if want.get("signature") else None,
        "error": None,
    }


def _no_file(host: Host, want: dict[str, Any]) -> dict[str, Any]:
    """Return what is seen of a file that is not there, or on a share out of reach."""
    remote = want["path"].startswith("\\\\")
    error = text("network_path", host.language) if remote else None
    return {"exists": False, "size": None, "sha256": None, "signature": None, "error": error}


async def _chain(host: Host, path: str) -> dict[str, Any]:
    """Build the chain of a file on the host."""
    file = host.files.get(path)
    if file is None:
        return _no_chain("file not found")
    verification = host.trust.verify(file)
    if verification is None:
        return _no_chain("the file has no signature")
    if not verification.chain.ok and host.trust.would_wait():
        await host.pause(trust.OFFLINE_SECONDS)
    return verification.record()


def _no_chain(reason: str) -> dict[str, Any]:
    """Return the record of a chain that could not be built."""
    return {
        "ok": False,
        "status": None,
        "elements": [],
        "verification_time": None,
        "roots_added": [],
        "error": reason,
    }
