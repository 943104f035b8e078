# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay of an FT system: the Windows host through which its nodes are read and acted on.

The nodes have neither PowerShell nor WinRM. The relay's scripts (ft/observe, ft/act)
reach them by WMI and the administrative share; what they do and what can go wrong there is in
their headers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from ..._core.ft.system import CREDENTIALS, NODES, TITLES
from ..._core.observation import Observation
from ..._core.windows.jobs import JobRecord
from ..._core.windows.starts import mark_of, position
from ..jobs import LONGEST_WAIT, Job
from ..remote import Remote
from ..site_command import Credentials
from ..windows import Look, Windows
from ..wire import RemoteError, scrubbed

Data = dict[str, Any]

PROBE_SECONDS = 10
# A whole reading of a node: an old machine walks through the System log of a month.
NODE_SECONDS = 150
# The second way, after the first has failed or hung: the newest part of one log, and some files.
RPC_SECONDS = 90
_ACT_SECONDS = 120
# A package through SMB 1, read back for its hash.
_STAGE_SECONDS = 900
# The relay's own part of an answer, beside what it may wait for a node.
_RELAY_SECONDS = 60
# A job begins two to three minutes after it was asked for, or never.
EXPIRES_MINUTES = 10
_READING: Final[Data] = {
    "want": [],
    "updates": [],
    "system_files": [],
    "events": None,
    "preflight": False,
    "owner": None,
    "files": [],
}


class Relay:
    """The nodes of one FT system with ``access: relay``, as its relay reaches them.

    remote: the inventory host's connection, which is the relay's.
    form: legacyops_ft_system.
    credentials: legacyops_ft_credentials; used for the nodes, never shown.
    """

    def __init__(self, remote: Remote, form: Mapping[str, Any], credentials: Any) -> None:
        self._remote = remote
        self.host = remote.host
        self._form = form
        self._credentials = credentials
        self.nodes = tuple(name for name in NODES if _part(form, name).get("access") == "relay")

    # --- Reading ----------------------------------------------------------------------------

    def observe(self, request: Mapping[str, Any], nodes: Collection[str] | None = None) -> Data:
        """Read what the script ft/observe reads, with one PowerShell start.

        request: its parameters, without nodes, deadlines and the source of the fix level:
            those come from the form. What is missing is not read.
        nodes: only these; None: all that the relay reaches.
        Raises RemoteError: the relay could not be asked. A node's own trouble is in its record.
        """
        names = [name for name in self.nodes if nodes is None or name in nodes]
        given = [self.node(name) for name in names]
        parameters = {
            **_READING,
            **request,
            "nodes": given,
            "fix_level": self._fix_level(),
            "probe_seconds": PROBE_SECONDS,
            "node_seconds": NODE_SECONDS,
            "rpc_seconds": RPC_SECONDS,
        }
        deadline = PROBE_SECONDS + NODE_SECONDS + RPC_SECONDS + _RELAY_SECONDS
        data = self._remote.run("ft/observe", parameters, deadline=deadline)
        secrets = [node["password"] for node in given]
        found = data.get("nodes")
        found = found if isinstance(found, dict) else {}
        return {
            **data,
            "nodes": {name: self._record(found.get(name), secrets) for name in names},
            "errors": scrubbed(data.get("errors") or {}, secrets),
        }

    @staticmethod
    def _record(record: Any, secrets: list[str]) -> Data:
        """A node's record; its texts about errors come from Windows, and are scrubbed."""
        if not isinstance(record, dict):
            return {"reachable": None, "source": "wmi", "error": "the relay tells nothing of it"}
        said = ("error", "wmi_error", "errors")
        texts = {key: scrubbed(record.get(key), secrets) for key in said}
        return {**record, **texts}

    # --- Acting -----------------------------------------------------------------------------

    def windows(self, node: str) -> NodeWindows:
        """A node's Windows; whether the relay reaches it, its calls say."""
        return NodeWindows(self, node)

    def act(self, node: str, op: str, seconds: int, given: Mapping[str, Any]) -> Data:
        """Run the script ft/act on a node.

        Raises RemoteError: as ft/act says, naming the node and what was asked.
        """
        parameters = {"op": op, "node": self.node(node), "seconds": seconds, **given}
        deadline = PROBE_SECONDS + seconds + _RELAY_SECONDS
        try:
            return self._remote.run("ft/act", parameters, deadline=deadline)
        except RemoteError as error:
            message = f"{error.message} ({node}, {op})"
            detail = {**error.detail, "node": node, "op": op}
            raise RemoteError(error.reason, message, error.remedy, detail) from None

    # --- The form ---------------------------------------------------------------------------

    def node(self, name: str) -> Data:
        """A node as the scripts take it, its credentials included.

        Raises RemoteError: the relay does not reach it, or its credentials are not given.
        """
        part = _part(self._form, name)
        if part.get("access") != "relay":
            raise RemoteError(
                "bad_settings",
                f"{name} is not reached through the relay.",
                "Say access: relay in its part of legacyops_ft_system, or let a person do it.",
            )
        login = Credentials.of(part.get("credentials"), self._credentials, name, CREDENTIALS)
        return {
            "node": name,
            "address": str(part.get("address") or "").strip(),
            "username": login.username,
            "password": login.password,
        }

    def _fix_level(self) -> Data | None:
        """The source of the fix level, where it is one that can be read."""
        part = _part(self._form, "fix_level")
        return dict(part) if part.get("source") in ("registry", "file") else None


