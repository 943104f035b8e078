# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each module decides, given what a host answers."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.windows.install import (
    InstallAction,
)
from start_signs import start

G5 = "9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF"
G5_CERT = {"sha256": G5, "thumbprint": "4EB6D578499B1CCF5F581EAD56BE3D9B6744A5E5", "subject": "G5"}
CUT = RemoteError("unreachable", "cut", "again")


def stores(**certs: list[dict[str, Any]]) -> dict[str, Any]:
    empty: dict[str, list[Any]] = {"root": [], "auth_root": [], "disallowed": []}
    return {"stores": {**empty, **certs}, "clock": {"utc": "2026-11-22T05:00:00Z"}}


class TestRootCertificate:
    def test_a_missing_root_is_added_and_read_back(self, run, host) -> None:
        remote = host(
            observe=[stores(auth_root=[G5_CERT])],
            root_certificate=[{"before": False, "after": True}],
        )
        result = run("root_certificate", remote, sha256=G5.lower())
        assert result["changed"]
        assert result["other_stores"] == ["auth_root"]
        assert result["diff"]["before"] != result["diff"]["after"]
        sent = remote.calls[-1][1]
        assert hashlib.sha256(base64.b64decode(sent["der"])).hexdigest().upper() == G5
        assert sent["thumbprint"] == G5_CERT["thumbprint"]

    def test_a_root_that_is_there_is_left_alone(self, run, host) -> None:
        remote = host(observe=[stores(root=[G5_CERT])])
        assert not run("root_certificate", remote, sha256=G5)["changed"]
        assert remote.acts() == []

    @pytest.mark.parametrize(("state", "root"), [("present", []), ("absent", [G5_CERT])])
    def test_check_mode_says_so_and_does_nothing(self, run, host, state, root) -> None:
        remote = host(observe=[stores(root=root)])
        assert run("root_certificate", remote, check=True, state=state, sha256=G5)["changed"]
        assert remote.acts() == []

    def test_what_is_not_read_back_has_failed(self, run, host) -> None:
        remote = host(observe=[stores()], root_certificate=[{"before": False, "after": False}])
        assert run("root_certificate", remote, sha256=G5)["reason"] == "not_verified"

    def test_absent(self, run, host) -> None:
        remote = host(
            observe=[stores(root=[G5_CERT])], root_certificate=[{"before": True, "after": False}]
        )
        assert run("root_certificate", remote, state="absent", sha256=G5)["changed"]
        assert not run("root_certificate", host(observe=[stores()]), state="absent", sha256=G5)[
            "changed"
        ]

    def test_a_distrusted_root_needs_a_word(self, run, host) -> None:
        remote = host(
            observe=[stores(disallowed=[G5_CERT])],
            root_certificate=[{"before": False, "after": True}],
        )
        assert run("root_certificate", remote, sha256=G5)["reason"] == "disallowed"
        assert remote.acts() == []
        assert run("root_certificate", remote, sha256=G5, allow=["disallowed"])["changed"]

    @pytest.mark.parametrize("utc", ["2036-07-17T00:00:00Z", "2006-11-07T00:00:00Z"])
    def test_validity_is_the_hosts_to_judge(self, run, host, utc) -> None:
        observed = {**stores(), "clock": {"utc": utc}}
        assert run("root_certificate", host(observe=[observed]), sha256=G5)["reason"] == "expired"

    @pytest.mark.parametrize("missing", ["root", "disallowed"])
    def test_an_unreadable_store_is_not_an_empty_one(self, run, host, missing) -> None:
        observed = stores(**{missing: None})
        assert run("root_certificate", host(observe=[observed]), sha256=G5)["reason"] == "unknown"

    def test_a_wrong_pin_is_refused_before_the_host_is_asked(self, run, host) -> None:
        remote = host()
        assert run("root_certificate", remote, sha256="00" * 32)["reason"] == "hash_mismatch"
        assert run("root_certificate", remote, sha256="nonsense")["reason"] == "bad_pin"
        assert remote.calls == []

    def test_what_is_no_certificate(self, run, host, tmp_path: Path) -> None:
        path = tmp_path / "x.cer"
        path.write_bytes(b"nonsense")
        result = run("root_certificate", host(), source=str(path), sha256=G5)
        assert result["reason"] == "source_unreadable"

    def test_an_intermediate_is_no_root(self, run, host, tmp_path: Path) -> None:
        path = tmp_path / "x.der"
        path.write_bytes(intermediate())
        pin = hashlib.sha256(path.read_bytes()).hexdigest()
        remote = host(observe=[stores()], root_certificate=[{"before": False, "after": True}])
        arguments = {"source": str(path), "sha256": pin}
        assert run("root_certificate", remote, **arguments)["reason"] == "not_self_signed"
        assert run("root_certificate", remote, **arguments, allow=["not_self_signed"])["changed"]


