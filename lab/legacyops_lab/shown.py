"""The estate for people, on a terminal: tables of hosts, boards of FT systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.columns import Columns
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from legacyops_lab.ft.board import TITLES
from legacyops_lab.ft.state import NODES

Status = Mapping[str, dict[str, Any]]

# Endurance's colours (dark and light green); what other states look like is our choice.
_STYLES = {
    "dark green": "green4",
    "light green": "bright_green",
    "failed": "bold red",
    "degraded": "yellow",
    "disabled": "magenta",
    "offline": "bright_black",
}
# Of hosts, in the order in which they are shown.
_KINDS = (None, "windows", "relay")
_NODES = {"coserver1": "CoServer1", "coserver2": "CoServer2", "ftvirtual": "FTvirtual Server"}


def estate(clock: Mapping[str, Any], status: Status) -> Group:
    """Return the whole estate."""
    parts: list[Any] = [
        Text(f"{clock['utc']} (simulated; {clock['speed']:g} times as fast)"),
        *hosts(
            [
                {n: h for n, h in status.items() if _kind(h) == kind}
                for kind in (None, "windows", "relay")
            ]
        ),
    ]
    systems = {name: entry for name, entry in status.items() if _kind(entry) == "ft"}
    if systems:
        boards = [system(name, entry) for name, entry in systems.items()]
        parts.append(Columns(boards, padding=(0, 1)))
    return Group(*parts)


def _kind(entry: Mapping[str, Any]) -> str | None:
    """Return what a part of the status is about: windows, relay, ft; None: a XenApp server."""
    return "ft" if "board" in entry else entry.get("kind")


def hosts(groups: list[Status]) -> list[Any]:
    """Return each group of hosts: what they have in common as text, what differs as a table."""
    parts: list[Any] = []
    for group in groups:
        if group:
            alike, differing = _alike(group)
            if alike:
                whose = "All hosts" if len(group) > 1 else next(iter(group))
                parts.append(Text(f"{whose}: {'; '.join(alike)}"))
            if len(group) == 1 and not differing:
                continue
            parts.append(_table(group, differing))
    return parts


def _alike(group: Status) -> tuple[list[str], list[str]]:
    """Return what all hosts have in common, as text, and the names of what differs."""
    names = dict.fromkeys(name for host in group.values() for name in host)
    names.pop("counters", None)
    alike, differing = [], []
    for name in names:
        cells = {_cell(host.get(name)) for host in group.values()}
        if len(cells) > 1:
            differing.append(name)
        elif cell := cells.pop():
            shown = ", ".join(cell.splitlines())
            alike.append(f"{name.replace('_', ' ')}: {shown}")
    return alike, differing


def _table(group: Status, names: list[str]) -> Table:
    """Return one row a host with what differs between them."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    # A name that is cut is nobody's.
    table.add_column("host", no_wrap=True, min_width=max(map(cell_len, group)))
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold")
    for name, host in group.items():
        table.add_row(name, *(_cell(host.get(column)) for column in names))
    return table


def _cell(value: Any) -> str:
    match value:
        case None | False | [] | {}:
            return ""
        case True:
            return "yes"
        case list():
            return "\n".join(str(item) for item in value)
        case dict():
            return "\n".join(f"{key}: {item}" for key, item in value.items())
    return str(value)


def system(name: str, entry: Mapping[str, Any]) -> Panel:
    """Return an FT system as Endurance Manager and the machines show it."""
    good = entry["healthy"]
    ending = "healthy" if good else "data lost" if entry["data_lost"] else "not healthy"
    style = "green4" if good else "red" if entry["data_lost"] else "yellow"
    parts: list[Any] = [_board(entry["board"]), _machines(entry), _book(entry)]
    return Panel(
        Group(*parts),
        title=f"{name} · {entry['model']}",
        subtitle=Text(ending, style=style),
        border_style=style,
        width=62,
    )


def _board(board: Mapping[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for component, title in TITLES.items():
        word = board[component]
        table.add_row(title, Text(f"● {word}", style=_STYLES.get(word, "")))
    return table


def _machines(entry: Mapping[str, Any]) -> Table:
    table = Table("node", "screen", "KB", "fix", "busy with", box=None, pad_edge=False)
    for node in NODES:
        mine = entry[node]
        busy = ", ".join(
            text
            for text, on in (
                (f"installer ({mine['installing']})", mine["installing"]),
                ("restart pending", mine["restart_pending"]),
                ("chkdsk to come", mine["chkdsk_pending"]),
            )
            if on
        )
        screen, kb = entry["screens"][node], "in" if mine["kb"] else "out"
        table.add_row(_NODES[node], screen, kb, mine["fix"] or "-", busy)
    return table


def _book(entry: Mapping[str, Any]) -> Text:
    """Return what the system has been without, and what was done wrong."""
    text = Text(
        f"without service {entry['without_service']:.0f} min, "
        f"without redundancy {entry['without_redundancy']:.0f} min"
    )
    for violation in entry["violations"]:
        text.append(f"\n{violation}", style="bold red")
    for fault in entry["faults"]:
        text.append(f"\nfault: {fault}", style="bright_black")
    return text
