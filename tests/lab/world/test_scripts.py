"""The shipped scripts, as they come over the wire."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from legacyops_lab.world import certificates, images, known
from legacyops_lab.world.images import Image
from legacyops_lab.world.times import parse

from .conftest import BOOT_TEXT, PACKAGE, PATCH, Terminal, encode, host_spec

Make = Callable[..., Terminal]
G5 = certificates.catalogue()["g5"]
MSIEXEC = r"C:\Windows\System32\msiexec.exe"
LOG = r"C:\Hotfix\log.txt"
PARTS = [
    "system",
    "clock",
    "stores",
    "root_update",
    "root_update_events",
    "products",
    "patches",
    "sessions",
    "pending_restart",
    "installer",
    "ima",
    "disk",
]


def job_start(**more: Any) -> dict[str, Any]:
    """Return the parameters that start the hotfix's job."""
    return {
        "op": "start",
        "name": "hotfix-1",
        "executable": MSIEXEC,
        "arguments": f'/p "{PACKAGE}" /qn /norestart /l*v "{LOG}"',
        "as_system": True,
        "guard": [],
        "wait_seconds": 10,
        "log": {"path": LOG, "patterns": ["26005"], "tail_bytes": 200},
        **more,
    }


def root_add(der: bytes, **more: Any) -> dict[str, Any]:
    """Return the parameters that import a root."""
    return {
        "op": "add",
        "sha256": hashlib.sha256(der).hexdigest().upper(),
        "thumbprint": hashlib.sha1(der).hexdigest().upper(),
        "der": base64.b64encode(der).decode(),
        **more,
    }


def test_observe_reads_everything_and_changes_nothing(make: Make) -> None:
    lab = make(XA01={**host_spec(sessions=[{"user": "sato"}]), "language": "ja"})
    before = lab.world.snapshot()
    wanted = {
        "want": PARTS,
        "services": ["IMAService", "none"],
        "service_modules": ["IMAService"],
        "files": [{"path": r"C:\hotfix\*.msp", "hash": True, "signature": True}],
        "jobs": ["hotfix-1"],
    }
    data = asyncio.run(lab.data("XA01", "observe", wanted))
    assert set(PARTS) <= set(data)
    assert data["system"]["language"] == 1041
    assert data["system"]["start_record"] == 4000
    assert data["services"]["none"]["exists"] is False
    assert data["service_modules"]["IMAService"] in data["files"]
    signature = data["files"][PACKAGE]["signature"]
    assert signature["hash_status"] == 0
    assert signature["certificates"][1]["issuer_hash"] == G5.subject_hash
    assert signature["timestamp"]["certificates"] == signature["certificates"]
    assert [s["user"] for s in data["sessions"]["list"] if s["user"]] == ["sato"]
    assert data["jobs"] == {
        "hotfix-1": {
            "exists": False,
            **dict.fromkeys(("state", "last_result", "last_run", "start")),
        }
    }
    assert lab.world.snapshot() == before
    assert lab.host().counters["powershell_starts"] == 1


def test_building_a_chain_may_fetch_the_root(make: Make) -> None:
    lab = make(XA01=host_spec(root_update={}), XA02=host_spec(root_update={"internet": False}))
    chain = asyncio.run(lab.data("XA01", "observe", {"chains": [PACKAGE]}))["chains"][PACKAGE]
    assert (chain["ok"], chain["status"]) == (True, 0)
    assert chain["roots_added"] == [G5.thumbprint]
    assert chain["verification_time"] == "2011-11-15T09:30:00Z"
    chain = asyncio.run(lab.data("XA02", "observe", {"chains": [PACKAGE]}))["chains"][PACKAGE]
    assert (chain["ok"], chain["status"], chain["roots_added"]) == (False, 0x10000, [])


def test_root_comes_and_goes(make: Make) -> None:
    lab = make(XA01=host_spec())
    der = certificates.g5_der()
    added = asyncio.run(lab.data("XA01", "root_certificate", root_add(der)))
    assert added == {"before": False, "after": True}
    stores = asyncio.run(lab.data("XA01", "observe", {"want": ["stores"]}))["stores"]
    assert {**G5.record(), "properties": {}} in stores["root"]
    removed = asyncio.run(lab.data("XA01", "root_certificate", root_add(der, op="remove")))
    assert removed == {"before": True, "after": False}
    bad = asyncio.run(lab.result("XA01", "root_certificate", root_add(der, sha256="00")))
    assert bad["error"]["kind"] == "hash_mismatch"
    garbage = asyncio.run(lab.result("XA01", "root_certificate", root_add(b"no certificate")))
    assert garbage["error"]["code"] == 0x80092009
    assert lab.violations() == []


