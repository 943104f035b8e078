# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: the inventory's variables without the prefix legacyops_, their defaults and rules."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from .backups import KEYS, MAX_DAYS, no_date
from .ft.drivers import key_name, text_fault
from .ft.reported import wrong_words
from .ft.system import completed, validate_ft_system
from .order import wrong_batches

Settings = Mapping[str, Any]

# Settings without an entry here have no default: what no source gives, the site must say.
DEFAULTS: Final[dict[str, Any]] = {
    "advisories": None,
    "product": None,
    "hotfixes": [],
    "farm": None,
    "farm_members": None,
    "zone": None,
    "silo": None,
    "farm_role": "member",
    "data_store_host": False,
    "data_store_position": None,
    "minimum_capacity_percent": 50,
    "single_server_silo": None,
    "minimum_free_mb": None,
    # What Kerberos tolerates where nobody has set it otherwise.
    "clock_tolerance_seconds": 300,
    "renames_accepted_by": None,
    "failure_budget": 0,
    "batches": [],
    "soak_minutes": 0,
    "remedy": None,
    "root_sha256": None,
    "root_source": None,
    "data_store_backup": None,
    "backup_max_days": None,
    "drain_method": "change_logon",
    "forced_logoff": False,
    "ima_modules": [],
    "run_as": "system",
    "change_id": None,
    "change_dir": None,
    "deadlines": {
        "drain_seconds": 4 * 3600,
        "install_seconds": 3600,
        "ima_seconds": 1800,
        "restart_seconds": 1800,
    },
    "stable_seconds": 60,
    "poll_seconds": 15,
    "ft_system": None,
    "ft_other_updates": [],
    "ft_events_days": 30,
    "ft_deadlines": {
        # A start may hold a chkdsk of hours, a copy of a mirror set half a day.
        "start_seconds": 8 * 3600,
        "shutdown_seconds": 1800,
        "update_seconds": 3600,
        "enable_seconds": 1800,
        "mirror_seconds": 24 * 3600,
        "operator_seconds": 8 * 3600,
    },
}
KNOWN_SETTINGS: Final = frozenset(DEFAULTS)
# Bound by the planner while it expands an advisory, not by the inventory.
HOTFIX_KEYS: Final = frozenset({"id", "package", "sha256", "patch_code", "source"})
# What for_each repeats over: the name an item is bound to, and its keys.
LOOPS: Final[dict[str, frozenset[str]]] = {
    "hotfix": HOTFIX_KEYS,
    "fix_step": frozenset({"id", "do", "node"}),
}
ROLES: Final = ("test", "most_preferred_data_collector", "backup_data_collector", "member")

_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_GUID: Final = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")


def effective(settings: Settings, advisory_defaults: Settings | None = None) -> dict[str, Any]:
    """Return settings over the advisory's defaults over the core's; None does not override.

    A number may be text: the command line's -e NAME=1 makes it so.
    """
    result = dict(DEFAULTS)
    for source in (advisory_defaults or {}, settings):
        for name, value in source.items():
            if value is None and name in result:
                continue
            if isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
                value = {**result[name], **value}
            default = DEFAULTS.get(name)
            number = isinstance(default, int) and not isinstance(default, bool)
            if number and isinstance(value, str) and value.isdecimal():
                value = int(value[:9])
            result[name] = value
    if isinstance(result["ft_system"], Mapping):
        result["ft_system"] = completed(result["ft_system"])
    return result


def validate_settings(
    settings: Settings, credentials: Any = None, *, complete: bool = True
) -> list[str]:
    """Return what is wrong with a server's settings, one sentence each that says what to do.

    credentials: an FT system's legacyops_ft_credentials, which are no setting (None: not
    compared). complete: what only a plan needs must be there too. Whether the product is one that
    an advisory knows is not judged here (select_advisories).
    """
    full = effective(settings)
    if full["ft_system"] is not None:
        return [
            *_no_product(full),
            *validate_ft_system(settings["ft_system"], credentials, complete=complete),
            *_ft_deadlines(full),
            *_ft_other_updates(full),
            *wrong_words(settings.get("ft_said")),
            *_budget_and_poll(full),
            *_backup_age(full),
            *_rollout(full),
        ]
    # What is not there yet, an advisory's findings tell.
    hotfixes = [_hotfixes] if complete or full["hotfixes"] else []
    backup = [_backup] if complete or full["data_store_backup"] else []
    rules: list[Callable[[dict[str, Any]], list[str]]] = [
        _identity,
        *hotfixes,
        *backup,
        _choices,
        _numbers,
        _backup_age,
        _modules,
        _root,
        _rollout,
    ]
    return [sentence for rule in rules for sentence in rule(full)]


