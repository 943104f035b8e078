"""The clients that must work unmodified: pywinrm and pypsrp's WinRS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import winrm
from fake_world import FakeHost
from patience import until
from pypsrp.exceptions import AuthenticationError
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMTransportError,
    WSManFaultError,
)

PASSWORD = "Pass:wörd 1"


def protocol(host: FakeHost, transport: str = "ntlm", **more: Any) -> winrm.Protocol:
    settings = {"username": "Administrator", "password": PASSWORD, **more}
    return winrm.Protocol(f"http://{host.address}:5985/wsman", transport=transport, **settings)


@contextmanager
def shell(host: FakeHost, **more: Any) -> Iterator[tuple[winrm.Protocol, str]]:
    client = protocol(host, **more)
    shell_id = client.open_shell()
    yield client, shell_id
    client.close_shell(shell_id)


def run(client: winrm.Protocol, shell_id: str, command: str) -> tuple[bytes, bytes, int]:
    command_id = client.run_command(shell_id, command)
    try:
        return client.get_command_output(shell_id, command_id)
    finally:
        client.cleanup_command(shell_id, command_id)


@pytest.mark.parametrize("user", ["Administrator", ".\\administrator", "XA01\\Administrator"])
def test_pywinrm_with_ntlm_and_encryption(start_lab: Callable[..., Any], user: str) -> None:
    lab, host = start_lab()
    with shell(host, username=user, message_encryption="always") as (client, shell_id):
        assert run(client, shell_id, "hostname") == (b"XA01\r\n", b"", 0)
        assert run(client, shell_id, "exit 7")[2] == 7
        assert run(client, shell_id, "nonsense") == (b"", b"not recognized\r\n", 1)
    assert lab.server.hosts["XA01"].service.table.shells == {}
    assert host.counters["shells"] == 1
    assert host.counters["http_requests"] >= 10


def test_pywinrm_session_sends_an_encoded_powershell(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    session = winrm.Session(host.address, ("Administrator", PASSWORD), transport="ntlm")
    assert session.run_ps("hostname").std_out == b"XA01\r\n"


def test_basic_only_where_it_is_allowed(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab(basic=True)
    with shell(host, transport="basic") as (client, shell_id):
        assert run(client, shell_id, "hostname")[0] == b"XA01\r\n"
    _, closed = start_lab()
    with pytest.raises(InvalidCredentialsError):
        protocol(closed, transport="basic").open_shell()


@pytest.mark.parametrize("transport", ["ntlm", "basic"])
@pytest.mark.parametrize("wrong", [{"password": "no"}, {"username": "nobody"}])
def test_wrong_credentials_get_401(
    start_lab: Callable[..., Any], transport: str, wrong: dict[str, str]
) -> None:
    _, host = start_lab(basic=True)
    with pytest.raises(InvalidCredentialsError):
        protocol(host, transport=transport, **wrong).open_shell()


def test_unencrypted_messages_are_refused_unless_allowed(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    with pytest.raises(WinRMTransportError) as caught:
        protocol(host, message_encryption="never").open_shell()
    assert caught.value.code == 500
    _, open_host = start_lab(unencrypted=True)
    with shell(open_host, message_encryption="never") as (client, shell_id):
        assert run(client, shell_id, "hostname")[0] == b"XA01\r\n"


def psrp(host: FakeHost, password: str, auth: str) -> WSMan:
    return WSMan(host.address, ssl=False, auth=auth, username="Administrator", password=password)


@pytest.mark.parametrize("auth", ["negotiate", "ntlm"])
def test_pypsrp_winrs_with_encryption(start_lab: Callable[..., Any], auth: str) -> None:
    _, host = start_lab()
    with psrp(host, PASSWORD, auth) as wsman, WinRS(wsman) as winrs:
        process = Process(winrs, "hostname")
        process.invoke()
        assert (process.rc, process.stdout) == (0, b"XA01\r\n")
        cat = Process(winrs, "cat")
        cat.begin_invoke()
        cat.send(b"one\r\n", end=False)
        cat.send(b"two\r\n", end=True)
        cat.end_invoke()
        assert cat.stdout == b"one\r\ntwo\r\n"


def test_pypsrp_wrong_password(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    with pytest.raises(AuthenticationError), psrp(host, "no", "negotiate") as wsman, WinRS(wsman):
        pass


def test_receive_times_out_and_is_asked_again(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    times = {"operation_timeout_sec": 1, "read_timeout_sec": 3}
    with shell(host, **times) as (client, shell_id):
        begin = time.monotonic()
        assert run(client, shell_id, "sleep 1.5")[0] == b"slept\r\n"
        assert 1.4 < time.monotonic() - begin < 20


def test_output_larger_than_an_envelope_arrives_whole(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    with shell(host) as (client, shell_id):
        assert len(run(client, shell_id, "big 400000")[0]) == 400000


def send(client: winrm.Protocol, shell_id: str, sizes: list[int]) -> bytes:
    command_id = client.run_command(shell_id, "count", console_mode_stdin=False)
    for number, size in enumerate(sizes, 1):
        client.send_command_input(shell_id, command_id, b"x" * size, end=number == len(sizes))
    return client.get_command_output(shell_id, command_id)[0]


def test_envelope_quota(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    with shell(host) as (client, shell_id):
        assert send(client, shell_id, [90_000, 90_000, 5]) == b"180005"
    client = protocol(host)
    shell_id = client.open_shell()
    with pytest.raises(WinRMTransportError) as caught:
        send(client, shell_id, [200_000])
    assert caught.value.code == 413


def test_quota_of_shells(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    clients = [protocol(host) for _ in range(5)]
    ids = [client.open_shell() for client in clients]
    with pytest.raises(WSManFaultError) as caught:
        protocol(host).open_shell()
    assert caught.value.wsman_fault_code == 2150859173
    with shell(host, username="other", password="secret"):
        pass
    clients[0].close_shell(ids[0])
    with shell(host):
        pass


def test_commands_count_until_the_shell_is_deleted(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab(quotas={"max_operations_per_user": 3})
    for _ in range(2):
        with shell(host) as (client, shell_id):
            for _ in range(3):
                run(client, shell_id, "hostname")
            with pytest.raises(WSManFaultError) as caught:
                client.run_command(shell_id, "hostname")
            assert caught.value.wsman_fault_code == 2150859174


def test_processes_per_shell(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab(quotas={"max_processes_per_shell": 1})
    with shell(host) as (client, shell_id):
        command_id = client.run_command(shell_id, "sleep 60")
        with pytest.raises(WSManFaultError):
            client.run_command(shell_id, "hostname")
        client.cleanup_command(shell_id, command_id)
        assert run(client, shell_id, "hostname")[2] == 0
    assert host.cancelled == 1


def test_a_deleted_shell_kills_its_process_and_is_gone(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    client = protocol(host)
    shell_id = client.open_shell()
    client.run_command(shell_id, "sleep 60")
    client.close_shell(shell_id)
    until(lambda: host.cancelled == 1, 30)
    with pytest.raises(WSManFaultError) as caught:
        client.run_command(shell_id, "hostname")
    assert caught.value.wsman_fault_code == 2150858843


def test_a_host_that_goes_down_cuts_its_connections(start_lab: Callable[..., Any]) -> None:
    lab, host = start_lab()
    client = protocol(host)
    shell_id = client.open_shell()
    command_id = client.run_command(shell_id, "sleep 60")
    host.up = False
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get_command_output(shell_id, command_id)
    with pytest.raises(requests.exceptions.ConnectionError):
        protocol(host).open_shell()
    assert host.cancelled == 1
    assert not lab.server.hosts["XA01"].service.table.shells
    host.up = True
    with shell(host) as (client, shell_id):
        assert run(client, shell_id, "hostname")[2] == 0


@pytest.mark.parametrize("arguments", [{}, {"after": 0.1}])
def test_fault_drop_connection(start_lab: Callable[..., Any], arguments: dict[str, Any]) -> None:
    lab, host = start_lab()
    lab.do(lab.server.inject, "XA01", "drop_connection", {"skip": 1, **arguments})
    client = protocol(host)
    shell_id = client.open_shell()
    assert run(client, shell_id, "hostname")[2] == 0
    command_id = client.run_command(shell_id, "sleep 60" if arguments else "sleep 0.3")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get_command_output(shell_id, command_id)
    with shell(host) as (client, shell_id):
        assert run(client, shell_id, "hostname")[2] == 0
    assert host.cancelled == (1 if arguments else 0)


def test_the_world_may_cut_the_line_itself(start_lab: Callable[..., Any]) -> None:
    _, host = start_lab()
    client = protocol(host)
    shell_id = client.open_shell()
    command_id = client.run_command(shell_id, "die")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get_command_output(shell_id, command_id)


def test_fault_half_output(start_lab: Callable[..., Any]) -> None:
    lab, host = start_lab()
    lab.do(lab.server.inject, "XA01", "half_output", {})
    with shell(host) as (client, shell_id):
        assert run(client, shell_id, "big 1000")[0] == b"x" * 500
        assert run(client, shell_id, "big 1000")[0] == b"x" * 1000


def test_other_faults_are_the_worlds(start_lab: Callable[..., Any]) -> None:
    lab, _ = start_lab()
    lab.do(lab.server.inject, "XA01", "late_restart", {"seconds": 5})
    lab.do(lab.server.inject, "FT01.coserver1", "wmi_hangs", {})
    assert lab.world.injected == [
        ("XA01", "late_restart", {"seconds": 5}),
        ("FT01.coserver1", "wmi_hangs", {}),
    ]


def test_idle_shells_are_closed(start_lab: Callable[..., Any], monkeypatch: Any) -> None:
    monkeypatch.setattr("legacyops_lab.service.IDLE_FLOOR", 1)
    lab, host = start_lab(quotas={"idle_timeout_ms": 1000})
    client = protocol(host)
    shell_id = client.open_shell()
    client.run_command(shell_id, "sleep 60")
    until(lambda: host.cancelled == 1, 30)
    until(lambda: not lab.server.hosts["XA01"].service.table.shells, 30)


def test_a_message_for_another_context_gets_400(start_lab: Callable[..., Any]) -> None:
    """What pywinrm runs into when it sends an old ciphertext on a new connection."""
    _, host = start_lab()
    client = protocol(host)
    client.open_shell()
    session = client.transport.session
    stale = client.transport.encryption.prepare_encrypted_request(
        session, client.transport.endpoint, b"<x/>"
    )
    session.close()
    assert session.send(stale).status_code == 400