def test_import_writes_the_physical_store_whatever_the_update_fetched(make: Make) -> None:
    lab = make(XA01=host_spec(stores={"root": ["timestamp_root"], "auth_root": ["g5"]}))
    der = certificates.g5_der()
    added = asyncio.run(lab.data("XA01", "root_certificate", root_add(der)))
    assert added == {"before": False, "after": True}
    removed = asyncio.run(lab.data("XA01", "root_certificate", root_add(der, op="remove")))
    assert removed == {"before": True, "after": False}
    assert G5.thumbprint in lab.host().trust.stores["auth_root"]
    odd = asyncio.run(lab.result("XA01", "root_certificate", root_add(der, thumbprint="4e")))
    assert odd["error"]["kind"] == "refused"


def test_policy(make: Make) -> None:
    lab = make(XA01=host_spec())
    changed = asyncio.run(lab.data("XA01", "root_update_policy", {"value": None}))
    assert changed == {"before": 1, "after": None}


@pytest.mark.parametrize(("age", "answer"), [("before_2016", 1), ("since_2016", 0x41303)])
def test_a_task_that_was_told_to_run_says_ready_for_a_moment(
    make: Make, age: str, answer: int
) -> None:
    lab = make(XA01=host_spec(task_scheduler={"age": age}))
    data = asyncio.run(lab.data("XA01", "job", job_start(wait_seconds=0)))
    shown = {key: data[key] for key in ("started", "state", "last_result", "last_run")}
    assert shown == {"started": True, "state": 3, "last_result": answer, "last_run": None}
    seen = asyncio.run(lab.data("XA01", "observe", {"jobs": ["hotfix-1"]}))["jobs"]["hotfix-1"]
    assert (seen["exists"], seen["last_result"], seen["last_run"]) == (True, answer, None)
    again = asyncio.run(lab.data("XA01", "job", job_start(wait_seconds=0)))
    assert (again["started"], again["state"]) == (False, 4)
    lab.clock.pass_minutes(20)
    assert lab.host().installer.starts == {PATCH: 1}


def test_a_task_that_was_registered_only_is_started(make: Make) -> None:
    lab = make(XA01=host_spec())
    lab.host().jobs.register("hotfix-1", "msiexec.exe", f'/p "{PACKAGE}" /qn /norestart', True)
    lab.host().jobs.get("hotfix-1")["start"] = lab.host().clock.signs()
    data = asyncio.run(lab.data("XA01", "job", job_start(wait_seconds=5)))
    assert (data["existed"], data["started"], data["state"]) == (True, True, 4)


def test_job_lives_on_and_never_starts_twice(make: Make) -> None:
    lab = make(XA01=host_spec(task_scheduler={"begin_seconds": 0}))
    asyncio.run(lab.data("XA01", "root_certificate", root_add(certificates.g5_der())))
    first = asyncio.run(lab.data("XA01", "job", job_start()))
    assert (first["existed"], first["started"], first["state"]) == (False, True, 4)
    again = asyncio.run(lab.data("XA01", "job", job_start()))
    assert (again["existed"], again["started"], again["state"]) == (True, False, 4)
    lab.clock.pass_minutes(20)
    done = asyncio.run(lab.data("XA01", "job", job_start(op="status")))
    assert (done["state"], done["last_result"]) == (3, 0)
    assert done["log"]["exists"]
    assert "returning 0" in base64.b64decode(done["log"]["tail"]).decode("utf-16-le")
    asyncio.run(lab.data("XA01", "job", job_start(op="delete")))
    assert lab.host().jobs.get("hotfix-1") is None
    assert lab.host().installer.starts == {PATCH: 1}