# What holds users and hosts safe: an advisory's default may only be safer than the core's.
_SAFER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "failure_budget": operator.le,
    "forced_logoff": operator.le,
    "minimum_capacity_percent": operator.ge,
    "soak_minutes": operator.ge,
}
# What only the site knows, or may take upon itself.
_THE_SITES: Final = frozenset(
    {
        "advisories",
        "backup_max_days",
        "batches",
        "change_dir",
        "change_id",
        "data_store_backup",
        "data_store_host",
        "data_store_position",
        "farm",
        "farm_members",
        "farm_role",
        "ft_system",
        "hotfixes",
        "product",
        "silo",
        "single_server_silo",
        "zone",
    }
)


def wrong_defaults(defaults: Settings) -> list[tuple[str, str]]:
    """Return what an advisory must not say in its defaults: the setting, and why.

    They are judged as if they stood in the inventory, and may not take away what protects.
    """
    wrong = [
        (name, "is the site's to say; remove it")
        for name, value in defaults.items()
        if name in _THE_SITES and value is not None
    ]
    full = effective({}, {k: v for k, v in defaults.items() if k not in _THE_SITES})
    rules = (_choices, _numbers, _modules, _root, _rollout, _ft_deadlines, _ft_other_updates)
    sentences = [sentence for rule in rules for sentence in rule(full)]
    wrong += [
        (name, sentence)
        for name in defaults
        for sentence in sentences
        if re.search(rf"legacyops_{re.escape(str(name))}\b", sentence)
    ]
    if not wrong:
        wrong += [
            (name, f"may not be less safe than without it ({DEFAULTS[name]!r}); remove it")
            for name, safer in _SAFER.items()
            if not safer(full[name], DEFAULTS[name])
        ]
    return wrong


def _identity(s: dict[str, Any]) -> list[str]:
    wrong = []
    if not isinstance(s["product"], str) or not s["product"]:
        wrong.append("legacyops_product is not given: name the server's product.")
    for name in ("farm", "silo", "zone"):
        if s[name] is not None and not isinstance(s[name], str):
            wrong.append(f"legacyops_{name} must be a name (text).")
    members = s["farm_members"]
    names = isinstance(members, list) and members and all(isinstance(m, str) for m in members)
    if members is not None and not names:
        wrong.append(
            "legacyops_farm_members must be a list: the inventory names of all servers of the farm."
        )
    return wrong


def _hotfixes(s: dict[str, Any]) -> list[str]:
    hotfixes = s["hotfixes"]
    if not isinstance(hotfixes, list) or not hotfixes:
        return ["legacyops_hotfixes is empty: list each hotfix (id, package, sha256, patch_code)."]
    wrong: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for number, hotfix in enumerate(hotfixes, 1):
        if not isinstance(hotfix, Mapping):
            wrong.append(f"Entry {number} of legacyops_hotfixes must have id, package, sha256, …")
            continue
        name = str(hotfix.get("id") or f"number {number}")
        wrong += [f"Hotfix {name}: {text}" for text in _hotfix(hotfix)]
        for key in ("id", "patch_code", "package"):
            value = str(hotfix.get(key) or "").casefold()
            if value and (key, value) in seen:
                other = seen[key, value]
                wrong.append(f"Hotfixes {other} and {name} have the same {key}: correct one.")
            seen.setdefault((key, value), name)
    return wrong


