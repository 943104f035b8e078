# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kerberos' own errors, by a real KDC of a realm of the test's own, and what is told of each.

Needs MIT Kerberos (Debian: krb5-kdc, krb5-admin-server, krb5-user) and pykerberos (the extra
kerberos). Nobody answers as a domain's Windows host here: the listener rejects every ticket.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from patience import until

PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
MISSING = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
if importlib.util.find_spec("kerberos") is None:
    MISSING.append("pykerberos")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]

REALM, PASSWORD, WRONG = "LAB.TEST", "Right-Passw0rd", "Canary-Wrong-1"
PRINCIPALS = (
    f"addprinc -pw {PASSWORD} +requires_preauth good",
    f"addprinc -pw {PASSWORD} +requires_preauth clerk",
    f"addprinc -pw {PASSWORD} -allow_tix disabled",
    f"addprinc -pw {PASSWORD} -pwexpire yesterday old",
    "addprinc -randkey HTTP/localhost",
)
KRB5_CONF = """
[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
 dns_canonicalize_hostname = false
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
 GONE.TEST = {{
  kdc = 127.0.0.1:1
 }}
[domain_realm]
 localhost = {realm}
 .lab.test = {realm}
"""
KDC_CONF = """
[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
"""
FILES = (
    ("KRB5_CONFIG", "krb5.conf", KRB5_CONF),
    ("KRB5_KDC_PROFILE", "kdc.conf", KDC_CONF),
)

# Host → its own variables, and the reason that is told.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "wrong": (
        {"ansible_user": f"clerk@{REALM}", "ansible_password": WRONG}, "authentication_refused",
    ),
    "nobody": ({"ansible_user": f"nobody@{REALM}"}, "authentication_refused"),
    "disabled": ({"ansible_user": f"disabled@{REALM}"}, "account_locked"),
    "old": ({"ansible_user": f"old@{REALM}"}, "password_expired"),
    "norealm": ({"ansible_user": "x@NOREALM.TEST"}, "kerberos_realm"),
    "nokdc": ({"ansible_user": "x@GONE.TEST"}, "kerberos_kdc"),
    "nospn": ({"ansible_winrm_kerberos_hostname_override": "other.lab.test"}, "kerberos_spn"),
    "noticket": ({"ansible_password": None}, "kerberos_no_ticket"),
    "ticket": ({}, "ticket_refused"),
}  # fmt: skip


class Rejecting(BaseHTTPRequestHandler):
    """A host that asks for a ticket and takes none."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Negotiate")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def listener() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rejecting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def realm(
    tmp_path_factory: pytest.TempPathFactory, ansible_environment: dict[str, str]
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A running realm's folder, and the environment that leads to it."""
    folder = tmp_path_factory.mktemp("realm")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        values = {"realm": REALM, "folder": str(folder), "port": free.getsockname()[1]}
    for variable, name, text in FILES:
        # Where plug-ins are, a Kerberos that is not the system's own says there.
        given = Path(os.environ.get(variable, os.devnull)).read_text(encoding="utf-8")
        (folder / name).write_text(given + text.format(**values), encoding="utf-8")
    environment = {
        **ansible_environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{PATH}",
        **{variable: str(folder / name) for variable, name, _ in FILES},
        "KRB5CCNAME": f"FILE:{folder}/none",
    }
    made = ["kdb5_util", "-r", REALM, "create", "-s", "-P", "master"]
    subprocess.run(made, env=environment, check=True, capture_output=True, timeout=60)
    for command in PRINCIPALS:
        words = ["kadmin.local", "-r", REALM, "-q", command]
        subprocess.run(words, env=environment, check=True, capture_output=True, timeout=60)
    with subprocess.Popen(["krb5kdc", "-r", REALM, "-n"], env=environment) as kdc:
        until(lambda: "commencing operation" in _log(folder), 60)
        yield folder, environment
        kdc.terminate()


def _log(folder: Path) -> str:
    file = folder / "kdc.log"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def ask(
    realm: tuple[Path, dict[str, str]], port: int, hosts: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Ask these hosts side by side; return each one's failed result."""
    folder, environment = realm
    common = {
        "ansible_host": "localhost",
        "ansible_port": port,
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "http",
        "ansible_winrm_transport": ["kerberos"],
        "ansible_winrm_kinit_env_vars": ["KRB5_CONFIG", "LD_LIBRARY_PATH"],
        "ansible_user": f"good@{REALM}",
        "ansible_password": PASSWORD,
    }
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"vars": common, "hosts": hosts}}), encoding="utf-8")
    words = ["ansible", "all", "-f", "8", "-i", str(inventory), "-m", "legacyops.hotfix.node_info"]
    run = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    found = re.findall(r"^(\S+) \| FAILED! => (\{.*?^\})$", run.stdout, re.MULTILINE | re.DOTALL)
    assert WRONG not in run.stdout + run.stderr
    return {host: json.loads(result) for host, result in found}


def test_each_error_of_kerberos_is_told(realm: tuple[Path, dict[str, str]], listener: int) -> None:
    hosts = {host: variables for host, (variables, _) in CASES.items()}
    results = ask(realm, listener, hosts)
    told = {host: result["reason"] for host, result in results.items()}
    assert told == {host: reason for host, (_, reason) in CASES.items()}, results


def test_a_wrong_password_is_one_bad_logon(
    realm: tuple[Path, dict[str, str]], listener: int
) -> None:
    before = _log(realm[0]).count("PREAUTH_FAILED")
    wrong = {"ansible_user": f"clerk@{REALM}", "ansible_password": WRONG}
    results = ask(realm, listener, {f"h{number}": wrong for number in range(8)})
    told = sorted(result["reason"] for result in results.values())
    assert told == ["account_refused"] * 7 + ["authentication_refused"]
    assert _log(realm[0]).count("PREAUTH_FAILED") == before + 1