def test_job_waits_for_the_end_inside_one_start(make: Make) -> None:
    lab = make(XA01=host_spec())
    data = asyncio.run(lab.data("XA01", "job", job_start(wait_seconds=3600)))
    assert (data["state"], data["last_result"]) == (4, 0x41301)
    lab.clock.pass_minutes(9)
    data = asyncio.run(lab.data("XA01", "job", job_start(op="status", wait_seconds=50)))
    assert (data["state"], data["last_result"]) == (3, 1603)
    assert len(data["log"]["matches"]) == 1
    assert "26005" in data["log"]["matches"][0]


def test_job_guard_refuses_another_file(make: Make) -> None:
    lab = make(XA01=host_spec())
    guard = [{"path": PACKAGE, "sha256": "00"}]
    result = asyncio.run(lab.result("XA01", "job", job_start(guard=guard)))
    assert result["error"]["kind"] == "hash_mismatch"
    assert lab.host().jobs.get("hotfix-1") is None


def test_service_is_started_and_waited_for(make: Make) -> None:
    lab = make(XA01=host_spec(ima={"state": "stopped"}))
    wanted = {
        "op": "start",
        "name": "IMAService",
        "wait_for": "Running",
        "wait_seconds": 50,
    }
    first = asyncio.run(lab.data("XA01", "service", wanted))
    assert (first["before"]["state"], first["after"]["state"]) == ("Stopped", "Start Pending")
    second = asyncio.run(lab.data("XA01", "service", {**wanted, "op": "status"}))
    assert second["after"]["state"] == "Running"
    missing = asyncio.run(lab.result("XA01", "service", {**wanted, "name": "none"}))
    assert missing["error"]["kind"] == "not_found"


def test_a_restart_is_refused_after_another_start(make: Make) -> None:
    lab = make(XA01=host_spec())
    system = asyncio.run(lab.data("XA01", "observe", {"want": ["system"]}))["system"]
    token = {"start_record": system["start_record"], "reason": "test"}
    assert asyncio.run(lab.data("XA01", "restart", token)) == {"return_value": 0}
    lab.clock.pass_minutes(2)
    with pytest.raises(ConnectionAbortedError):
        asyncio.run(lab.data("XA01", "observe", {}))
    lab.clock.pass_minutes(10)
    refused = asyncio.run(lab.result("XA01", "restart", token))
    assert refused["error"]["kind"] == "refused"


def test_logon_mode(make: Make) -> None:
    lab = make(XA01=host_spec(sessions=[{"user": "sato"}, {"user": "ito", "minutes": None}]))
    drained = asyncio.run(lab.data("XA01", "logon_mode", {"op": "drain", "log_off": []}))
    assert (drained["before"]["drain_mode"], drained["after"]["drain_mode"]) == (0, 2)
    lab.clock.pass_minutes(11)
    forced = asyncio.run(lab.data("XA01", "logon_mode", {"op": "drain", "log_off": [2, 3]}))
    assert forced["logged_off"] == [3]
    enabled = asyncio.run(lab.data("XA01", "logon_mode", {"op": "enable", "log_off": []}))
    assert enabled["after"]["drain_mode"] == 0


def pieces(content: bytes) -> list[bytes]:
    """Cut a file into pieces as the wire carries them."""
    return [content[at : at + 30_000] for at in range(0, len(content), 30_000)]


def test_received_package_is_what_was_sent(make: Make, tmp_path: Path) -> None:
    lab = make(XA01=host_spec(packages=[], stores={"root": ["g5", "timestamp_root"]}))
    image = Image("msp", "PUSHED", 100_000, "citrix_2011", PATCH, (), ("ImaSrv.exe",))
    sha256 = images.write(tmp_path / "x.msp", image)
    content = (tmp_path / "x.msp").read_bytes()
    wanted = {"path": PACKAGE, "size": len(content), "sha256": sha256}
    data = asyncio.run(lab.data("XA01", "receive_file", wanted, pieces(content)))
    assert data == {"size": 100_000, "sha256": sha256}
    assert asyncio.run(lab.install("XA01")) == 0