def _hotfix(hotfix: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with one hotfix."""
    wrong = [f"{key} is unknown: remove it." for key in sorted(hotfix.keys() - HOTFIX_KEYS)]
    if not isinstance(hotfix.get("id"), str) or not hotfix.get("id"):
        wrong.append("id is missing: give it a name.")
    if not _SHA256.fullmatch(str(hotfix.get("sha256") or "")):
        wrong.append("sha256 must be the 64 hexadecimal digits of the package's SHA-256.")
    if not _GUID.fullmatch(str(hotfix.get("patch_code") or "")):
        wrong.append("patch_code must be a GUID with braces, as Windows Installer records it.")
    package = str(hotfix.get("package") or "")
    fault = _path_fault(package)
    if fault:
        wrong.append(f"package {package!r} {fault}")
    elif re.search(r"[*?]", package):
        wrong.append(f"package {package!r} must be one file, without wildcards.")
    elif not package.casefold().endswith(".msp"):
        wrong.append(f"package {package!r} must be a Windows Installer patch (.msp).")
    source = hotfix.get("source")
    if source is not None and (not isinstance(source, str) or not source):
        wrong.append("source must be a UNC path, an http(s) address or a local path, or left out.")
    return wrong


def _path_fault(path: str) -> str | None:
    """Return why a text is no absolute local Windows path, or None."""
    if not path:
        return "is missing: give the absolute path on the server."
    if path.startswith(("\\\\", "//")):
        return "is a network path, which SYSTEM cannot read: give a local one (and a source)."
    if not re.match(r"[A-Za-z]:[\\/]", path):
        return "is not absolute: begin with a drive, as C:\\."
    parts = re.split(r"[\\/]", path)
    if ".." in parts or re.search(r'[<>"|\x00-\x1f]', path):
        return "holds characters or parts ('..') that a path must not have."
    return None


def _backup(s: dict[str, Any]) -> list[str]:
    backup = s["data_store_backup"]
    if isinstance(backup, Mapping) and all(str(backup.get(key) or "").strip() for key in KEYS):
        fault = no_date(backup)
        return [f"legacyops_data_store_backup.taken {fault}"] if fault else []
    return [
        "legacyops_data_store_backup is not given: back up the farm's data store and say when it "
        "was taken, by whom, and where it is (taken, by, where)."
    ]


def _choices(s: dict[str, Any]) -> list[str]:
    allowed: dict[str, tuple[Any, ...]] = {
        "farm_role": ROLES,
        "drain_method": ("change_logon", "external"),
        "single_server_silo": (None, "accept_outage"),
        "data_store_position": (None, "first", "last"),
        "run_as": ("system", "user"),
    }
    wrong = [
        f"legacyops_{name} is {s[name]!r}: it must be true or false."
        for name in ("forced_logoff", "data_store_host")
        if not isinstance(s[name], bool)
    ]
    if s["renames_accepted_by"] is not None:
        fault = text_fault(s["renames_accepted_by"])
        wrong += [f"legacyops_renames_accepted_by {fault}"] if fault else []
    for name, values in allowed.items():
        if not any(s[name] == v and isinstance(s[name], type(v)) for v in values):
            words = ", ".join(value for value in values if value)
            wrong.append(f"legacyops_{name} is {s[name]!r}: it must be one of {words}.")
    if s["data_store_host"] is True and s["data_store_position"] is None:
        wrong.append(
            "legacyops_data_store_position is not given: say whether the data store's host is "
            "patched first or last (no source gives a default)."
        )
    return wrong


def _no_product(s: dict[str, Any]) -> list[str]:
    if s["product"] is None:
        return []
    return [
        "legacyops_product is given beside legacyops_ft_system: a host is a server or an FT "
        "system, whose model says which notice is its; remove one of the two."
    ]


def _ft_other_updates(s: dict[str, Any]) -> list[str]:
    updates, where = s["ft_other_updates"], "legacyops_ft_other_updates"
    if not isinstance(updates, list):
        return [f"{where} must be a list of updates, each with id and hotfix_key."]
    wrong = []
    for number, update in enumerate(updates, 1):
        if not isinstance(update, Mapping) or not update.keys() >= {"id", "hotfix_key"}:
            wrong.append(f"Entry {number} of {where} must have id and hotfix_key.")
            continue
        for key, value in update.items():
            if key in ("id", "hotfix_key", "uninstaller"):
                fault = text_fault(value)
            elif key in ("keys", "files"):
                fault = _version_table(value, files=key == "files")
            else:
                fault = "is unknown: remove it."
            if fault:
                wrong.append(f"Entry {number} of {where}: {key_name(key)} {fault}")
    return wrong


def _version_table(value: Any, *, files: bool) -> str | None:
    """Return what is wrong with a table by the version of Windows, as "5.2", or None."""
    if not isinstance(value, Mapping):
        return "must be a table."
    inner = Mapping if files else str
    if all(isinstance(key, str) and isinstance(member, inner) for key, member in value.items()):
        return None
    return 'must name versions of Windows in quotes, as "5.2", each with ' + (
        "its files and their versions." if files else "a registry key."
    )


def _ft_deadlines(s: dict[str, Any]) -> list[str]:
    deadlines = s["ft_deadlines"]
    if not isinstance(deadlines, Mapping):
        return ["legacyops_ft_deadlines must name its deadlines in seconds."]
    known = DEFAULTS["ft_deadlines"]
    wrong = [
        f"legacyops_ft_deadlines.{name} is unknown: remove it."
        for name in sorted(map(str, deadlines.keys() - known.keys()))
    ]
    for name in known:
        if not _number(deadlines.get(name), 60, 30 * 86_400):
            wrong.append(f"legacyops_ft_deadlines.{name} must be 60 to 2592000 seconds.")
    return wrong


def _backup_age(s: dict[str, Any]) -> list[str]:
    if s[MAX_DAYS] is None or _number(s[MAX_DAYS], 1, 3650):
        return []
    return [f"legacyops_{MAX_DAYS} is {s[MAX_DAYS]!r}: it must be 1 to 3650."]


def _budget_and_poll(s: dict[str, Any]) -> list[str]:
    limits = {"failure_budget": (0, 10_000), "poll_seconds": (1, 3600)}
    return [
        f"legacyops_{name} is {s[name]!r}: it must be {low} to {high}."
        for name, (low, high) in limits.items()
        if not _number(s[name], low, high)
    ]


def _rollout(s: dict[str, Any]) -> list[str]:
    wrong = [fault for fault in [wrong_batches(s["batches"])] if fault]
    soak = s["soak_minutes"]
    if isinstance(soak, bool) or not isinstance(soak, (int, float)) or not 0 <= soak <= 7 * 1440:
        wrong.append(f"legacyops_soak_minutes is {soak!r}: it must be 0 to 10080 (a week).")
    return wrong


def _number(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _numbers(s: dict[str, Any]) -> list[str]:
    wrong = []
    limits = {
        "minimum_capacity_percent": (0, 100),
        "failure_budget": (0, 10_000),
        "poll_seconds": (1, 3600),
        "stable_seconds": (0, 86_400),
        "clock_tolerance_seconds": (1, 10 * 365 * 86_400),
    }
    if s["minimum_free_mb"] is not None:
        limits["minimum_free_mb"] = (1, 1024 * 1024)
    for name, (low, high) in limits.items():
        if not _number(s[name], low, high):
            wrong.append(f"legacyops_{name} is {s[name]!r}: it must be {low} to {high}.")
    deadlines = s["deadlines"]
    for name in DEFAULTS["deadlines"]:
        if not isinstance(deadlines, Mapping) or not _number(deadlines.get(name), 1, 7 * 86_400):
            wrong.append(f"legacyops_deadlines.{name} must be 1 to 604800 seconds.")
    if isinstance(deadlines, Mapping):
        for name in sorted(deadlines.keys() - DEFAULTS["deadlines"].keys()):
            wrong.append(f"legacyops_deadlines.{name} is unknown: remove it.")
        for name in ("install_seconds", "ima_seconds"):
            if _number(deadlines.get(name), 1, 360):
                wrong.append(
                    f"legacyops_deadlines.{name} is too short: IMA may start for longer than six "
                    "minutes and still succeed; give more than 360."
                )
    return wrong


def _modules(s: dict[str, Any]) -> list[str]:
    modules = s["ima_modules"]
    if not isinstance(modules, list):
        return ["legacyops_ima_modules must be a list of paths."]
    faults = [(path, _path_fault(str(path))) for path in modules]
    return [f"legacyops_ima_modules: {str(path)!r} {fault}" for path, fault in faults if fault]


def _root(s: dict[str, Any]) -> list[str]:
    value = s.get("root_sha256")
    if value is None or _SHA256.fullmatch(str(value)):
        return []
    return ["legacyops_root_sha256 must be the 64 hexadecimal digits of the root's SHA-256."]
