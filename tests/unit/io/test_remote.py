# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remote with a connection that answers, refuses, hangs or dies."""

from __future__ import annotations

import base64
import signal
import socket
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import winrm as builtin
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import remote as module
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import watchdog
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.remote import (
    Remote,
    RemoteError,
    script_text,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.winrm import (
    STDIN_BYTES,
    WinrmConnection,
)
from io_doubles import FakeAction, FakeConnection, bad, good
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, ReadTimeout
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)


def failing(*answers: Any) -> tuple[RemoteError, FakeAction]:
    action = FakeAction(*answers)
    with pytest.raises(RemoteError) as caught:
        Remote(action, "xa01").run("observe", {"want": []})
    return caught.value, action


def fault(code: int, reason: str = "障害が発生しました") -> WSManFaultError:
    return WSManFaultError(500, "Bad HTTP response", "", reason, "s:Receiver", None, code)


def test_a_run_sends_script_and_parameters_and_returns_the_data() -> None:
    action = FakeAction(good("observe", clock=None))
    remote = Remote(action, "xa01")
    assert remote.run("observe", {"want": ["clock"]}) == {"clock": None}
    first, second, rest = action.stdin[0].split(b"\r\n")
    assert base64.b64decode(first).decode() == script_text("observe")
    assert base64.b64decode(second) == b'<o><l n="want"><s>clock</s></l></o>'
    assert rest == b""
    assert remote.starts == 1


def test_an_observation_says_when_and_how_it_was_taken() -> None:
    observation = Remote(FakeAction(good("observe", clock={"utc": "x"})), "xa01").observe({})
    assert observation.host == "xa01"
    assert observation.source == "winrm"
    assert observation.taken.endswith("Z")
    assert observation.data == {"clock": {"utc": "x"}}


def test_no_command_line_carries_parameters() -> None:
    action = FakeAction(good("fetch_file"))
    Remote(action).run("fetch_file", {"password": "Canary-Pass-2"})
    assert "Canary" not in action.commands[0]
    assert " -EncodedCommand " not in action.commands[0]


def chained(outer: Exception, inner: Exception) -> Exception:
    outer.__context__ = inner
    return outer


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (
            AnsibleConnectionFailure("ntlm: the specified credentials were rejected by the server"),
            "authentication_refused",
        ),
        (InvalidCredentialsError("x"), "authentication_refused"),
        (AnsibleConnectionFailure("ntlm: " + str(fault(5))), "not_administrator"),
        (WinRMTransportError("http", 401, ""), "authentication_refused"),
        (AnsibleConnectionFailure("ntlm: " + str(fault(0x803381A8))), "winrm_quota"),
        (fault(0x803381A7), "winrm_quota"),
        (fault(0x80338035), "winrm_quota"),
        (WSManFaultError(500, "", "", "上限", "s:Sender", "w:QuotaLimit"), "winrm_quota"),
        (WinRMTransportError("http", 413, ""), "winrm_quota"),
        (chained(AnsibleConnectionFailure("winrm connection error: x"), ReadTimeout()), "timeout"),
        (AnsibleError("the connection attempt timed out"), "timeout"),
        (WinRMOperationTimeoutError(), "timeout"),
        (AnsibleConnectionFailure("ntlm: HTTPConnectionPool: Read timed out."), "timeout"),
        (ConnectTimeout("x"), "unreachable"),
        (RequestsConnectionError("Connection refused"), "unreachable"),
        (AnsibleConnectionFailure("ntlm: Connection refused"), "unreachable"),
        (fault(0x80338000), "unreachable"),
        (WinRMTransportError("http", 503, ""), "unreachable"),
        (socket.gaierror(-2, "Name or service not known"), "name_unresolved"),
        (AnsibleError("winrm or requests is not installed: x"), "controller"),
        # Tidying up on a dead line fails in its own way; what went before is the cause.
        (
            chained(InvalidCredentialsError("x"), RequestsConnectionError("reset")),
            "authentication_refused",
        ),
        (chained(RequestsConnectionError("reset"), fault(0x803381A7)), "winrm_quota"),
        # pywinrm raises the bare HTTP status first, and the fault over it.
        (chained(fault(0x803381A7), WinRMTransportError("http", 500, "")), "winrm_quota"),
    ],
)
def test_connection_failures_are_named(failure: Exception, reason: str) -> None:
    error, action = failing(failure)
    assert error.reason == reason
    assert str(error).startswith("xa01: ")
    assert error.remedy.endswith(".")
    assert "障害" not in error.message
    assert action._connection.closed == 1