def test_a_large_file_of_any_content(make: Make) -> None:
    lab = make(XA01=host_spec())
    content = os.urandom(300_000)
    digest = hashlib.sha256(content).hexdigest().upper()
    wanted = {"path": r"C:\any.bin", "size": len(content), "sha256": digest}
    asyncio.run(lab.data("XA01", "receive_file", wanted, pieces(content)))
    short = asyncio.run(lab.result("XA01", "receive_file", wanted, pieces(content[:-1])))
    assert short["error"]["kind"] == "hash_mismatch"
    lab.world.inject("XA01", "disk_full")
    full = asyncio.run(lab.result("XA01", "receive_file", wanted, pieces(content)))
    assert full["error"]["code"] == 0x80070070


def test_fetching(make: Make) -> None:
    source = r"\\files\hotfix\x.msp"
    share = {
        "source": source,
        "username": r"LAB\reader",
        "password": "pw",
        "package": {"name": "X", "patch_code": PATCH},
    }
    lab = make(XA01=host_spec(packages=[], shares=[share]))
    wanted = {
        "source": source,
        "path": PACKAGE,
        "sha256": images.package({"name": "X", "patch_code": PATCH}).sha256(),
        "username": r"LAB\reader",
        "password": "pw",
    }
    assert asyncio.run(lab.data("XA01", "fetch_file", wanted))["changed"] is True
    assert asyncio.run(lab.data("XA01", "fetch_file", wanted))["changed"] is False
    again = {**wanted, "path": r"C:\y.msp"}
    wrong = asyncio.run(lab.result("XA01", "fetch_file", {**again, "password": "no"}))
    assert wrong["error"]["code"] == 0x8007052E
    none = asyncio.run(lab.result("XA01", "fetch_file", {**again, "source": r"\\files\none"}))
    assert none["error"]["code"] == 0x80070035
    local = asyncio.run(lab.result("XA01", "fetch_file", {**again, "source": r"C:\none"}))
    assert local["error"]["kind"] == "not_found"


def test_faults(make: Make) -> None:
    lab = make(XA01=host_spec())
    lab.world.inject("XA01", "truncate", script="observe")
    out = asyncio.run(lab.raw("XA01", "observe", {"want": ["system"]}))[0]
    assert b"END LEGACYOPS RESULT" not in out
    assert b"END" in asyncio.run(lab.raw("XA01", "observe", {}))[0]
    lab.world.inject("XA01", "drop_script", script="job", after="3")
    with pytest.raises(ConnectionAbortedError):
        asyncio.run(lab.data("XA01", "job", job_start(wait_seconds=50)))
    assert lab.host().jobs.get("hotfix-1") is not None
    lab.world.inject("XA01", "hang", seconds=60)
    assert not lab.host().reachable()
    lab.clock.pass_minutes(2)
    assert lab.host().reachable()
    with pytest.raises(ValueError, match="unknown fault"):
        lab.world.inject("XA01", "earthquake")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({}, 3762504530), ({"how": "startup"}, 3221225794), ({"how": "message"}, 1)],
)
def test_out_of_memory(make: Make, arguments: dict[str, str], code: int) -> None:
    lab = make(XA01=host_spec())
    lab.world.inject("XA01", "out_of_memory", **arguments)
    out, err, rc = asyncio.run(lab.raw("XA01", "observe", {"want": []}))
    assert (out, rc) == (b"", code)
    assert (b"OutOfMemoryException" in err) == (code == 1)
    assert b"END" in asyncio.run(lab.raw("XA01", "observe", {}))[0]
    with pytest.raises(ValueError, match="how is one of exit, startup, message"):
        lab.world.inject("XA01", "out_of_memory", how="slowly")


def test_a_shell_with_too_little_memory(make: Make) -> None:
    quotas = {"max_memory_per_shell_mb": 50}
    lab = make(XA01={**host_spec(), "winrm": {"quotas": quotas}})
    assert asyncio.run(lab.raw("XA01", "observe", {}))[2] == 3762504530


def test_late_restart(make: Make) -> None:
    lab = make(XA01=host_spec(restart_seconds=60))
    lab.world.inject("XA01", "late_restart", seconds=3600)
    lab.host().restart()
    lab.clock.pass_minutes(30)
    assert not lab.host().reachable()
    lab.clock.pass_minutes(40)
    assert lab.host().reachable()


