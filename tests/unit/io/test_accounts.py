# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asked with an account, and who is not asked any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import accounts, remote
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.accounts import Logon
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.remote import Remote
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError
from io_doubles import FakeAction, FakeConnection, good

DOMAIN = "LAB\\hotfix"
GOOD, WRONG, UNCLEAR = None, "authentication_refused", "unreachable"
Ask = Callable[..., str | None]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Log on to a host that answers with a reason, or accepts; return what came of it."""

    def asking(
        host: str, reason: str | None = None, user: str = DOMAIN, password: str = "p"
    ) -> str | None:
        try:
            with Logon(host, user, password, tmp_path).asking():
                if reason is not None:
                    raise RemoteError(reason, "no", "look")
        except RemoteError as error:
            return error.reason
        return None

    return asking


def test_after_the_first_refusal_nobody_is_asked(ask: Ask) -> None:
    assert ask("a", WRONG) == WRONG
    assert [ask(host) for host in "abc"] == ["account_refused"] * 3


@pytest.mark.parametrize("reason", ["account_locked", "password_expired"])
def test_a_locked_account_and_an_expired_password_are_refusals(ask: Ask, reason: str) -> None:
    assert ask("a", reason) == reason
    assert ask("b") == "account_refused"


@pytest.mark.parametrize("reason", [UNCLEAR, "timeout", "ticket_refused", "certificate_expired"])
def test_what_says_nothing_of_the_password_stops_nobody(ask: Ask, reason: str) -> None:
    assert ask("a", reason) == reason
    assert ask("b") is GOOD


@pytest.mark.parametrize("reason", ["not_administrator", "winrm_quota"])
def test_some_refusals_prove_the_password(ask: Ask, reason: str) -> None:
    assert ask("a", reason) == reason
    assert ask("b", WRONG) == WRONG
    assert ask("c") is GOOD  # else it would have been the account's end


@pytest.mark.parametrize("user", ["lab\\HOTFIX", "hotfix@lab.example", "LAB.example\\hotfix"])
def test_one_account_in_several_spellings(ask: Ask, user: str) -> None:
    assert ask("a", WRONG) == WRONG
    assert ask("b", user=user) == "account_refused"
    assert ask("b", user="OTHER\\hotfix") is GOOD


def test_a_domains_account_is_one_whatever_password_is_given(ask: Ask) -> None:
    assert ask("a", WRONG, password="one") == WRONG
    assert ask("b", password="two") == "account_refused"


@pytest.mark.parametrize("user", [".\\admin", "{}\\admin"])
def test_a_hosts_own_account_concerns_no_other_host(ask: Ask, user: str) -> None:
    assert ask("xa01.example", WRONG, user=user.format("XA01")) == WRONG
    assert ask("xa01.example", user=user.format("XA01")) == "account_refused"
    assert ask("xa02.example", user=user.format("XA02")) is GOOD


def test_a_bare_name_is_one_account_a_password(ask: Ask) -> None:
    assert ask("a", WRONG, user="Administrator", password="one") == WRONG
    assert ask("b", user="administrator", password="two") is GOOD
    assert ask("b", user="administrator", password="one") == "account_refused"


def test_what_one_host_refuses_after_another_has_accepted_is_its_own_trouble(ask: Ask) -> None:
    assert ask("a") is GOOD
    assert ask("b", WRONG) == WRONG
    assert ask("c") is GOOD
    assert ask("b", WRONG) == WRONG
    assert ask("d") is GOOD


def test_a_password_that_was_changed_meanwhile_costs_one_logon_more(ask: Ask) -> None:
    assert [ask(host) for host in "abc"] == [GOOD] * 3
    assert ask("a", WRONG) == WRONG
    assert ask("a", WRONG) == WRONG  # itself it may be asked again: it may be starting
    assert ask("b", WRONG) == WRONG
    assert [ask(host) for host in "abcd"] == ["account_refused"] * 4


def test_the_message_names_account_and_host_and_nothing_on_disk_does(tmp_path: Path) -> None:
    logon = Logon("xa01", DOMAIN, "Canary-Pass-1", tmp_path)
    with pytest.raises(RemoteError), logon.asking():
        raise RemoteError(WRONG, "no", "look")
    with pytest.raises(RemoteError, match=r"xa01 has refused the account LAB\\hotfix"):
        Logon("xa02", DOMAIN, "Canary-Pass-1", tmp_path).free  # noqa: B018
    left = " ".join(f"{path.name} {path.read_text()}" for path in tmp_path.iterdir())
    assert "hotfix" not in left
    assert "Canary" not in left


def test_side_by_side_one_host_is_asked_first(tmp_path: Path) -> None:
    hosts = [f"h{number}" for number in range(16)]
    begun = threading.Barrier(len(hosts), timeout=60)
    asked: list[str] = []

    def work(host: str) -> str:
        begun.wait()
        try:
            with Logon(host, DOMAIN, "p", tmp_path).asking():
                asked.append(host)
                raise RemoteError(WRONG, "no", "look")
        except RemoteError as error:
            return error.reason

    with ThreadPoolExecutor(len(hosts)) as pool:
        told = list(pool.map(work, hosts))
    assert len(asked) == 1
    assert sorted(told) == ["account_refused"] * (len(hosts) - 1) + [WRONG]


def test_a_host_that_says_nothing_keeps_its_turn_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "TURN_SECONDS", 0.2)
    asked = threading.Event()

    def hang() -> None:
        with Logon("a", DOMAIN, "p", tmp_path).asking():
            asked.wait(60)

    thread = threading.Thread(target=hang)
    thread.start()
    with Logon("b", DOMAIN, "p", tmp_path).asking():
        asked.set()
    thread.join(60)
    assert not thread.is_alive()


def test_nobody_waits_for_an_account_that_was_accepted(tmp_path: Path) -> None:
    with Logon("a", DOMAIN, "p", tmp_path).asking():
        pass
    with Logon("b", DOMAIN, "p", tmp_path).asking(), Logon("c", DOMAIN, "p", tmp_path).asking():
        pass


def test_passwords_of_the_hosts_own_wait_for_nobody(tmp_path: Path) -> None:
    first, second = (Logon(host, "Administrator", host, tmp_path) for host in "ab")
    with first.asking(), second.asking():
        pass


# --- As a connection meets it -----------------------------------------------------------------


class Dialled(FakeConnection):
    """A connection that has not logged on yet."""

    def __init__(self, tmp_path: Path, refuses: bool = False, **options: str) -> None:
        super().__init__()
        self.options |= {"remote_user": DOMAIN, **options}
        self._connected = False
        self.refuses = refuses
        self.logons = 0

    def _connect(self) -> None:
        self.logons += 1
        if self.refuses:
            raise RuntimeError("ntlm: the specified credentials were rejected by the server")
        self._connected = True


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, int]]:
    """Ask a host; return the reason (empty: it answered) and its logons."""
    monkeypatch.setattr(
        remote, "Logon", lambda host, user, password: Logon(host, user, password, tmp_path)
    )

    def connecting(host: str, *, refuses: bool = False, **options: str) -> tuple[str, int]:
        action = FakeAction(good("observe"))
        action._connection = connection = Dialled(tmp_path, refuses, **options)
        try:
            Remote(action, host).run("observe", {})
        except RemoteError as error:
            return error.reason, connection.logons
        return "", connection.logons

    return connecting


def test_remote_asks_nobody_with_an_account_that_was_refused(
    connect: Callable[..., tuple[str, int]],
) -> None:
    assert connect("a", refuses=True) == (WRONG, 1)
    assert connect("b") == ("account_refused", 0)


def test_remote_is_not_held_up_by_a_host_on_which_nothing_listens(
    connect: Callable[..., tuple[str, int]],
) -> None:
    assert connect("a", remote_addr="127.0.0.1", port="1") == ("unreachable", 0)
    assert connect("b") == ("", 1)


def test_an_empty_password_is_not_sent(connect: Callable[..., tuple[str, int]]) -> None:
    assert connect("a", remote_password="") == ("no_password", 0)
    assert connect("b", remote_password="", transport="['kerberos']") == ("", 0)
