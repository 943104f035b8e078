# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A XenApp server made of plain data, for the tests of the core."""

from __future__ import annotations

import copy
import sys
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import advisory as advisories
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.context import Context, Place
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from start_signs import start

NOW = "2026-11-22T05:00:00Z"
SIGNED = "2012-03-01T00:00:00Z"
PACKAGE = r"C:\Hotfix\XAJ500W2K8X64001.msp"
MODULE = r"C:\Program Files (x86)\Citrix\System32\Citrix\IMA\ImaSrv.exe"
HASH = "AB" * 32
PATCH = "{11111111-2222-3333-4444-555555555555}"
G5_SHA256 = "9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF"
G5_NAME = "B9E9B287028503F8ECA5FB42E13E0F49C72426E2"


def cert(
    name: str,
    issuer: str | None = None,
    *,
    until: str = "2036-07-16T23:59:59Z",
    sha256: str | None = None,
    subject_hash: str | None = None,
) -> dict[str, Any]:
    """Return a certificate's record; names stand for the hashes of names."""
    issuer = issuer or name
    return {
        "thumbprint": f"T-{name}-{issuer}",
        "sha256": sha256 or f"S-{name}-{issuer}",
        "subject": f"CN={name}",
        "issuer": f"CN={issuer}",
        "subject_hash": subject_hash or (G5_NAME if name == "G5" else f"N-{name}"),
        "issuer_hash": subject_hash or (G5_NAME if issuer == "G5" else f"N-{issuer}"),
        "serial": "01",
        "not_before": "2006-01-01T00:00:00Z",
        "not_after": until,
        "key_id": None,
    }


G5 = cert("G5", sha256=G5_SHA256)
CROSS = cert("G5", "Class 3", until="2021-11-07T23:59:59Z")
OLD_ROOT = cert("Class 3", until="2028-08-01T23:59:59Z")
INTERMEDIATE = cert("Code Signing 2010", "G5", until="2020-02-07T23:59:59Z")
SIGNER = cert("Citrix Systems, Inc", "Code Signing 2010", until="2014-01-01T00:00:00Z")
TSA_ROOT = cert("Thawte Timestamping CA", until="2020-12-31T23:59:59Z")
TSA = cert("Timestamp", "Thawte Timestamping CA", until="2017-01-01T00:00:00Z")


def signature() -> dict[str, Any]:
    """Return the signature of a package of the notice: timestamped, under the G5."""
    return {
        "state": "signed",
        "hash_status": 0,
        "signer": SIGNER,
        "certificates": [SIGNER, INTERMEDIATE],
        "timestamp": {"utc": SIGNED, "signer": TSA, "certificates": [TSA]},
    }


def file(sha256: str | None = None) -> dict[str, Any]:
    """Return a signed file's record."""
    return {
        "exists": True,
        "size": 1000,
        "sha256": sha256,
        "signature": signature(),
        "error": None,
    }


def missing() -> dict[str, Any]:
    """Return the record of a file that is not there."""
    return {"exists": False, "size": None, "sha256": None, "signature": None, "error": None}


def data(*, root: bool = True, installed: bool = False) -> dict[str, Any]:
    """Return a healthy server's data; its modules are of the notice's kind once it is installed."""
    module = file()
    if not installed:
        module["signature"]["signer"] = cert("Citrix 2008", "Class 3", until="2010-01-01T00:00:00Z")
        module["signature"]["certificates"] = []
        module["signature"]["timestamp"]["utc"] = "2008-09-01T00:00:00Z"
    return copy.deepcopy(
        {
            "system": {
                "computer_name": "XA01",
                "caption": "Microsoft Windows Server 2008 Standard",
                "version": "6.0.6002",
                "product_type": 3,
                "architecture": "x64",
                "start_record": 4000,
                "last_boot": "2026-11-01T00:00:00Z",
                "clock_utc": NOW,
            },
            "clock": {"utc": NOW, "offset_minutes": 540},
            "stores": {
                "root": [OLD_ROOT, TSA_ROOT, *([G5] if root else [])],
                "auth_root": [],
                "enterprise_root": [],
                "policy_root": [],
                "intermediate": [],
                "disallowed": [],
            },
            "root_update": {"policy_value": 1},
            "root_update_events": [],
            "patches": [{"patch_code": PATCH, "product_code": "{P}", "state": 1}]
            if installed
            else [],
            "services": {
                "IMAService": {"exists": True, "state": "Running", "start_mode": "Auto"},
            },
            "ima": {"currently_loading_plugin": None},
            "sessions": {
                "drain_mode": 0,
                "logons_disabled": False,
                "list": [
                    {"id": 0, "state": 4, "user": "", "name": "Services"},
                    {"id": 1, "state": 1, "user": "", "name": "Console"},
                    {"id": 65536, "state": 6, "user": "", "name": "ICA-TCP"},
                ],
            },
            "pending_restart": {
                "file_renames": 0,
                "component_servicing": False,
                "windows_update": False,
            },
            "installer": {"in_progress": False},
            "disk": {"system_drive": "C:", "free_bytes": 20_000_000_000},
            "owner": {"change": "CHG-1", "run": "controller:1"},
            "files": {PACKAGE: file(HASH), MODULE: module},
            "service_modules": {"IMAService": MODULE},
            "jobs": {"msp-" + "1" * 8 + "2" * 4 + "3" * 4 + "4" * 4 + "5" * 12: {"exists": False}},
            "errors": {},
        }
    )