def test_an_unknown_script_is_garbage(make: Make) -> None:
    lab = make(XA01=host_spec())
    lines = [base64.b64encode(b"Do-Something else") + b"\r\n", b"PG8vPg==\r\n"]
    out, error, code = asyncio.run(lab.command("XA01", encode(BOOT_TEXT), lines))
    assert (error, code) == (b"", 92)
    assert out.startswith(b"LEGACYOPS-BOOT-FAILED ")
    assert "learn" in lab.host().unrecognised[0]


def test_boot_survives_the_white_space_of_2_16(make: Make) -> None:
    assert known.hash_boot(BOOT_TEXT) == known.hash_boot(known.normalised(BOOT_TEXT))


def test_learning(tmp_path: Path) -> None:
    for name in ("boot", "common", "observe"):
        (tmp_path / f"{name}.ps1").write_text(f"# {name}\n", encoding="utf-8")
    target = tmp_path / "known_scripts.yml"
    found = known.learn(tmp_path, target)
    assert list(found) == ["boot", "observe"]
    assert found["observe"] == known.hash_script(b"# common\n\n# observe\n")
    assert "observe: " + found["observe"] in target.read_text(encoding="utf-8")


def signs(lab: Any) -> dict[str, Any]:
    system = asyncio.run(lab.data("XA01", "observe", {"want": ["system"]}))["system"]
    return {key: system[key] for key in ("start_record", "last_boot", "clock_utc")}


@pytest.mark.parametrize(
    ("fault", "arguments", "moved"),
    [
        ("clock_step", {"seconds": -3600}, -3600),
        ("clock_step", {"seconds": 2}, 2),
        ("time_zone", {"minutes": 60}, 3600),
    ],
)
def test_the_last_start_moves_with_the_clock_and_its_record_does_not(
    make: Make, fault: str, arguments: Any, moved: int
) -> None:
    lab = make(XA01=host_spec())
    before = signs(lab)
    lab.world.inject("XA01", fault, **arguments)
    after = signs(lab)
    assert (parse(after["last_boot"]) - parse(before["last_boot"])).total_seconds() == moved
    assert after["start_record"] == before["start_record"]
    lab.host().restart()
    lab.clock.pass_minutes(10)
    assert signs(lab)["start_record"] > before["start_record"]


def test_a_clock_is_stepped_at_random_points(make: Make) -> None:
    steps = {"every_seconds": 60, "up_to_seconds": 600}
    lab = make(XA01=host_spec(clock_steps=steps))
    booted = set()
    for _ in range(20):
        lab.clock.pass_minutes(3)
        booted.add(signs(lab)["last_boot"])
    assert len(booted) > 10


def test_a_log_that_was_cleared_or_cannot_be_read(make: Make) -> None:
    lab = make(XA01=host_spec())
    lab.world.inject("XA01", "log_cleared")
    system = asyncio.run(lab.data("XA01", "observe", {"want": ["system"]}))["system"]
    assert [system[f"{key}_record"] for key in ("start", "first", "last")] == [None, 1, 2]
    lab.world.inject("XA01", "log_unreadable")
    system = asyncio.run(lab.data("XA01", "observe", {"want": ["system"]}))["system"]
    assert [system[f"{key}_record"] for key in ("start", "first", "last")] == [None, None, None]


def test_renames_come_back_after_each_start(make: Make) -> None:
    lab = make(XA01=host_spec(renames_come_back=3))

    def pending() -> int:
        data = asyncio.run(lab.data("XA01", "observe", {"want": ["pending_restart"]}))
        return int(data["pending_restart"]["file_renames"])

    assert pending() == 3
    lab.host().restart()
    lab.clock.pass_minutes(10)
    assert pending() == 3


def test_a_task_of_an_earlier_start_that_never_ran_is_registered_anew(make: Make) -> None:
    """Else a restart before it ran would count as the one that it asks for."""
    lab = make(XA01=host_spec(task_scheduler={"begin_seconds": 0}))
    arguments = f'/p "{PACKAGE}" /qn /norestart'
    lab.host().jobs.register("hotfix-1", "msiexec.exe", arguments, True, lab.host().clock.signs())
    lab.host().restart()
    lab.clock.pass_minutes(10)
    data = asyncio.run(lab.data("XA01", "job", job_start()))
    assert (data["existed"], data["started"]) == (True, True)
    assert data["start"]["start_record"] == signs(lab)["start_record"]
