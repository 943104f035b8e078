# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that cannot be connected to, by the real libraries' own errors; and bad logons, counted."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from twins import Twins, estate, running

pytestmark = pytest.mark.slow

WRONG = "Canary-Wrong-1"


@dataclass(frozen=True)
class Case:
    """What is different about a host, and what is told of it."""

    reason: str
    sentence: str
    remedy: str
    special: dict[str, Any]


def variables(**values: Any) -> dict[str, Any]:
    return {"vars": values}


def listener(**certificate: Any) -> dict[str, Any]:
    return {"winrm": {"https": {"certificate": certificate}}}


def transport(name: str, **more: Any) -> dict[str, Any]:
    return variables(ansible_winrm_transport=[name], **more)


CASES = {
    "tls10": Case(
        "tls_too_old",
        "speaks no TLS that this controller",
        "KB4019276",
        {"winrm": {"https": {"tls": "1.0"}}},
    ),
    "selfsigned": Case(
        "certificate_untrusted",
        "does not trust the certificate",
        "ansible_winrm_ca_trust_path",
        listener(trusted=False),
    ),
    "expired": Case(
        "certificate_expired", "has expired", "Give the listener a new one", listener(expired=True)
    ),
    "weak": Case(
        "certificate_weak",
        "is too weak for this controller's OpenSSL",
        "2048 bits",
        listener(bits=1024, sha1=True),
    ),
    "othername": Case(
        "certificate_name",
        "is not for the name that was asked",
        "ansible_host",
        listener(name="other.example"),
    ),
    "httpport": Case(
        "https_to_http",
        "speaks http, and was asked in https",
        "ansible_winrm_scheme: http",
        variables(ansible_winrm_scheme="https"),
    ),
    "noname": Case(
        "name_unresolved",
        "cannot resolve the host's name",
        "ansible_host",
        variables(ansible_host="no-such-host.invalid"),
    ),
    "nopassword": Case(
        "no_password",
        "No password is given",
        "Set ansible_password",
        variables(ansible_password=None),
    ),
    "emptypassword": Case(
        "no_password",
        "No password is given",
        "Set ansible_password",
        variables(ansible_password=""),
    ),
    "nouser": Case("no_user", "No user is given", "Set ansible_user", variables(ansible_user="")),
    "ssh": Case(
        "wrong_connection",
        "Ansible's own choice",
        "ansible_connection: winrm",
        variables(ansible_connection="ssh"),
    ),
    "psrp": Case(
        "wrong_connection",
        "The connection is psrp",
        "ansible_connection: winrm",
        variables(ansible_connection="psrp"),
    ),
    "kerberos": Case(
        "kerberos_missing", "no Kerberos library", "extra kerberos", transport("kerberos")
    ),
    "credssp": Case("credssp_missing", "no CredSSP library", "extra credssp", transport("credssp")),
    "plain": Case(
        "transport_unencrypted",
        "The transport plaintext cannot encrypt",
        "ntlm or kerberos",
        transport("plaintext"),
    ),
    "basic": Case(
        "authentication_refused",
        "or the transport basic (Basic)",
        "ansible_winrm_transport",
        {
            # Its own account: after a refusal nobody else is asked with it.
            "users": {"clerk": "Basic-Passw0rd"},
            **transport("basic", ansible_winrm_message_encryption="never"),
        },
    ),
    "nolistener": Case(
        "unreachable", "(Connection refused)", "WinRM service", variables(ansible_port=1)
    ),
}
LIBRARIES = {"kerberos": "kerberos", "credssp": "requests_credssp"}
GOOD = "goodhttps"


