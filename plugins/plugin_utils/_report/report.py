# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a change: what was planned, what happened, and the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from .._core.entry import Entry
from .._core.kinds import kind_of
from .._core.records import Finding
from .deviations import approval_window, deviations, in_red
from .expected import expected
from .history import OVER, happened, step_history
from .kinds import board
from .said import said_by
from .service import service, without_redundancy
from .sources import Sources
from .texts import between, same, text, tidy, when

Record = dict[str, Any]

FORMAT: Final = 1
_NO_TIME: Final = datetime.fromtimestamp(0, UTC)


def build_report(sources: Sources) -> Record:
    """Return the report as JSON; docs/report.schema.json describes it.

    Every text is inert (``texts.tidy``). Times are ISO 8601 in UTC, durations whole seconds.
    """
    hosts = {host: _host(sources, host) for host in sources.order()}
    found = deviations(sources, hosts)
    for host, record in hosts.items():
        record["deviations"] = sum(1 for each in in_red(found) if each["host"] == host)
    report = {
        "format": FORMAT,
        "change": sources.change,
        "plan": sources.plan["digest"],
        "made": sources.made,
        "outcome": _outcome(hosts, in_red(found)),
        "summary": _summary(sources, hosts, in_red(found)),
        "advisories": [_advisory(sources, each) for each in sources.plan["advisories"]],
        "approval": _approval(sources),
        "closing": _closing(sources),
        "stopped": sources.stopped,
        "waves": sources.plan["waves"],
        "deviations": found,
        "hosts": hosts,
        "hashes": _hashes(sources),
        "clauses": _clauses(sources),
    }
    tidied: Record = tidy(report)
    return tidied


def _outcome(hosts: Mapping[str, Record], red: Sequence[Record]) -> str:
    """Return how the change stands, in a word of the schema."""
    queued = [record for record in hosts.values() if record["steps"]]
    if not any(record["begun"] for record in queued):
        return "not_begun" if queued else "nothing_to_do"
    if any(record["status"] != "done" for record in queued):
        return "not_completed"
    return "completed_with_deviations" if red else "completed"


def _summary(sources: Sources, hosts: Mapping[str, Record], red: Sequence[Record]) -> Record:
    queued = [record for record in hosts.values() if record["steps"]]
    steps = [step for record in queued for step in record["steps"]]
    times = [utc for host in hosts for utc in _times(sources.entries(host))]
    began, ended = (min(times), max(times)) if times else (None, None)
    services = [record["service"] for record in queued if record["service"]]
    return {
        "hosts": len(hosts),
        "planned": len(queued),
        "done": sum(record["status"] == "done" for record in queued),
        "left_alone": sum(bool(record["blocked"]) for record in hosts.values()),
        "nothing_to_do": sum(not r["steps"] and not r["blocked"] for r in hosts.values()),
        "steps": len(steps),
        "steps_over": sum(step["outcome"] in OVER for step in steps),
        "deviations": len(red),
        "began": began,
        "ended": ended,
        "seconds": between(began, ended),
        "service": {
            "hosts": len(services),
            "at_least_seconds": sum(each["at_least_seconds"] for each in services),
            "at_most_seconds": sum(each["at_most_seconds"] for each in services),
        },
    }


def _times(entries: Sequence[Entry]) -> list[str]:
    """Return when something was done: on paper, its own times and not those of the copying."""
    found = [e.utc for e in entries if e.kind not in ("transcribed", "acceptance", "close")]
    rows = [entry for entry in entries if entry.kind == "transcribed"]
    return found + [utc for row in rows for utc in (row.began, row.ended) if utc]


def _host(sources: Sources, host: str) -> Record:
    entry = sources.plan["hosts"][host]
    entries = sources.entries(host)
    mine = [each for each in entries if each.plan in (None, sources.plan["digest"])]
    steps = [step_history(step, mine) for step in entry["steps"]]
    first, latest = sources.observations.get(host), sources.latest(host)
    state = sources.states.get(host, {})
    blocked = entry["blocked"]
    return {
        "about": about(entry["settings"]),
        "advisory": entry["advisory"],
        "status": _status(entry, state, sources.plan["digest"]),
        "begun": bool(entries),
        "message": said_by(state.get("reason"), state.get("message")),
        "blocked": same(blocked) if blocked else None,
        "remaining": [step["id"] for step in steps if step["outcome"] not in OVER],
        "steps": steps,
        "timeline": happened(entries),
        "service": service(entry["steps"], entries, first, latest),
        "redundancy": without_redundancy(entry["steps"], entries),
        "expected": expected(entry["steps"], _began(entries) or when(sources.made) or _NO_TIME),
        "board": board(entry["settings"], first, latest),
        "findings": {
            "before": _findings(entry["findings"]),
            "after": _findings(sources.audits[host]) if host in sources.audits else None,
        },
        "confirmations": [dict(each) for each in sources.confirmations if each["host"] == host],
        "acceptance": _acceptance(entries),
    }