def observation(host: str = "xa01", **parts: Any) -> Observation:
    """Return an observation of a server; parts replace parts of its data."""
    flags = {k: parts.pop(k) for k in ("root", "installed") if k in parts}
    return Observation(host, NOW, "test", {**data(**flags), **parts})


def settings(**changed: Any) -> dict[str, Any]:
    """Return a server's settings, valid ones."""
    return {
        "product": "xenapp_5.0_x64",
        "hotfixes": [{"id": "XAJ001", "package": PACKAGE, "sha256": HASH, "patch_code": PATCH}],
        "silo": "office",
        "data_store_backup": {"taken": NOW, "by": "Sato", "where": "tape 7"},
        **changed,
    }


def context(*hosts: str, places: Any = None, **changed: Any) -> Context:
    """Return the context of the first host in an open change in which nothing has begun.

    The hosts share one silo, and all serve. places: host -> what is otherwise of it.
    """
    hosts = hosts or ("xa01",)
    place = {"status": "not_begun", "silo": "office", "wave": 0, "serving": True}
    given = {
        "change": "CHG-1",
        "run": "controller:1",
        "approved": True,
        "window_open": True,
        "failure_budget": 0,
        "hosts": {h: Place(**{**place, **(places or {}).get(h, {})}) for h in hosts},
        "computer_name": hosts[0].upper(),
        **changed,
    }
    return Context(**given)


def chain(status: int = 1) -> dict[str, Any]:
    """Return a chain as the host built it; 1 is NotTimeValid."""
    return {
        "ok": status == 0,
        "status": status,
        "elements": [{"thumbprint": "T", "status": status}],
        "verification_time": NOW,
        "roots_added": [],
    }


FT_NODES = ("coserver1", "coserver2", "ftvirtual")
FILES = {
    "2003": {
        "ntoskrnl.exe": "5.2.3790.280",
        "win32k.sys": "5.2.3790.284",
        "winsrv.dll": "5.2.3790.274",
    },
    "2000": {
        "ntoskrnl.exe": "5.00.2195.7035",
        "win32k.sys": "5.00.2195.7034",
        "winsrv.dll": "5.00.2195.7029",
    },
}
OLD_FILES = {
    "2003": dict.fromkeys(FILES["2003"], "5.2.3790.175"),
    "2000": dict.fromkeys(FILES["2000"], "5.00.2195.6992"),
}
LINES = {"2003": "V6 緊急修正", "2000": "V5 緊急修正#001"}
VERSIONS = {"2003": ("5.2.3790", 0), "2000": ("5.0.2195", 4)}


