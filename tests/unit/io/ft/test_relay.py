# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay: what its scripts are asked, what becomes of their answers, and of what goes wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft import relay as module
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.ft.relay import (
    EXPIRES_MINUTES,
    NODE_SECONDS,
    Relay,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.jobs import (
    Job,
    JobResult,
    run_detached,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.looks import LastLook
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.owner import OwnerRecords
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.remote import (
    Remote,
    RemoteError,
    script_text,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.waiting import Progress, Stop
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import scrubbed
from hypothesis import given
from hypothesis import strategies as st
from io_doubles import FakeAction, bad, good

ONE, TWO, VIRTUAL = "coserver1", "coserver2", "ftvirtual"
CANARIES = {"coservers": "Canary-Co-4711", "virtual": "Canary-Ft-4712"}
CREDENTIALS = {
    name: {"username": f"{name}-user", "password": canary} for name, canary in CANARIES.items()
}
FORM: dict[str, Any] = {
    "coserver1": {"address": "192.0.2.11", "access": "relay", "credentials": "coservers"},
    "coserver2": {"address": "192.0.2.12", "access": "operator"},
    "ftvirtual": {"address": "ft01.example.com", "access": "relay", "credentials": "virtual"},
    "fix_level": {"source": "registry", "key": r"SOFTWARE\Example", "value": "Level"},
}
JOB = Job(
    name="install-KB1-0123",
    operation="install",
    update="KB1",
    executable=r"%windir%\legacyops\kb.exe",
    arguments=("/quiet", "/norestart"),
    guard={"path": r"%windir%\legacyops\kb.exe", "sha256": "A" * 64},
    log={"path": r"%windir%\legacyops\kb.log", "patterns": [], "tail_bytes": 24_000},
)
RECORD = 4060
TOKEN = {"start_record": RECORD}


class FakeRemote:
    """Answers by script, one after the other; exceptions are raised, the last answer stays."""

    host = "ft01"

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.deadlines: list[float | None] = []

    def run(self, script: str, params: dict[str, Any], *, deadline: Any = None) -> dict[str, Any]:
        self.calls.append((script, params))
        self.deadlines.append(deadline)
        answers = self.answers[script.replace("/", "_")]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    act = run
    last_look = LastLook()

    def ops(self) -> list[str]:
        return [params.get("op", script) for script, params in self.calls]


def relay_with(**answers: list[Any]) -> tuple[Relay, FakeRemote]:
    remote = FakeRemote(**answers)
    return Relay(remote, FORM, CREDENTIALS), remote


def lost(reason: str = "unreachable") -> RemoteError:
    return RemoteError(reason, "ft01: No connection.", "Look.")


def state(word: str, **more: Any) -> dict[str, Any]:
    return {"existed": word != "none", "state": word, "exit_code": None, "log": None, **more}


class TestReading:
    def test_one_start_asks_for_all_that_the_relay_reaches(self) -> None:
        relay, remote = relay_with(ft_observe=[{"nodes": {}}])
        relay.observe({"want": ["system"], "owner": "ft01", "preflight": True})
        ((script, asked),) = remote.calls
        assert script == "ft/observe"
        assert [node["node"] for node in asked["nodes"]] == [ONE, VIRTUAL]
        assert asked["nodes"][0] == {
            "node": ONE,
            "address": "192.0.2.11",
            "username": "coservers-user",
            "password": CANARIES["coservers"],
        }
        assert asked["fix_level"] == FORM["fix_level"]
        assert (asked["owner"], asked["preflight"], asked["events"]) == ("ft01", True, None)
        seconds = [asked[f"{part}_seconds"] for part in ("probe", "node", "rpc")]
        assert remote.deadlines[0] > sum(seconds)

    def test_a_person_who_knows_the_fix_level_is_not_asked_by_a_script(self) -> None:
        remote = FakeRemote(ft_observe=[{}])
        form = {**FORM, "fix_level": {"source": "operator"}}
        Relay(remote, form, CREDENTIALS).observe({})
        assert remote.calls[0][1]["fix_level"] is None

    def test_only_the_nodes_that_are_wanted(self) -> None:
        relay, remote = relay_with(ft_observe=[{"nodes": {VIRTUAL: {"reachable": True}}}])
        data = relay.observe({}, [VIRTUAL, TWO])
        assert list(data["nodes"]) == [VIRTUAL]
        assert [node["node"] for node in remote.calls[0][1]["nodes"]] == [VIRTUAL]

    @pytest.mark.parametrize("answer", [{}, {"nodes": None}, {"nodes": {ONE: "x"}}])
    def test_a_node_of_which_nothing_came_is_unknown(self, answer: dict[str, Any]) -> None:
        relay, _remote = relay_with(ft_observe=[answer])
        record = relay.observe({})["nodes"][ONE]
        assert record["reachable"] is None
        assert record.get("system") is None

    def test_errors_of_a_node_hold_no_password(self) -> None:
        said = f"wmi: {CANARIES['virtual']}"
        record = {"reachable": True, "error": said, "wmi_error": said, "errors": {}}
        other = {"reachable": True, "error": None, "errors": {"files": CANARIES["coservers"]}}
        answer = {"nodes": {ONE: record, VIRTUAL: other}, "errors": {"owner": CANARIES["virtual"]}}
        relay, _remote = relay_with(ft_observe=[answer])
        assert "Canary" not in json.dumps(relay.observe({}))

    def test_a_relay_that_cannot_be_asked_is_not_a_silent_node(self) -> None:
        relay, _remote = relay_with(ft_observe=[lost("timeout")])
        with pytest.raises(RemoteError) as caught:
            relay.observe({})
        assert caught.value.reason == "timeout"


class TestSettings:
    @pytest.mark.parametrize(
        ("node", "credentials", "says"),
        [
            (TWO, CREDENTIALS, "not reached through the relay"),
            (ONE, {}, "coserver1.credentials is 'coservers'"),
            (ONE, None, "coserver1.credentials"),
            (ONE, {"coservers": {"username": "x"}}, "password"),
        ],
    )
    def test_mistakes_are_told_before_anything_is_asked(
        self, node: str, credentials: Any, says: str
    ) -> None:
        remote = FakeRemote()
        with pytest.raises(RemoteError) as caught:
            Relay(remote, FORM, credentials).windows(node).restart(TOKEN, "x")
        assert caught.value.reason == "bad_settings"
        assert says in caught.value.message
        assert remote.calls == []


class TestActing:
    @pytest.mark.parametrize(
        ("call", "asked"),
        [
            (
                lambda relay: relay.windows(ONE).stage(r"C:\kb.exe", "AB", "kb.exe"),
                {"op": "stage", "path": r"C:\kb.exe", "sha256": "AB", "name": "kb.exe"},
            ),
            (
                lambda relay: relay.windows(ONE).restart(TOKEN, "x"),
                {"op": "restart", "start_record": RECORD},
            ),
            (
                lambda relay: relay.windows(ONE).shut_down(TOKEN, power_off=True),
                {"op": "shutdown", "start_record": RECORD, "power_off": True},
            ),
            (
                lambda relay: relay.windows(ONE).start(JOB, 15),
                {
                    "op": "start",
                    "job": JOB.name,
                    "operation": "install",
                    "update": "KB1",
                    "executable": JOB.executable,
                    "arguments": ["/quiet", "/norestart"],
                    "guard": JOB.guard,
                    "log": JOB.log["path"],
                    "expires_minutes": EXPIRES_MINUTES,
                },
            ),
            (
                lambda relay: relay.windows(ONE).ask_for(Job("x", "", ()), 600),
                {"op": "status", "job": "x", "wait_seconds": 120, "log": None},
            ),
            (lambda relay: relay.windows(ONE).delete("x"), {"op": "delete", "job": "x"}),
        ],
    )
    def test_what_the_script_is_asked(
        self, call: Callable[[Relay], Any], asked: dict[str, Any]
    ) -> None:
        relay, remote = relay_with(ft_act=[{"deleted": True}])
        call(relay)
        ((script, parameters),) = remote.calls
        seconds = parameters.pop("seconds")
        assert parameters.pop("node")["node"] == ONE
        assert (script, parameters) == ("ft/act", asked)
        # The child process has ended before the line to the relay is given up.
        assert remote.deadlines[0] > seconds + module.PROBE_SECONDS

    def test_a_job_has_time_to_begin_before_it_expires(self) -> None:
        assert EXPIRES_MINUTES > 3 + 1  # it begins up to three minutes later
        assert NODE_SECONDS < 300  # WinRM's own patience

    @pytest.mark.parametrize(
        ("kind", "remedy"),
        [
            ("node_unreachable", "power and network"),
            ("access_denied", "legacyops_ft_credentials"),
            ("refused", "Look at why"),
            ("hash_mismatch", "pinned SHA-256"),
            ("not_found", "Check the path"),
            ("deadline", "run again"),
            ("script_error", "Look at the host"),
        ],
    )
    def test_each_error_of_the_script_has_its_reason_and_remedy(
        self, kind: str, remedy: str
    ) -> None:
        action = FakeAction(bad("ft/act", kind, f"what happened, {CANARIES['coservers']}"))
        relay = Relay(Remote(action, "ft01"), FORM, CREDENTIALS)
        with pytest.raises(RemoteError) as caught:
            relay.windows(ONE).delete("x")
        error = caught.value
        assert error.reason == kind
        assert error.message.startswith("ft01: ")
        assert "what happened" in error.message
        assert "(coserver1, delete)" in error.message
        assert remedy in error.remedy
        assert "Canary" not in str(error) + json.dumps(error.detail)
        assert error.detail["node"] == ONE

    def test_passwords_are_on_no_command_line_and_travel_encoded_on_stdin(self) -> None:
        action = FakeAction(good("ft/act", return_value=0))
        Relay(Remote(action, "ft01"), FORM, CREDENTIALS).windows(ONE).restart(TOKEN, "x")
        assert "Canary" not in action.commands[0]
        script, parameters, _rest = action.stdin[0].split(b"\r\n")
        assert base64.b64decode(script).decode() == script_text("ft/act")
        assert CANARIES["coservers"].encode() in base64.b64decode(parameters)
        assert CANARIES["virtual"].encode() not in base64.b64decode(parameters)

    def test_a_start_record_is_no_secret(self) -> None:
        action = FakeAction(bad("ft/act", "refused", f"restarted since: {RECORD}"))
        relay = Relay(Remote(action, "ft01"), FORM, CREDENTIALS)
        with pytest.raises(RemoteError, match=str(RECORD)):
            relay.windows(ONE).restart(TOKEN, "x")


class TestOwner:
    def test_the_four_operations(self) -> None:
        _relay, remote = relay_with(owner=[{"taken": True, "text": "{}"}])
        records = OwnerRecords(cast("Remote", remote))
        assert records.owner_take("ft01", "{}")["taken"] is True
        remote.answers["owner"] = [{"text": None}]
        assert records.owner_read("ft01") is None
        records.owner_replace("ft01", "{}", "{1}")
        records.owner_free("ft01", "{1}")
        asked = [(p["op"], p["text"], p["expected"]) for _script, p in remote.calls]
        assert asked == [
            ("take", "{}", None),
            ("read", None, None),
            ("replace", "{1}", "{}"),
            ("free", None, "{1}"),
        ]

    @pytest.mark.parametrize("name", ["", "a/b", r"a\b", "a b", "é", "x" * 101])
    def test_a_name_that_is_no_file_name_is_refused(self, name: str) -> None:
        _relay, remote = relay_with()
        with pytest.raises(RemoteError) as caught:
            OwnerRecords(cast("Remote", remote)).owner_read(name)
        assert caught.value.reason == "bad_settings"
        assert remote.calls == []


class TestRunUpdate:
    @pytest.fixture(autouse=True)
    def _no_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Stop, "sleep", lambda self, _seconds: self.check())

    @staticmethod
    def run(
        *answers: Any, deadline: float = 30
    ) -> tuple[JobResult | RemoteError, FakeRemote, list[str]]:
        relay, remote = relay_with(ft_act=list(answers))
        lines: list[str] = []
        try:
            ended: JobResult | RemoteError = run_detached(
                relay.windows(ONE),
                JOB,
                deadline=deadline,
                poll_seconds=15,
                progress=Progress(lines.append),
                stop=Stop(),
            )
        except RemoteError as error:
            ended = error
        return ended, remote, lines

    def test_from_its_start_to_its_end(self) -> None:
        log = {"exists": True, "size": 1, "matches": [], "tail": "eA=="}
        ended, remote, lines = self.run(
            state("waiting", existed=False, started=True),
            state("waiting"),
            state("running"),
            state("finished", exit_code=3010, started_utc="a", ended_utc="b", log=log),
        )
        assert isinstance(ended, JobResult)
        assert (ended.found, ended.exit_code, ended.losses) == (False, 3010, 0)
        record = ended.record
        assert (record.started, record.ended, record.start, record.log) == ("a", "b", None, log)
        assert remote.ops() == ["start", "status", "status", "status"]
        assert remote.calls[1][1]["log"] == JOB.log
        assert [line.split(" (")[0] for line in lines] == [
            "the Task Scheduler on CoServer1 is about to start the installer",
            "the installer on CoServer1 runs",
        ]

    def test_one_that_an_earlier_run_left_is_found_and_not_started_again(self) -> None:
        ended, remote, _lines = self.run(
            state("finished", exit_code=0), state("finished", exit_code=0)
        )
        assert isinstance(ended, JobResult)
        assert (ended.found, ended.exit_code) == (True, 0)
        # Its log comes with a status only.
        assert remote.ops() == ["start", "status"]

    @pytest.mark.parametrize(
        "reason", ["unreachable", "timeout", "winrm_quota", "node_unreachable", "deadline"]
    )
    def test_lost_answers_do_not_end_it(self, reason: str) -> None:
        ended, remote, _lines = self.run(
            lost(reason),
            state("running"),
            lost(reason),
            state("finished", exit_code=0),
        )
        assert isinstance(ended, JobResult)
        assert (ended.losses, ended.exit_code) == (2, 0)
        # After a lost answer to start nobody knows whose start it was: not an earlier run's.
        assert ended.found is False
        assert remote.ops() == ["start", "start", "status", "status"]

    @pytest.mark.parametrize("reason", ["refused", "hash_mismatch", "access_denied", "not_found"])
    def test_a_refusal_ends_it_at_once(self, reason: str) -> None:
        ended, remote, _lines = self.run(lost(reason))
        assert isinstance(ended, RemoteError)
        assert ended.reason == reason
        assert remote.ops() == ["start"]

    def test_one_that_still_runs_at_the_deadline_goes_on(self) -> None:
        ended, remote, _lines = self.run(state("running"), deadline=0)
        assert isinstance(ended, RemoteError)
        assert ended.reason == "deadline"
        assert JOB.name in ended.remedy
        assert "delete" not in remote.ops()

    def test_one_that_has_not_begun_at_the_deadline_is_taken_out(self) -> None:
        """The node's scheduler would begin it tomorrow."""
        ended, remote, _lines = self.run(state("waiting"), {"deleted": True}, deadline=0)
        assert isinstance(ended, RemoteError)
        assert ended.reason == "not_started"
        assert remote.ops() == ["start", "delete"]

    def test_one_that_expired_did_not_run(self) -> None:
        ended, remote, _lines = self.run(state("waiting"), state("none"))
        assert isinstance(ended, RemoteError)
        assert ended.reason == "not_started"
        assert "nothing has run" in ended.message
        assert remote.ops() == ["start", "status"]

    def test_one_that_vanished_may_have_run(self) -> None:
        ended, _remote, _lines = self.run(state("running"), state("none"))
        assert isinstance(ended, RemoteError)
        assert ended.reason == "job_gone"
        assert "not known" in ended.message

    def test_one_that_a_restart_cut_off_has_no_exit_code(self) -> None:
        ended, _remote, _lines = self.run(state("running"), state("finished"))
        assert isinstance(ended, JobResult)
        assert ended.exit_code is None


secrets = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=6, max_size=20)
nested = st.recursive(
    st.text(max_size=10) | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(secret=secrets, around=nested, path=st.lists(st.sampled_from(["list", "dict"]), max_size=4))
def test_a_secret_is_taken_out_however_deep_it_lies(
    secret: str, around: Any, path: list[str]
) -> None:
    value: Any = f"<{secret}>"
    parameters: Any = {"password": secret}
    for kind in path:
        value = [around, value] if kind == "list" else {"x": value}
        parameters = [around, parameters] if kind == "list" else {"node": parameters}
    found = Remote(FakeAction(), "ft01").secrets({"p": parameters})
    assert secret in found
    assert f"<{secret}>" not in json.dumps(scrubbed(value, found), ensure_ascii=False)