def _began(entries: Sequence[Entry]) -> datetime | None:
    return next((when(entry.utc) for entry in entries if entry.kind == "begin"), None)


def about(settings: Mapping[str, Any]) -> Record:
    """Return what a host is, in the words of its inventory."""
    kind = kind_of(settings)
    form = kind.form(settings)
    if form is not None:
        nodes = {node: form[node]["name"] for node in kind.nodes}
        return {"kind": kind.name, "model": form.get("model"), "nodes": nodes}
    known = ("farm", "silo", "farm_role") if kind.shares_users else ("product",)
    return {"kind": kind.name, **{key: settings.get(key) for key in known}}


def _status(entry: Mapping[str, Any], state: Mapping[str, Any], digest: str) -> str:
    """Return where a host stands in this plan; what another plan left is not this one's end."""
    if entry["blocked"]:
        return "left_alone"
    if not entry["steps"]:
        return "nothing_to_do"
    status = str(state.get("status", "not_begun"))
    return "not_begun" if status == "done" and state.get("plan") != digest else status


def _findings(found: Sequence[Finding]) -> list[Record]:
    return [finding.to_json() for finding in found]


def _acceptance(entries: Sequence[Entry]) -> Record | None:
    """Return the owner's word on the applications, as it was transcribed last."""
    last = next((entry for entry in reversed(entries) if entry.kind == "acceptance"), None)
    if last is None:
        return None
    return {
        "accepted": last.accepted,
        "by": last.accepted_by,
        "at": last.accepted_at,
        "note": last.note or "",
        "form": last.form or "",
    }


def _advisory(sources: Sources, identity: Mapping[str, Any]) -> Record:
    title = sources.advisories.get(identity["id"], {}).get("title", identity["id"])
    return {**identity, "title": same(title)}


def _approval(sources: Sources) -> Record | None:
    """Return the approval that the last run went by, else the one on file."""
    last = sources.last_begin
    approval = (last and last.approval) or sources.approval
    if approval is None:
        return None
    known = ("digest", "approved_by", "approved_at", "comment")
    told = {key: str(approval.get(key) or "") for key in known}
    return {**told, "signed": bool(last and last.signed), "window": approval_window(sources)}


def _closing(sources: Sources) -> Record | None:
    if sources.closing is None:
        return None
    return {
        key: sources.closing.get(key) for key in ("closed_by", "closed_at", "comment", "digest")
    }


def _hashes(sources: Sources) -> list[Record]:
    """Return every hash that the change stands on, each with what it is of."""
    plan = sources.plan
    found = [_hash("plan", text("The plan", "計画"), plan["digest"])]
    for each in plan["advisories"]:
        title = f"{each['id']} {each['version']}"
        found.append(_hash("advisory", same(title), f"sha256:{each['sha256']}"))
    packages: dict[str, str] = {}
    for entry in plan["hosts"].values():
        for step in entry["steps"]:
            pin = step.arguments.get("sha256")
            path = step.arguments.get("package") or step.arguments.get("path")
            source = step.arguments.get("source")
            if pin:
                packages.setdefault(str(pin).upper(), str(path or source or step.name))
    found += [_hash("package", same(path), f"sha256:{pin}") for pin, path in packages.items()]
    for host in sources.order():
        entry = plan["hosts"][host]
        found.append(_hash("observation", same(host), entry.get("observation_digest"), host=host))
        report = sources.journals.get(host)
        if report and report.entries:
            found.append(
                _hash("journal", same(host), report.head, host=host, whole=report.ok,
                      entries=len(report.entries))
            )  # fmt: skip
    if sources.closing is not None:
        found.append(_hash("closing", same(sources.change), sources.closing["digest"]))
    return found


def _hash(kind: str, of: Mapping[str, str], value: Any, **more: Any) -> Record:
    return {"kind": kind, "of": dict(of), "value": value, **more}


def _clauses(sources: Sources) -> Record:
    """Return the words of each clause that a step or a finding cites."""
    cited: dict[str, set[str]] = {}
    for entry in sources.plan["hosts"].values():
        clauses = cited.setdefault(entry["advisory"], set())
        clauses.update(*(step.clause for step in entry["steps"]))
        clauses.update(*(finding.clause for finding in entry["findings"]))
    return {
        advisory: {
            clause: dict(words)
            for clause, words in sources.advisories[advisory]["clauses"].items()
            if clause in clauses
        }
        for advisory, clauses in cited.items()
        if advisory in sources.advisories
    }


__all__ = ["FORMAT", "build_report"]
