"""What a person sees: the screen of a node, and Endurance Manager's view of a system."""

from __future__ import annotations

from .state import RUNS, SIDES, Half, Node, System, half, windows

DARK_GREEN, LIGHT_GREEN = "dark green", "light green"
Component = dict[str, str | None]

# Names of components as Endurance Manager shows them.
TITLES = {
    "coserver1": "CoServer1",
    "coserver2": "CoServer2",
    "virtual_server1": "Virtual Server1",
    "virtual_server2": "Virtual Server2",
    "ftvirtual": "FTvirtual Server",
    "mirror1": "Mirror1",
    "mirror2": "Mirror2",
}
_SCREENS = {
    "off": "dark",
    "post": "post",
    "setup": "bios_setup",
    "chkdsk": "chkdsk",
    "boot": "booting",
    "down": "shutting_down",
    "stop": "stop",
    "stuck": "hung",
}
_VIRTUAL = {
    "good": DARK_GREEN,
    "starting": LIGHT_GREEN,
    "sync": LIGHT_GREEN,
    "waiting": LIGHT_GREEN,
    "failed": "failed",
    "disabled": "disabled",
    "offline": "offline",
}
_MEMBER = {"valid": DARK_GREEN, "copying": LIGHT_GREEN, "stale": "degraded"}


def screen(system: System, node: Node) -> str:
    """Return what a node's screen shows; `hung` where nobody can log on."""
    mine = windows(system, node)
    return _SCREENS.get(mine.phase) or ("hung" if mine.hurt else "windows")


def visible(system: System) -> bool:
    """Whether Endurance Manager can be opened: on a CoServer that somebody can use."""
    return any(half(system, side).windows.usable for side in SIDES)


def board(system: System) -> dict[str, Component]:
    """Return each component's {state, colour}; one of them is null (HYP-FT-23)."""
    words: dict[str, str] = {}
    for side in SIDES:
        mine = half(system, side)
        words[f"coserver{side}"] = _coserver(mine)
        words[f"virtual_server{side}"] = _VIRTUAL[mine.virtual]
        words[f"mirror{side}"] = _MEMBER[mine.member]
    words["ftvirtual"] = _ftvirtual(system)
    return {name: _component(words[name]) for name in TITLES}


def word(component: Component) -> str:
    """Return a component's colour or state in one word."""
    return component["colour"] or component["state"] or "unknown"


def _component(text: str) -> Component:
    green = text in (DARK_GREEN, LIGHT_GREEN)
    return {"state": None if green else text, "colour": text if green else None}


def _coserver(mine: Half) -> str:
    """A CoServer is degraded also while its Virtual Server does not run (guide 6.1.1)."""
    if mine.windows.phase != "up":
        return "offline"
    return DARK_GREEN if mine.virtual == "good" else "degraded"


def _ftvirtual(system: System) -> str:
    both = [half(system, side).virtual for side in SIDES]
    if both == ["good", "good"]:
        return DARK_GREEN
    if {"sync", "waiting", "starting"} & set(both):
        return LIGHT_GREEN
    if any(virtual in RUNS for virtual in both):
        return "degraded"
    return "offline" if system.stopped and not system.lost else "failed"


def component_of(title: str) -> str:
    """Return a component by its own name or its title; ValueError for an unknown one."""
    wanted = title.replace(" ", "").replace("_", "").lower()
    for name, shown in TITLES.items():
        if wanted in (name.replace("_", ""), shown.replace(" ", "").lower()):
            return name
    raise ValueError(f"there is no component {title}; there are {', '.join(TITLES.values())}")


__all__ = ["TITLES", "Component", "board", "component_of", "screen", "visible", "word"]