def ft_form(**changed: Any) -> dict[str, Any]:
    """Return the form of an FT system, a valid one."""
    nodes = {
        name: {
            "name": name.upper(),
            "address": f"192.0.2.{number}",
            "access": "relay",
            "credentials": "ft01",
        }
        for number, name in enumerate(FT_NODES, 11)
    }
    backup = {"taken": NOW, "by": "Sato", "where": "tape 7"}
    return copy.deepcopy(
        {
            "model": "PGT20126F2",
            **nodes,
            "endurance": {"driver": "operator"},
            "fix_level": {"source": "operator"},
            "contacts": {"operator": "Sato 1", "owner": "Suzuki 2", "vendor": "Fujitsu 3"},
            "backups": dict.fromkeys(FT_NODES, backup),
            "windows_update": {"package": r"C:\Hotfix\kb.exe", "sha256": "AA" * 32},
            "vendor_fix": {
                "package": r"C:\Hotfix\fix.exe",
                "sha256": "BB" * 32,
                "level": "V1.0L40",
                "switches": ["/q"],
                "steps": [
                    *(f"install {name}" for name in FT_NODES),
                    *(f"restart {name}" for name in FT_NODES),
                ],
            },
            "accepted": {"unreadable": "Sato"},
            **changed,
        }
    )


def ft_node(
    name: str = "coserver1",
    windows: str = "2003",
    *,
    kb: bool = False,
    fix: str = "",
    **changed: Any,
) -> dict[str, Any]:
    """Return the record of a node that answers."""
    version, pack = VERSIONS[windows]
    return {
        "reachable": True,
        "source": "wmi",
        "system": {
            "computer_name": name.upper(),
            "version": version,
            "service_pack": pack,
            **start(1),
        },
        "updates": {"KB890859": {"updates_key": kb, "hotfix_key": kb, "uninstaller": kb}},
        "files": dict(FILES[windows] if kb else OLD_FILES[windows]),
        "later_updates": [],
        "fix_level": {"text": f"{LINES[windows]} {fix}" if fix else ""},
        "restart_pending": False,
        "job": {"state": "none"},
        "events": {"entries": []},
        **changed,
    }


DARK = {"colour": "dark_green"}
FAIL = {"state": "Fail"}


def ft_endurance(one: Any = DARK, two: Any = DARK, **changed: Any) -> list[dict[str, Any]]:
    """Return what Endurance Manager shows; the mirrors and the icon follow the two sides."""
    both = DARK if one == two == DARK else {"state": "Degraded"}
    components = {
        "virtual_server1": one,
        "virtual_server2": two,
        "coserver1": both,
        "coserver2": both,
        "ftvirtual": both,
        "mirror1": both,
        "mirror2": both,
        **changed,
    }
    return [{"source": "operator", "components": components}]


def ft_data(
    windows: str = "2003", *, kb: Any = False, fix: str = "", **parts: Any
) -> dict[str, Any]:
    """Return the data of a system that runs; kb: on all nodes, or on those named."""
    has = kb if isinstance(kb, tuple | list) else FT_NODES if kb else ()
    return {
        "nodes": {n: ft_node(n, windows, kb=n in has, fix=fix) for n in FT_NODES},
        "power": {n: {"driver": "operator", "state": "on"} for n in FT_NODES[:2]},
        "endurance": ft_endurance(),
        "relay": {"smb1": True, "ntlm": True, "rpc": True, "clock": True},
        "owner": {"change": "CHG-1", "run": "1"},
        "packages": {"AA" * 32: {"by": "Sato"}, "BB" * 32: {"by": "Sato"}},
        **parts,
    }


def ft_failed(
    windows: str = "2003", *, kb: Any = True, fix: str = "", **parts: Any
) -> dict[str, Any]:
    """Return the data of a system of which the FTvirtual Server is down, both sides failed."""
    data = ft_data(windows, kb=kb, fix=fix, **{"endurance": ft_endurance(FAIL, FAIL), **parts})
    data["nodes"]["ftvirtual"] = {"reachable": False}
    return data


def ft_observation(data: dict[str, Any]) -> Observation:
    """Return an observation of an FT system."""
    return Observation("ft01", NOW, "test", data)


def ft_context(**changed: Any) -> Context:
    """Return the context of an FT system in a change of its own."""
    return context("ft01", **{"run": "1", **changed})


@pytest.fixture(scope="session")
def kit() -> ModuleType:
    """Return this module: the parts of which tests make their servers."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def kb890859() -> advisories.Advisory:
    """Return the advisory on FT systems that comes with the collection."""
    return advisories.load_advisories([advisories.bundled_folder()])["kb890859_tx200ft"]


@pytest.fixture(scope="session")
def ctx130025() -> advisories.Advisory:
    """Return the advisory that comes with the collection."""
    return advisories.load_advisories([advisories.bundled_folder()])["ctx130025"]