def intermediate() -> bytes:
    """A certificate whose issuer is somebody else."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    key = ec.generate_private_key(ec.SECP256R1())
    day = datetime(2026, 11, 22, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name("Intermediate"))
        .issuer_name(name("Root"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day - timedelta(days=9))
        .not_valid_after(day + timedelta(days=9))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


class TestRootUpdatePolicy:
    @pytest.mark.parametrize(
        ("before", "state", "after"),
        [(None, "off", 1), (0, "off", 1), (1, "allowed", None)],
    )
    def test_changes(self, run, host, before, state, after) -> None:
        remote = host(
            observe=[{"root_update": {"policy_value": before}}],
            root_update_policy=[{"before": before, "after": after}],
        )
        result = run("root_update_policy", remote, state=state)
        assert result["changed"]
        assert result["group_policy"] == "unknown"
        assert "group policy" in result["warnings"][0]
        assert remote.calls[-1] == ("root_update_policy", {"value": after})

    @pytest.mark.parametrize(("before", "state"), [(None, "allowed"), (0, "allowed"), (1, "off")])
    def test_nothing_to_do(self, run, host, before, state) -> None:
        remote = host(observe=[{"root_update": {"policy_value": before}}])
        assert not run("root_update_policy", remote, state=state)["changed"]

    def test_unknown_is_a_failure(self, run, host) -> None:
        remote = host(observe=[{"root_update": None, "errors": {"root_update": "denied"}}])
        result = run("root_update_policy", remote, state="off")
        assert result["reason"] == "unknown"
        assert "denied" in result["msg"]

    def test_a_policy_that_sets_it_back(self, run, host) -> None:
        remote = host(
            observe=[{"root_update": {"policy_value": 1}}],
            root_update_policy=[{"before": 1, "after": 1}],
        )
        assert run("root_update_policy", remote, state="allowed")["reason"] == "not_verified"


PACKAGE = r"C:\Hotfix\X.msp"
CODE = "{6F1C9A52-3B7D-4E0A-9C41-0A5D3E7B1101}"
JOB = "msp-6F1C9A523B7D4E0A9C410A5D3E7B1101"
PIN = "AB" * 32
NEVER = {"exists": False, "state": None, "last_result": None, "last_run": None}


def before_patch(**more: Any) -> dict[str, Any]:
    return {
        "system": {"oem_code_page": 932},
        "patches": [],
        "pending_restart": {
            "file_renames": 0,
            "component_servicing": False,
            "windows_update": False,
        },
        "installer": {"in_progress": False},
        "files": {PACKAGE: {"exists": True, "sha256": PIN, "size": 5}},
        "jobs": {JOB: NEVER},
        **more,
    }


INSTALLED = {"patches": [{"patch_code": CODE.lower(), "product_code": "{P}", "state": 1}]}


def ended(code: int, log: str | None = None, **more: Any) -> dict[str, Any]:
    tail = base64.b64encode((log or "").encode("utf-16-le")).decode()
    lines = [line for line in (log or "").splitlines() if "26005" in line]
    return {
        "existed": False,
        "started": True,
        "state": 3,
        "last_result": code,
        "last_run": "2026-11-22T05:00:00Z",
        "log": {"exists": True, "size": 2, "utf_16": True, "matches": lines, "tail": tail},
        **more,
    }


ARGUMENTS = {"package": PACKAGE, "sha256": PIN, "patch_code": CODE}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InstallAction, "busy_seconds", 0.0)


FAILED_JOB = {"exists": True, "state": 3, "last_result": 1603, "last_run": "t"}


class TestMspPatch:
    @pytest.mark.parametrize(("code", "restart"), [(0, False), (3010, True), (1641, True)])
    def test_success_is_believed_when_windows_installer_says_so(
        self, run, host, code, restart
    ) -> None:
        remote = host(
            observe=[before_patch(), before_patch(**INSTALLED)], job=[ended(code, "fine"), {}]
        )
        result = run("msp_patch", remote, **ARGUMENTS)
        assert result["changed"]
        assert result["exit_code"] == code
        assert result["reboot_required"] is restart
        assert result["log"]["tail"] == "fine"
        start = remote.calls[1][1]
        assert start["op"] == "start"
        assert start["guard"] == [{"path": PACKAGE, "sha256": PIN}]
        assert start["as_system"] is True
        assert f'/p "{PACKAGE}" /qn /norestart' in start["arguments"]
        assert remote.calls[-1][1]["op"] == "delete"

    def test_success_without_a_record_is_none(self, run, host) -> None:
        remote = host(observe=[before_patch()], job=[ended(0)])
        result = run("msp_patch", remote, **ARGUMENTS)
        assert result["reason"] == "not_verified"
        assert [c[1]["op"] for c in remote.calls if c[0] == "job"] == ["start"]

    def test_an_installed_patch_is_left_alone(self, run, host) -> None:
        remote = host(observe=[before_patch(**INSTALLED)])
        assert not run("msp_patch", remote, **ARGUMENTS)["changed"]
        assert remote.acts() == []

    def test_a_job_left_by_a_dead_run_is_tidied_up(self, run, host) -> None:
        job = {"exists": True, "state": 3, "last_result": 0, "last_run": "t"}
        remote = host(observe=[before_patch(**INSTALLED, jobs={JOB: job})], job=[{}])
        assert not run("msp_patch", remote, **ARGUMENTS)["changed"]
        assert [c[1]["op"] for c in remote.calls if c[0] == "job"] == ["delete"]

    @pytest.mark.parametrize(
        ("now", "restart"),
        [
            (start(1, up=900), True),
            (start(1, up=900, clock=7200), True),
            (start(2), False),
            (start(2, clock=-7200), False),
            ({**start(2), "start_record": None}, True),
        ],
    )
    def test_a_restart_that_a_job_asked_a_dead_run_for_is_not_forgotten(
        self, run, host, now, restart
    ) -> None:
        job = {"exists": True, "state": 3, "last_result": 3010, "last_run": "t", "start": start(1)}
        seen = before_patch(**INSTALLED, jobs={JOB: job}, system=now)
        result = run("msp_patch", host(observe=[seen], job=[{}]), **ARGUMENTS)
        assert (result["exit_code"], result["reboot_required"]) == (3010, restart)

    def test_a_recorded_patch_whose_installer_still_runs_is_waited_for(self, run, host) -> None:
        job = {"exists": True, "state": 4, "last_result": 0x41301, "last_run": "t"}
        remote = host(
            observe=[before_patch(**INSTALLED, jobs={JOB: job}), before_patch(**INSTALLED)],
            job=[ended(0, existed=True, started=False), {}],
        )
        result = run("msp_patch", remote, **ARGUMENTS)
        assert result["found"]
        assert result["exit_code"] == 0

    def test_a_running_job_is_joined_without_asking_for_the_package(self, run, host) -> None:
        job = {"exists": True, "state": 4, "last_result": 0x41301, "last_run": "t"}
        busy = before_patch(jobs={JOB: job}, files={}, installer={"in_progress": True})
        remote = host(observe=[busy, before_patch(**INSTALLED)], job=[ended(0, existed=True), {}])
        assert run("msp_patch", remote, **ARGUMENTS)["exit_code"] == 0

    def test_an_earlier_failure_is_told_again_and_not_started_again(self, run, host) -> None:
        remote = host(
            observe=[before_patch(jobs={JOB: FAILED_JOB})], job=[ended(1603, existed=True)]
        )
        result = run("msp_patch", remote, **ARGUMENTS)
        assert result["reason"] == "installer_failed"
        assert "earlier run" in result["msg"]
        assert "retry" in result["msg"]
        assert [c[1]["op"] for c in remote.calls if c[0] == "job"] == ["start"]

    def test_a_retry_begins_with_a_new_job(self, run, host) -> None:
        remote = host(
            observe=[before_patch(jobs={JOB: FAILED_JOB}), before_patch(**INSTALLED)],
            job=[{}, ended(0), {}],
        )
        assert run("msp_patch", remote, **ARGUMENTS, retry=True)["changed"]
        ops = [c[1]["op"] for c in remote.calls if c[0] == "job"]
        assert ops == ["delete", "start", "delete"]

    LINE = "エラー26005。IMA サービスを起動できません(CTX_MF_IMA_StartIMAService State = 1)。"

    def test_26005_is_told_with_its_evidence(self, run, host) -> None:
        remote = host(observe=[before_patch(), CUT], job=[ended(1603, self.LINE)])
        result = run("msp_patch", remote, **ARGUMENTS)
        assert result["reason"] == "ima_not_started"
        assert result["symptoms"][0]["cause_proven"] is False
        assert result["log"]["tail"] == self.LINE
        assert result["changed"]

    @pytest.mark.parametrize(
        ("free", "size", "reason"),
        [(999, 1000, "disk_full"), (0, None, "disk_full"), (1000, 1000, "installer_failed")],
    )
    def test_a_full_disk_is_named_as_the_cause(self, run, host, free, size, reason) -> None:
        package = {"exists": True, "sha256": PIN, "size": size}
        remote = host(
            observe=[before_patch(files={PACKAGE: package}), {"disk": {"free_bytes": free}}],
            job=[ended(1603)],
        )
        result = run("msp_patch", remote, **ARGUMENTS)
        assert result["reason"] == reason
        assert ("The system drive is full" in result["msg"]) is (reason == "disk_full")
        assert [each["id"] for each in result["symptoms"]] == ["disk_full"] * (
            reason == "disk_full"
        )

    def test_another_installation_is_waited_out(self, run, host) -> None:
        busy = before_patch(installer={"in_progress": True})
        remote = host(
            observe=[busy, busy, before_patch(), busy, before_patch(), before_patch(**INSTALLED)],
            job=[ended(1618), {}, ended(0), {}],
        )
        assert run("msp_patch", remote, **ARGUMENTS)["exit_code"] == 0
        ops = [c[1]["op"] for c in remote.calls if c[0] == "job"]
        assert ops == ["start", "delete", "start", "delete"]

    def test_another_installation_that_lasts_is_told(self, run, host, impatient) -> None:
        remote = host(observe=[before_patch()], job=[ended(1618), {}])
        result = run("msp_patch", remote, **ARGUMENTS)
        assert result["reason"] == "installer_busy"
        assert remote.calls[-1][1]["op"] == "delete"

    @pytest.mark.parametrize("check", [False, True])
    @pytest.mark.parametrize(
        ("observed", "reason"),
        [
            ({"files": {PACKAGE: {"exists": False}}}, "not_found"),
            ({"files": None}, "not_found"),
            ({"files": {PACKAGE: {"exists": True, "sha256": "CD" * 32}}}, "hash_mismatch"),
            ({"files": {PACKAGE: {"exists": True, "sha256": None}}}, "hash_mismatch"),
            ({"installer": {"in_progress": True}}, "installer_busy"),
            ({"installer": None}, "installer_busy"),
            ({"patches": None, "errors": {"patches": "x"}}, "unknown"),
        ],
    )
    def test_it_refuses_in_both_modes(self, run, host, impatient, observed, reason, check) -> None:
        remote = host(observe=[before_patch(**observed)])
        assert run("msp_patch", remote, check=check, **ARGUMENTS)["reason"] == reason
        assert remote.acts() == []

    @pytest.mark.parametrize(
        ("argument", "value", "reason"),
        [
            ("package", r"\\server\share\X.msp", "bad_path"),
            ("package", r"C:\Hotfix\*.msp", "bad_path"),
            ("package", 'C:\\x" /quiet', "bad_path"),
            ("patch_code", "6F1C9A52", "bad_patch_code"),
            ("sha256", "12", "bad_pin"),
        ],
    )
    def test_arguments_that_cannot_be_meant(self, run, host, argument, value, reason) -> None:
        result = run("msp_patch", host(), **{**ARGUMENTS, argument: value})
        assert result["reason"] == reason

    def test_check_mode(self, run, host) -> None:
        remote = host(observe=[before_patch()])
        assert run("msp_patch", remote, check=True, **ARGUMENTS)["changed"]
        assert remote.acts() == []


def service(state: str, pid: int = 1) -> dict[str, Any]:
    return {"exists": True, "state": state, "process_id": pid, "exit_code": 0}


def answers(*states: Any) -> list[Any]:
    services = [service(each) if isinstance(each, str) else each for each in states]
    return [
        each if isinstance(each, Exception) else {"before": each, "after": each}
        for each in services
    ]


def ima(host: Any, first: Any, *later: Any, observe: Any = None) -> Any:
    """A host whose IMA is seen in this state, and then answers from these, the last of which stays.

    observe: what a look after the first one finds.
    """
    [seen] = answers(first)
    looks = [{"services": {"IMAService": seen["after"]}}]
    return host(
        service=answers(*later or (first,)), observe=[*looks, *([observe] if observe else [])]
    )


class TestImaService:
    def test_a_running_service_is_watched(self, run, host) -> None:
        remote = ima(host, "Running")
        assert not run("ima_service", remote, stable_seconds=120)["changed"]
        waits = [params["wait_seconds"] for _, params in remote.calls[1:]]
        assert waits == [50, 50, 20]

    def test_a_stopped_one_is_started_once(self, run, host) -> None:
        remote = ima(host, "Stopped", "Start Pending", "Start Pending", "Running")
        assert run("ima_service", remote, stable_seconds=10)["changed"]
        assert remote.ops("service").count("start") == 1

    def test_one_that_is_starting_is_not_started(self, run, host) -> None:
        remote = ima(host, "Start Pending", "Start Pending", "Running")
        assert run("ima_service", remote, stable_seconds=0)["changed"]
        assert "start" not in remote.ops("service")

    def test_a_start_that_failed_tells_what_was_loading(self, run, host) -> None:
        remote = ima(host, "Stopped", observe={"ima": {"currently_loading_plugin": "ImaRpc.dll"}})
        result = run("ima_service", remote)
        assert result["reason"] == "service_not_running"
        assert result["currently_loading_plugin"] == "ImaRpc.dll"
        assert "ImaRpc.dll" in result["msg"]

    @pytest.mark.parametrize("plugin", ["", None])
    def test_a_start_that_names_no_plugin_has_other_known_causes(self, run, host, plugin) -> None:
        remote = ima(host, "Stopped", observe={"ima": {"currently_loading_plugin": plugin}})
        result = run("ima_service", remote)
        assert "data store" in result["msg"]
        assert "local host cache" in result["msg"]

    @pytest.mark.parametrize("later", [service("Stopped"), service("Running", pid=2)])
    def test_one_that_does_not_stay_up(self, run, host, later) -> None:
        remote = ima(host, "Running", later, observe=CUT)
        assert run("ima_service", remote)["reason"] == "service_not_running"

    def test_check_mode(self, run, host) -> None:
        remote = ima(host, "Stopped")
        assert run("ima_service", remote, check=True)["changed"]
        assert remote.ops("service") == []

    def test_stopped(self, run, host) -> None:
        remote = ima(host, "Running", "Stop Pending", "Stopped")
        result = run("ima_service", remote, state="stopped")
        assert result["changed"]
        assert result["service"]["state"] == "Stopped"

    def test_a_lost_start_is_looked_at_not_repeated(self, run, host) -> None:
        remote = ima(host, "Stopped", CUT, "Running", "Running")
        assert run("ima_service", remote, stable_seconds=0)["changed"]
        assert remote.ops("service") == ["start", "status"]


def booted(token: dict[str, Any], renames: int = 0) -> dict[str, Any]:
    return {"system": token, "pending_restart": {"file_renames": renames}}


class TestReboot:
    def test_it_restarts_once_and_waits(self, run, host) -> None:
        remote = host(
            observe=[booted(start(1)), booted(start(1)), CUT, booted(start(2))],
            restart=[{"return_value": 0}],
        )
        result = run("restart", remote, reason="x")
        assert result["changed"]
        assert (result["before"], result["start"]) == (start(1), start(2))
        assert remote.calls[1] == ("restart", {"start_record": 4060, "reason": "x"})
        assert "warnings" not in result
        assert remote.acts() == ["restart"]
        assert remote.resets == 1

    def test_a_host_that_restarted_since_is_left_alone(self, run, host) -> None:
        remote = host(observe=[booted(start(2))])
        result = run("restart", remote, since=start(1))
        assert not result["changed"]
        assert result["already"]
        assert remote.acts() == []

    @pytest.mark.parametrize("step", [-7200, -2, 2, 7200, 40 * 86_400])
    def test_a_clock_that_is_set_is_no_restart(self, run, host, step) -> None:
        """LastBootUpTime moves with the clock, also while the host is going down."""
        stepped = start(1, up=360, clock=step)
        remote = host(
            observe=[booted(start(1)), booted(stepped), CUT, booted(start(2, clock=step))],
            restart=[{"return_value": 0}],
        )
        result = run("restart", remote)
        assert result["start"] == start(2, clock=step)
        assert remote.acts() == ["restart"]

    @pytest.mark.parametrize("step", [-7200, 2, 7200])
    def test_nor_is_one_that_was_set_since(self, run, host, step) -> None:
        remote = host(
            observe=[booted(start(1, up=900, clock=step)), booted(start(2, clock=step))],
            restart=[{"return_value": 0}],
        )
        assert run("restart", remote, since=start(1))["changed"]
        assert remote.acts() == ["restart"]

    @pytest.mark.parametrize("lacks", [{"start_record": None}, {"start_record": 12}])
    def test_what_cannot_be_told_is_no_restart_and_starts_none(self, run, host, lacks) -> None:
        remote = host(observe=[booted({**start(2), **lacks})])
        result = run("restart", remote, since=start(1))
        assert (result["reason"], result["changed"]) == ("unknown", False)
        assert remote.acts() == []

    def test_nothing_is_restarted_that_could_not_be_told_afterwards(self, run, host) -> None:
        remote = host(observe=[booted({**start(1), "start_record": None})])
        assert run("restart", remote)["reason"] == "unknown"
        assert remote.acts() == []

    def test_a_log_that_is_full_is_told(self, run, host) -> None:
        remote = host(
            observe=[booted(start(1)), booted({**start(2), "start_record": 4060})],
            restart=[{"return_value": 0}],
        )
        result = run("restart", remote, deadline_seconds=0)
        assert result["reason"] == "deadline"
        assert "still that of record 4060" in result["msg"]

    def test_renames_that_come_back_are_a_warning(self, run, host) -> None:
        remote = host(
            observe=[booted(start(1), 3), booted(start(2), 3)], restart=[{"return_value": 0}]
        )
        assert "3 file renames wait again" in run("restart", remote)["warnings"][0]

    def test_a_lost_answer_is_settled_by_the_next_start(self, run, host) -> None:
        remote = host(observe=[booted(start(1)), booted(start(2))], restart=[CUT])
        assert run("restart", remote)["changed"]

    def test_a_host_that_does_not_come_back(self, run, host) -> None:
        remote = host(observe=[booted(start(1)), CUT], restart=[{"return_value": 0}])
        result = run("restart", remote, deadline_seconds=0)
        assert result["reason"] == "deadline"

    def test_refusals(self, run, host) -> None:
        remote = host(observe=[booted(start(1))], restart=[{"return_value": 1314}])
        assert run("restart", remote)["reason"] == "refused"
        refused = RemoteError("refused", "it has a newer record", "look")
        remote = host(observe=[booted(start(1))], restart=[refused])
        assert run("restart", remote)["reason"] == "refused"

    def test_wrong_credentials_are_tried_three_times_at_most(self, run, host) -> None:
        no = RemoteError("authentication_refused", "no", "check")
        remote = host(observe=[booted(start(1)), no], restart=[{"return_value": 0}])
        assert run("restart", remote)["reason"] == "authentication_refused"
        assert len(remote.calls) == 5

    def test_check_mode(self, run, host) -> None:
        remote = host(observe=[booted(start(1))])
        assert run("restart", remote, check=True)["changed"]
        assert remote.acts() == []


def logons(mode: int | None, *users: str, disabled: bool | None = False) -> dict[str, Any]:
    listed = [{"id": 0, "state": 4, "user": "", "name": "Services"}]
    listed += [{"id": 65536, "state": 6, "user": "", "name": "RDP-Tcp"}]
    listed += [{"id": n, "state": 0, "user": u, "name": "x"} for n, u in enumerate(users, 2)]
    return {"sessions": {"drain_mode": mode, "logons_disabled": disabled, "list": listed}}


def switched(mode: int) -> dict[str, Any]:
    after = {"drain_mode": mode, "logons_disabled": False}
    return {"before": {}, "after": after, "exit_code": 0, "logged_off": []}


class TestLogonMode:
    @pytest.mark.parametrize(
        ("mode", "state", "op", "after"),
        [(0, "drained", "drain", 2), (1, "drained", "drain", 2), (2, "enabled", "enable", 0)],
    )
    def test_it_switches(self, run, host, mode, state, op, after) -> None:
        remote = host(observe=[logons(mode)], logon_mode=[switched(after)])
        result = run("logon_mode", remote, state=state)
        assert result["changed"]
        assert remote.calls[-1] == ("logon_mode", {"op": op, "log_off": []})

    @pytest.mark.parametrize(("mode", "state"), [(0, "enabled"), (2, "drained")])
    def test_nothing_to_do(self, run, host, mode, state) -> None:
        remote = host(observe=[logons(mode, "sato")])
        result = run("logon_mode", remote, state=state)
        assert not result["changed"]
        assert [s["user"] for s in result["sessions"]] == ["sato"]

    def test_disabled_logons_are_not_enabled_ones(self, run, host) -> None:
        remote = host(observe=[logons(0, disabled=True)], logon_mode=[switched(0)])
        assert run("logon_mode", remote, state="enabled")["changed"]

    def test_an_external_method_leaves_the_mode_alone(self, run, host) -> None:
        remote = host(observe=[logons(0)])
        assert not run("logon_mode", remote, state="drained", method="external")["changed"]
        assert remote.acts() == []

    def test_sessions_are_waited_for(self, run, host) -> None:
        remote = host(observe=[logons(2, "sato"), logons(2, "sato"), CUT, logons(2)])
        result = run("logon_mode", remote, state="drained", wait_for_sessions=True)
        assert result["sessions"] == []
        assert remote.acts() == []

    def test_nobody_is_logged_off_unasked(self, run, host) -> None:
        remote = host(observe=[logons(0, "sato")], logon_mode=[switched(2)])
        arguments = {"state": "drained", "wait_for_sessions": True, "deadline_seconds": 0}
        result = run("logon_mode", remote, **arguments)
        assert result["reason"] == "sessions_remain"
        assert result["changed"]
        assert [p["log_off"] for s, p in remote.calls if s == "logon_mode"] == [[]]

    def test_forced_logoff_when_told(self, run, host) -> None:
        remote = host(
            observe=[logons(2, "sato", "abe"), logons(2, "sato"), logons(2)],
            logon_mode=[{**switched(2), "logged_off": [2]}],
        )
        arguments = {"wait_for_sessions": True, "deadline_seconds": 0, "forced_logoff": True}
        result = run("logon_mode", remote, state="drained", **arguments)
        assert result["logged_off"] == [2]
        assert result["changed"]
        assert remote.calls[2] == ("logon_mode", {"op": "drain", "log_off": [2]})

    def test_unknown_sessions_are_not_none(self, run, host) -> None:
        remote = host(observe=[{"sessions": None}])
        assert run("logon_mode", remote, state="drained")["reason"] == "unknown"

    def test_check_mode(self, run, host) -> None:
        remote = host(observe=[logons(0, "sato")])
        result = run("logon_mode", remote, check=True, state="drained", wait_for_sessions=True)
        assert result["changed"]
        assert remote.acts() == []


NOT_THERE = {"files": {PACKAGE: {"exists": False, "sha256": None}}}


class TestStagedPackage:
    def there(self, sha256: str | None) -> dict[str, Any]:
        return {"files": {PACKAGE.upper(): {"exists": True, "sha256": sha256, "size": 5}}}

    def test_the_right_file_is_left_alone(self, run, host) -> None:
        remote = host(observe=[self.there(PIN)])
        assert not run("staged_package", remote, path=PACKAGE, sha256=PIN)["changed"]

    @pytest.mark.parametrize("observed", [NOT_THERE, {"files": None}])
    def test_without_a_source_it_only_looks(self, run, host, observed) -> None:
        remote = host(observe=[observed])
        result = run("staged_package", remote, path=PACKAGE, sha256=PIN)
        assert result["reason"] == "not_found"

    @pytest.mark.parametrize(
        "source", [r"\\nas\hotfix\X.msp", "http://nas/X.msp", "HTTPS://nas/X", r"D:\X.msp"]
    )
    def test_the_host_pulls(self, run, host, source) -> None:
        remote = host(observe=[NOT_THERE], fetch_file=[{"size": 7, "changed": True}])
        arguments = {"source": source, "username": "LAB\\a", "password": "Canary-3"}
        result = run("staged_package", remote, path=PACKAGE, sha256=PIN, **arguments)
        assert result["method"] == "pull"
        assert result["size"] == 7
        assert "Canary" not in str(result)

    def test_no_other_host_tries_an_account_that_the_share_refuses(self, run, host) -> None:
        no = RemoteError("script_error", "no", "look", {"code": 0x8007052E})
        given = {"source": r"\\nas\hotfix\X.msp", "username": r".\refused", "password": "Canary-3"}
        reasons = []
        for _ in range(2):
            remote = host(observe=[NOT_THERE], fetch_file=[no])
            reasons.append(
                run("staged_package", remote, path=PACKAGE, sha256=PIN, **given)["reason"]
            )
        assert reasons == ["share_refused", "account_refused"]
        other = {**given, "username": r"OTHER\refused"}
        remote = host(observe=[NOT_THERE], fetch_file=[{"size": 7, "changed": True}])
        assert run("staged_package", remote, path=PACKAGE, sha256=PIN, **other)["method"] == "pull"

    def test_the_controller_pushes(self, run, host, tmp_path: Path) -> None:
        file = tmp_path / "x.msp"
        file.write_bytes(b"x" * 70_000)
        pin = hashlib.sha256(file.read_bytes()).hexdigest().upper()
        remote = host(observe=[self.there("CD" * 32)], receive_file=[{"size": 70_000}])
        result = run("staged_package", remote, path=PACKAGE, sha256=pin, source=str(file))
        assert result["method"] == "push"
        assert b"".join(remote.pieces) == file.read_bytes()
        assert result["diff"]["before"] == {PACKAGE: "CD" * 32}

    def test_refusals(self, run, host, tmp_path: Path) -> None:
        file = tmp_path / "x.msp"
        file.write_bytes(b"x" * 2_000_000)
        pin = hashlib.sha256(file.read_bytes()).hexdigest()
        remote = host(observe=[NOT_THERE])

        def reason(**arguments: Any) -> str:
            base = {"path": PACKAGE, "sha256": pin, "source": str(file)}
            return str(run("staged_package", remote, **{**base, **arguments})["reason"])

        assert reason(push_limit_mb=1) == "too_large"
        assert reason(sha256=PIN) == "hash_mismatch"
        assert reason(source="nowhere") == "source_unreadable"
        assert reason(path="C:\\*.msp") == "bad_path"
        assert remote.acts() == []

    def test_check_mode(self, run, host) -> None:
        remote = host(observe=[NOT_THERE])
        arguments = {"path": PACKAGE, "sha256": PIN, "source": "http://nas/X.msp"}
        assert run("staged_package", remote, check=True, **arguments)["changed"]
        assert remote.acts() == []


class TestNodeInfo:
    def test_one_start_for_everything(self, run, host) -> None:
        remote = host(observe=[{"system": {}}])
        result = run("node_info", remote, gather_subset=["system"], services=["IMAService"])
        assert len(remote.calls) == 1
        assert remote.calls[0][1]["want"] == ["system"]
        assert result["observation"]["data"] == {"system": {}}

    def test_a_step_has_read_what_it_needs(self, run, host) -> None:
        remote = host(observe=[{}, {}])
        run("node_info", remote, probe_chains=[PACKAGE])
        assert (remote.calls[0][1]["want"], remote.calls[0][1]["chains"]) == ([], [PACKAGE])
        run("node_info", remote, by_hand=True, probe_chains=[PACKAGE])
        assert "products" in remote.calls[1][1]["want"]

    def test_a_signature_needs_stores_and_clock(self, run, host) -> None:
        remote = host(observe=[{"files": {PACKAGE: {"exists": False, "signature": None}}}])
        result = run("node_info", remote, gather_subset=["disk"], files=[{"path": PACKAGE}])
        assert remote.calls[0][1]["want"] == ["clock", "stores", "disk"]
        assert result["signatures"][PACKAGE]["value"] == "file_missing"

    def test_what_cannot_be_judged_is_unknown(self, run, host) -> None:
        remote = host(observe=[{"files": {PACKAGE: {"exists": None, "signature": None}}}])
        result = run("node_info", remote, files=[{"path": PACKAGE}])
        assert result["signatures"][PACKAGE]["value"] == "unknown"

    def test_check_mode_builds_no_chain(self, run, host) -> None:
        remote = host(observe=[{}])
        result = run("node_info", remote, check=True, probe_chains=[PACKAGE])
        assert remote.calls[0][1]["chains"] == []
        assert result["warnings"]
        run("node_info", remote, probe_chains=[PACKAGE])
        assert remote.calls[1][1]["chains"] == [PACKAGE]


def test_a_failing_host_fails_the_task_and_is_never_unreachable(run, host) -> None:
    remote = host(observe=[CUT])
    result = run("node_info", remote)
    assert result["failed"] is True
    assert result["reason"] == "unreachable"
    assert "unreachable" not in result