def test_scripts_refusals_keep_their_reason() -> None:
    error, _ = failing(bad("observe", "refused", "no"))
    assert error.reason == "refused"
    assert error.detail["host"] == "xa01"


def test_secrets_do_not_leave_in_messages() -> None:
    action = FakeAction(AnsibleConnectionFailure("cannot log in as a:Canary-Pass-1"))
    with pytest.raises(RemoteError) as caught:
        Remote(action, "xa01").run("observe", {})
    assert "Canary" not in str(caught.value)
    action = FakeAction(bad("fetch_file", "refused", "net use /user:a Canary-Pass-2 failed"))
    with pytest.raises(RemoteError) as caught:
        Remote(action, "xa01").run("fetch_file", {"password": "Canary-Pass-2"})
    assert "Canary" not in str(caught.value) + str(caught.value.detail)


def test_a_host_that_never_answers_meets_the_deadline() -> None:
    def hang(_: FakeAction) -> None:
        try:
            time.sleep(30)
        except Exception as error:  # connection plugins catch as widely as that
            raise AssertionError from error

    action = FakeAction(hang)
    began = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        Remote(action, "xa01").run("observe", {}, deadline=0.2)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - began < 5
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_the_deadline_ends_a_second_hang_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_AGAIN_SECONDS", 0.2)

    def hang(_: FakeAction) -> None:
        try:
            time.sleep(30)
        finally:
            time.sleep(30)

    began = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        Remote(FakeAction(hang), "xa01").run("observe", {}, deadline=0.2)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - began < 5


def test_a_tasks_own_earlier_timeout_wins_and_a_later_one_survives() -> None:
    class TaskTimeoutError(BaseException):
        pass

    def ring(*_: object) -> None:
        raise TaskTimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1)
        with pytest.raises(TaskTimeoutError), watchdog.deadline(20):
            time.sleep(5)
        signal.setitimer(signal.ITIMER_REAL, 50)
        with watchdog.deadline(1):
            pass
        assert 40 < signal.getitimer(signal.ITIMER_REAL)[0] <= 50
        assert signal.getsignal(signal.SIGALRM) is ring
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_outside_the_main_thread_there_is_no_deadline_and_no_error() -> None:
    seen: list[bool] = []

    def work() -> None:
        with watchdog.deadline(1):
            seen.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]


def test_it_waits_for_a_free_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SHELL_RETRY_SECONDS", 0.0)
    full = AnsibleConnectionFailure("ntlm: " + str(fault(0x803381A5)))
    action = FakeAction(full, full, good("observe", a=1))
    assert Remote(action).run("observe", {}) == {"a": 1}
    monkeypatch.setattr(module, "_SHELL_PATIENCE_SECONDS", -1.0)
    error, _ = failing(full)
    assert error.reason == "winrm_quota"


def test_an_idle_connection_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    action = FakeAction(good("observe"), good("observe"))
    remote = Remote(action)
    remote.run("observe", {})
    assert action._connection.closed == 0
    monkeypatch.setattr(module, "_IDLE_SECONDS", -1.0)
    remote.run("observe", {})
    assert action._connection.closed == 1