def _part(form: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = form.get(name)
    return part if isinstance(part, Mapping) else {}


class NodeWindows(Windows):
    """A node's Windows, through the relay: WMI over DCOM, and jobs of the old scheduler."""

    # Its script takes a job out by itself once it has expired.
    begin_seconds = float("inf")
    expires = True

    def __init__(self, relay: Relay, node: str) -> None:
        self._relay, self.node = relay, node
        self.host = relay.host
        self.title = TITLES[node]
        self.where = f" on {self.title}"

    def look(self, seconds: float | None = None) -> Look:
        return self.seen(self.observe({"want": ["system", "job"]}))

    def observe(self, request: Mapping[str, Any], seconds: float | None = None) -> Observation:
        taken = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._relay.node(self.node)  # one that it does not reach would just be left out
        data = self._relay.observe(request, [self.node])
        return Observation(host=self.host, taken=taken, source="relay", data=data)

    def seen(self, observation: Observation) -> Look:
        """A look, out of an observation that has the node's parts ``system`` and ``job``."""
        record = observation.data["nodes"][self.node]
        return Look(record.get("reachable"), record.get("system") or {}, self._obstacle(record))

    def _obstacle(self, record: Data) -> RemoteError | None:
        said = str(record.get("error") or record.get("errors"))
        if record.get("reachable") is not True or said.startswith("node_unreachable:"):
            return self._error(
                "node_unreachable",
                f"does not answer the relay ({said})",
                "Look at its screen: it may be off, starting, or at a STOP screen.",
            )
        if said.startswith("access_denied:"):
            return self._error(
                "access_denied",
                f"rejects the credentials ({said})",
                "Check its entry in legacyops_ft_credentials.",
            )
        if record.get("source") == "rpc":
            return self._error(
                "wmi_fails",
                f"can be read, but not acted on: its WMI fails ({record.get('wmi_error')})",
                "Mend WMI there, or give it access: operator for this change.",
            )
        if position(mark_of(record.get("system"))) is None:
            return self._error(
                "unknown", f"answers, but could not be read ({said})", "Let a person look at it."
            )
        state = JobRecord.of_record(record.get("job") or {}).state
        if state not in ("none", "finished"):
            return RemoteError(
                "installer_busy",
                f"{self.host}: On {self.title} an installer of ours is"
                f" {state or 'perhaps at work'}.",
                "Wait until it has ended, then run again; never end it.",
            )
        return None

    def _error(self, reason: str, what: str, remedy: str) -> RemoteError:
        return RemoteError(reason, f"{self.host}: {self.title} {what}.", remedy)

    def stage(self, path: str, sha256: str, name: str) -> Data:
        """Have a file of the relay on the node's own disk: {path, sha256, existed}.

        name: the copy's name.
        Raises RemoteError: as ft/act.
        """
        return self._act("stage", {"path": path, "sha256": sha256, "name": name}, _STAGE_SECONDS)

    def start(self, job: Job, wait: int) -> JobRecord:
        given = {
            "job": job.name,
            "operation": job.operation,
            "update": job.update,
            "executable": job.executable,
            "arguments": list(job.arguments),
            "guard": None if job.guard is None else dict(job.guard),
            "log": None if job.log is None else job.log["path"],
            "expires_minutes": EXPIRES_MINUTES,
        }
        record = JobRecord.of_record(self._act("start", given))
        # How one ended that was there already, its status tells; its start has no log.
        if not record.is_finished:
            return record
        return replace(self.ask_for(job, 0), existed=record.existed)

    def ask_for(self, job: Job, wait: int) -> JobRecord:
        wait = min(wait, LONGEST_WAIT)
        given = {"job": job.name, "wait_seconds": wait, "log": job.log}
        return JobRecord.of_record(self._act("status", given, _ACT_SECONDS + wait))

    def delete(self, name: str) -> bool:
        return bool(self._act("delete", {"job": name}).get("deleted"))

    def _restart(self, start: int, reason: str) -> Data:
        return self._act("restart", {"start_record": start})

    def _shut_down(self, start: int, power_off: bool) -> Data:
        return self._act("shutdown", {"start_record": start, "power_off": power_off})

    def _act(self, op: str, given: Mapping[str, Any], seconds: int = _ACT_SECONDS) -> Data:
        return self._relay.act(self.node, op, seconds, given)