@pytest.fixture(scope="module")
def assessed(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """The first screen of one assessment of all of them, and each host's findings."""
    special = {name: case.special for name, case in CASES.items()} | {GOOD: listener()}
    state = tmp_path_factory.mktemp("connections")
    with running(state, ansible_environment, estate([*CASES, GOOD], **special)) as lab:
        folder = state / "assessed"
        run = lab.run(lab.words("assess", folder))
        files = (folder / "findings").glob("*.json")
        yield run.stdout, {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in files}


@pytest.mark.parametrize("host", CASES)
def test_each_way_to_fail_is_told(
    assessed: tuple[str, dict[str, dict[str, Any]]], host: str
) -> None:
    if host in LIBRARIES and importlib.util.find_spec(LIBRARIES[host]):
        pytest.skip(f"the library {LIBRARIES[host]} is not missing here")
    screen, findings = assessed
    case, found = CASES[host], findings[host]
    assert found["reason"] == case.reason
    (finding,) = found["findings"]
    assert case.sentence in finding["evidence"][0]
    assert case.remedy in finding["remedy"]["en"]
    shown = " ".join(screen.split())
    assert case.sentence in shown
    assert case.remedy in shown


def test_https_works_where_certificate_and_tls_are_good(
    assessed: tuple[str, dict[str, dict[str, Any]]],
) -> None:
    assert assessed[1][GOOD]["reachable"]


def test_no_traceback_and_no_foreign_error_number(
    assessed: tuple[str, dict[str, dict[str, Any]]],
) -> None:
    for foreign in ("Traceback", "Operation not permitted", "Exec format error"):
        assert foreign not in assessed[0]


# --- Bad logons -------------------------------------------------------------------------------

CROWD = [f"CROWD{number:02}" for number in range(1, 25)]
ACCOUNT, PASSWORD = "LAB\\hotfix", "Right-Passw0rd"


@pytest.fixture
def crowd(tmp_path: Path, ansible_environment: dict[str, str]) -> Iterator[Twins]:
    """Hosts of a domain that locks an account at the second bad logon."""
    data = estate(CROWD)
    data["estate"] |= {"users": {ACCOUNT: PASSWORD}, "lockout": {"threshold": 2}}
    environment = {**ansible_environment}
    with running(tmp_path, environment, data) as lab:
        lab.environment["ANSIBLE_FORKS"] = "12"
        yield lab


def account(lab: Twins) -> dict[str, Any]:
    counted = lab.ask("counters")["accounts"]
    assert set(counted) == {"LAB\\HOTFIX"}
    return dict(counted["LAB\\HOTFIX"])


def reasons(folder: Path, kind: str) -> list[str | None]:
    files = (folder / kind).glob("*.json")
    return [json.loads(file.read_text(encoding="utf-8")).get("reason") for file in files]


def test_a_wrong_password_is_one_bad_logon_a_run(crowd: Twins, tmp_path: Path) -> None:
    wrong = ["-e", f"ansible_password={WRONG}"]
    for number, (name, kind) in enumerate((("assess", "findings"), ("audit", "audit")), 1):
        if number == 2:
            crowd.run(crowd.words("assess", tmp_path / "good"))  # counts from the beginning
        run = crowd.run(crowd.words(name, tmp_path / name, *wrong))
        assert run.returncode == 2, run.stdout
        assert account(crowd) == {"bad_logons": number, "locked": False}
        told = reasons(tmp_path / name, kind)
        assert set(told) == {"account_refused", "authentication_refused"}
        assert told.count("authentication_refused") == 1
        assert len(told) == len(CROWD)
        assert "has refused the account LAB\\hotfix in this run" in " ".join(run.stdout.split())
        assert WRONG not in run.stdout


def test_a_plan_from_nothing_read_is_no_success(crowd: Twins, tmp_path: Path) -> None:
    run = crowd.run(crowd.words("plan", tmp_path / "plan", "-e", f"ansible_password={WRONG}"))
    assert run.returncode == 2, run.stdout
    assert account(crowd)["bad_logons"] == 1
    assert "No host could be read" in run.stdout
    plan = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert plan["waves"] == []


def test_modules_called_by_hand_and_apply_count_too(crowd: Twins, tmp_path: Path) -> None:
    wrong = ["-e", f"ansible_password={WRONG}"]
    inventory = str(crowd.state / "inventory.yml")
    program = str(Path(crowd.words("plan", tmp_path)[0]).parent / "ansible")
    by_hand = [program, "all", "-i", inventory, "-m", "legacyops.hotfix.node_info", *wrong]
    run = crowd.run(by_hand)
    assert run.returncode == 2, run.stdout
    assert account(crowd) == {"bad_logons": 1, "locked": False}
    folder = tmp_path / "change"
    assert crowd.run(crowd.words("plan", folder)).returncode == 0
    run = crowd.run(crowd.words("apply", folder, *wrong))
    assert run.returncode == 2, run.stdout
    assert account(crowd) == {"bad_logons": 2, "locked": False}


def test_one_host_that_refuses_costs_nobody_else(crowd: Twins, tmp_path: Path) -> None:
    """Once a host has accepted the password, another one's refusal is that one's matter."""
    inventory = crowd.state / "inventory.yml"
    odd = f"---\nansible_password: {WRONG}\n"
    (crowd.state / "host_vars").mkdir()
    (crowd.state / "host_vars" / f"{CROWD[-1]}.yml").write_text(odd, encoding="utf-8")
    text = inventory.read_text(encoding="utf-8").replace(
        f"ansible_password: {PASSWORD}", "", len(CROWD)
    )
    (crowd.state / "group_vars").mkdir()
    (crowd.state / "group_vars" / "all.yml").write_text(
        f"---\nansible_password: {PASSWORD}\n", encoding="utf-8"
    )
    inventory.write_text(text, encoding="utf-8")
    crowd.environment["ANSIBLE_FORKS"] = "3"
    run = crowd.run(crowd.words("assess", tmp_path / "odd"))
    assert run.returncode == 0, run.stdout
    told = reasons(tmp_path / "odd", "findings")
    assert told.count("authentication_refused") == 1
    assert told.count(None) == len(CROWD) - 1