class Shells:
    """pywinrm's protocol, as far as shells go."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def close_shell(self, shell: str, close_session: bool = True) -> None:
        self.calls.append(("close", shell, close_session))

    def open_shell(self, codepage: int) -> str:
        self.calls.append(("open", codepage))
        return "the next"


def test_the_steps_of_a_task_share_a_connection_and_its_shell_has_an_end() -> None:
    """Each has a Remote of its own; what a shell has left does not begin anew with it."""
    action = FakeAction(*[good("observe")] * 6)
    action._connection.protocol, action._connection.shell_id = Shells(), "the first"
    for _step in range(5):
        Remote(action).run("observe", {})
    assert action._connection.protocol.calls == []
    Remote(action).run("observe", {})
    assert action._connection.protocol.calls == [("close", "the first", False), ("open", 65001)]
    assert (action._connection.shell_id, action._connection.closed) == ("the next", 0)


def test_where_a_shell_cannot_be_made_anew_the_connection_is() -> None:
    action = FakeAction(*[good("observe")] * 6)
    action._connection.protocol, action._connection.shell_id = object(), "the first"
    for _step in range(6):
        Remote(action).run("observe", {})
    assert action._connection.closed == 1


def test_a_connection_that_cannot_be_closed_is_forgotten() -> None:
    action = FakeAction()

    def close() -> None:
        raise RequestsConnectionError

    action._connection.close = close  # type: ignore[method-assign]
    Remote(action).reset()
    assert action._connection.protocol is None
    assert action._connection.shell_id is None
    assert action._connection._connected is False


def test_no_such_script() -> None:
    with pytest.raises(ValueError, match="no script"):
        Remote(FakeAction()).run("../secrets", {})


class TestChunks:
    """Stdin in pieces that WinRM 2.0 accepts."""

    def sent(self, connection: Any, data: bytes) -> list[int]:
        return [len(piece) for piece, _last in connection._wrapper_payload_stream(data)]

    def test_the_builtin_plugin_is_tuned_within_the_block_only(self) -> None:
        connection = object.__new__(builtin.Connection)
        data = b"x" * 200_001
        assert max(self.sent(connection, data)) == 200_000
        with WinrmConnection(connection).tuned():
            assert self.sent(connection, data) == [STDIN_BYTES, STDIN_BYTES, 20_001]
        assert max(self.sent(connection, data)) == 200_000

    def test_an_envelope_of_that_size_fits(self) -> None:
        assert STDIN_BYTES * 4 / 3 + 4096 < 150 * 1024

    def test_nested_use_keeps_the_outer_tuning(self) -> None:
        connection = object.__new__(builtin.Connection)
        with WinrmConnection(connection).tuned():
            with WinrmConnection(connection).tuned():
                pass
            assert max(self.sent(connection, b"x" * 200_000)) == STDIN_BYTES

    @pytest.mark.parametrize(
        "connection",
        [
            SimpleNamespace(transport="local"),
            SimpleNamespace(transport="psrp", _wrapper_payload_stream=None),
            SimpleNamespace(transport="winrm"),
            object(),
        ],
    )
    def test_other_plugins_are_left_alone(self, connection: Any) -> None:
        before = dict(vars(connection)) if hasattr(connection, "__dict__") else {}
        with WinrmConnection(connection).tuned():
            after = dict(vars(connection)) if hasattr(connection, "__dict__") else {}
        assert before == after

    def test_why_stdin_could_not_be_sent_is_not_lost(self) -> None:
        class Connection(FakeConnection):
            def _wrapper_payload_stream(
                self, payload: bytes, buffer_size: int = 200000
            ) -> None: ...

            def _winrm_send_input(self) -> None:
                raise fault(0x80338035)

        connection = Connection()

        def execute(_: FakeAction) -> Exception:
            with pytest.raises(WSManFaultError):
                connection._winrm_send_input()
            return AnsibleError("winrm send_input failed; stdout: stderr")

        action = FakeAction(execute)
        action._connection = connection
        with pytest.raises(RemoteError) as caught:
            Remote(action).run("observe", {})
        assert caught.value.reason == "winrm_quota"


def test_a_long_wait_takes_a_new_shell_before_the_quota_of_operations_is_used_up() -> None:
    action = FakeAction(*[good("observe") for _ in range(12)])
    remote = Remote(action, "xa01")
    for _ in range(12):
        remote.run("observe", {})
    assert action._connection.closed == 2
