"""What a person does and sees at the machines of an FT system, and what a site's command does."""

from __future__ import annotations

from typing import Any

from legacyops_lab.ft import FtSystem
from legacyops_lab.ft.board import TITLES, Component, board, component_of, screen, visible, word
from legacyops_lab.ft.notice import of_type
from legacyops_lab.ft.physics import Verb
from legacyops_lab.ft.state import NODES, Node

# What `operator` calls it → what the physics call it.
VERBS: dict[str, Verb] = {
    "power_on": "power_on",
    "power_off": "power_off",
    "boot_setup": "boot_setup",
    "logon": "logon",
    "enable": "enable",
    "restart": "restart",
    "shutdown": "shutdown",
    "uninstall": "uninstall_kb",
    "install_kb": "install_kb",
    "install_fix": "install_fix",
}
LOOKS = ("look", "board")
LONGEST_WAIT_SECONDS = 50.0  # real ones: a command's answer is not waited for much longer
_SIDES: dict[str, Node] = {"virtual_server1": "coserver1", "virtual_server2": "coserver2"}


async def operate(system: FtSystem, arguments: dict[str, Any], speed: float) -> Any:
    """Do, or look at, what `legacyops-lab operator` asks for.

    Arguments: verb, node, restart (of an installer: it restarts the node itself), level (of the
    fix), when (a screen to wait for first). ValueError where nothing of it is possible.
    """
    verb = arguments["verb"]
    if verb == "board":
        return manager(system)
    node = _node(arguments.get("node"), verb)
    wanted = arguments.get("when")
    if wanted is not None:
        seconds = LONGEST_WAIT_SECONDS * speed
        if not await system.wait_until(lambda state: screen(state, node) == wanted, seconds):
            shown = screen(system.state, node)
            raise ValueError(f"the screen of {node} does not show {wanted} but {shown}")
    if verb == "look":
        return screen(system.state, node)
    if verb not in VERBS:
        raise ValueError(f"nobody can {verb}; known are {', '.join((*VERBS, *LOOKS))}")
    if verb == "enable":
        _require_manager(system)
    level = None
    if verb == "install_fix":
        level = arguments.get("level") or _level_at_hand(system)
    system.act(VERBS[verb], node, restart=arguments.get("restart", True), level=level)
    return None


def _node(name: str | None, verb: str) -> Node:
    if name is None:
        raise ValueError(f"{verb}: say which of {', '.join(NODES)}")
    if verb == "enable":
        component = component_of(name)
        if component not in _SIDES:
            raise ValueError(f"{name} cannot be enabled; say virtual_server1 or virtual_server2")
        return _SIDES[component]
    for node in NODES:
        if node == name:
            return node
    raise ValueError(f"there is no {name}; there are {', '.join(NODES)}")


def _level_at_hand(system: FtSystem) -> str:
    given = system.description.get("packages", {})
    level: str = given.get("level") or of_type(system.description["type"])["remedy"]
    return level


def manager(system: FtSystem) -> dict[str, dict[str, str]]:
    """Return Endurance Manager's view: component → {colour} or {state}; ValueError without one."""
    _require_manager(system)
    return {name: _shown(component) for name, component in board(system.state).items()}


def _shown(component: Component) -> dict[str, str]:
    """Return a component in the words of a person's report."""
    if component["colour"] is not None:
        return {"colour": component["colour"].replace(" ", "_")}
    return {"state": str(component["state"]).capitalize()}


def _require_manager(system: FtSystem) -> None:
    if not visible(system.state):
        raise ValueError("Endurance Manager cannot be opened: no CoServer can be used now")


async def endure(system: FtSystem, verb: str, component: str | None) -> dict[str, str]:
    """Do what a site's command does: tell all components or one, or enable a Virtual Server.

    Returns component's title → its word. ValueError where it is not possible.
    """
    _require_manager(system)
    if verb == "enable":
        system.act("enable", _node(component, "enable"))
    wanted = TITLES if component is None else [component_of(component)]
    components = board(system.state)
    return {TITLES[name]: word(components[name]) for name in wanted}
