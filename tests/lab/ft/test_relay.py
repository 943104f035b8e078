"""The scripts of a relay, played against the physics of the systems behind it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from fake_clock import FakeClock
from legacyops_lab import estate as estates
from legacyops_lab.client import CLIENT
from legacyops_lab.ft import packages
from legacyops_lab.ft.estate import described
from legacyops_lab.relay import EstateWorld
from legacyops_lab.relay.host import RelayHost
from legacyops_lab.world.failures import ScriptError
from legacyops_lab.world.times import iso, parse

from .conftest import CO1, CO2, FT, SYSTEMS

NODES = (CO1, CO2, FT)
PARTS = ["system", "updates", "files", "fix_level", "restart_pending", "job", "events"]
KB = {
    "id": "KB890859",
    "keys": {
        "5.2": r"SOFTWARE\Microsoft\Updates\Windows Server 2003\SP1\KB890859",
        "5.0": r"SOFTWARE\Microsoft\Updates\Windows 2000\SP5\KB890859",
    },
    "hotfix_key": r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix\KB890859",
    "uninstaller": r"%windir%\$NtUninstallKB890859$\spuninst\spuninst.exe",
}
LEVEL = {"source": "registry", "key": r"SOFTWARE\Lab\Endurance", "value": "FixLevel"}
FILES = ["ntoskrnl.exe", "win32k.sys", "winsrv.dll"]


class Bench:
    """One relay and one system of the estate behind it."""

    def __init__(self, clock: FakeClock, name: str, **more: Any) -> None:
        data = {
            "estate": {"name": "bench", "users": {"Administrator": "x"}},
            "hosts": {"RELAY01": {"kind": "relay", "users": {}, "winrm": {}}},
            "ft_systems": {"ft01": {**SYSTEMS[name], "relay": "RELAY01"} | more},
        }
        self.data = estates._with_defaults(data)
        estates.assign_addresses(self.data, {})
        self.clock = clock
        self.go_on(None)

    def go_on(self, state: dict[str, Any] | None) -> None:
        """Build the world, anew or from a state."""
        self.world = EstateWorld(self.data, self.clock, state=state)
        self.relay: RelayHost = self.world.hosts["RELAY01"]  # type: ignore[assignment]
        self.ft = self.world.systems["ft01"]

    def node(self, node: str, **changed: Any) -> dict[str, Any]:
        """Return a node as a script is told of it."""
        user, password = next(iter(self.data["ft_systems"]["ft01"]["users"].items()))
        address = described(self.ft.description, node)["address"]  # type: ignore[arg-type]
        return {"node": node, "address": address, "username": user, "password": password} | changed

    def run(self, script: str, **parameters: Any) -> Any:
        async def nothing() -> AsyncIterator[bytes]:
            for piece in ():
                yield piece

        return asyncio.run(self.relay.programs.scripts[script](self.relay, parameters, nothing()))  # type: ignore[arg-type]

    def observe(self, *nodes: dict[str, Any], **more: Any) -> Any:
        """Read everything of the nodes, of all three by default."""
        asked = list(nodes) or [self.node(node) for node in NODES]
        return self.run(
            "ft/observe",
            **{
                "nodes": asked,
                "want": PARTS,
                "updates": [KB],
                "system_files": FILES,
                "fix_level": LEVEL,
                "events": {"since": "2026-11-01T00:00:00Z", "newest": 50},
                "probe_seconds": 5,
                "node_seconds": 60,
                **more,
            },
        )

    def act(self, op: str, node: str, **more: Any) -> Any:
        return self.run("ft/act", op=op, node=self.node(node), seconds=60, **more)

    def record(self, node: str) -> Any:
        return self.observe(self.node(node))["nodes"][node]

    def wait(self, **duration: float) -> None:
        self.clock.moment += timedelta(**duration)
        self.ft.advance()

    def stage(self, node: str, name: str) -> dict[str, Any]:
        """Copy the KB or the fix to a node."""
        pinned = packages.pinned(self.ft.description)[name]
        path, sha256 = pinned["package"], pinned["sha256"]
        return dict(self.act("stage", node, path=path, sha256=sha256, name=f"{name}.exe"))

    def start(self, node: str, what: str, **more: Any) -> Any:
        """Start the job that installs the KB or the fix, or removes the KB."""
        if what == "remove":
            operation, executable, guard = "uninstall", KB["uninstaller"], None
        else:
            staged = self.stage(node, what)
            operation, executable = "install", staged["path"]
            guard = {"path": staged["path"], "sha256": staged["sha256"]}
        return self.act(
            "start",
            node,
            **{
                "job": f"{what}-1",
                "operation": operation,
                "update": "fix" if what == "fix" else "KB890859",
                "executable": executable,
                "arguments": ["/quiet", "/norestart", rf"/log:%windir%\{what}.log"],
                "guard": guard,
                "log": None,
                "expires_minutes": 10,
                **more,
            },
        )


def refused(bench: Bench, kind: str, op: str, node: str, **more: Any) -> str:
    """Return the message of an act that is refused in this way."""
    with pytest.raises(ScriptError) as caught:
        bench.act(op, node, **more)
    assert caught.value.kind == kind
    return str(caught.value)


# Reading --------------------------------------------------------------------------------


def test_a_failed_system_is_read_from_its_true_state(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-failed1")
    before = bench.world.snapshot()
    data = bench.observe(preflight=True, owner="ft01")
    assert bench.world.snapshot() == before
    assert data["relay"] == dict.fromkeys(("smb1", "ntlm", "rpc", "clock"), True)
    assert data["owner"] == {"text": None}
    node = data["nodes"][CO1]
    assert (node["reachable"], node["error"], node["errors"]) == (True, None, {})
    assert node["updates"]["KB890859"] == {
        "updates_key": True,
        "hotfix_key": True,
        "uninstaller": True,
    }
    assert node["later_updates"] == []
    assert node["files"]["ntoskrnl.exe"] == "5.2.3790.280"
    assert node["fix_level"] == {"text": ""}
    assert node["restart_pending"] is False
    assert node["job"]["state"] == "none"
    texts = [entry["text"] for entry in node["events"]["entries"]]
    assert "The Endurance Kernel Driver detected a failure." in texts
    assert node["system"]["version"] == "5.2.3790"
    assert node["system"]["service_pack"] == 0
    assert node["system"]["computer_name"] == "FT01-CS1"
    assert node["system"]["machine_uuid"].lower() == str(bench.ft.uuid(CO1))
    dead = data["nodes"][FT]
    assert (dead["reachable"], dead["system"], dead["updates"]) == (False, None, None)
    assert dead["error"].startswith("node_unreachable: ")


def test_a_windows_2000_system_with_the_fix(clock: FakeClock) -> None:
    fixed = {"windows": {"kb": True, "fix": "V1.0L40"}}
    bench = Bench(clock, "ft-w2000-healthy", coserver1=fixed)
    record = bench.record(CO1)
    assert record["system"]["version"] == "5.0.2195"
    assert record["system"]["service_pack"] == 4
    assert record["fix_level"] == {"text": "V5 緊急修正#001 V1.0L40"}
    assert record["files"]["win32k.sys"] == "5.00.2195.7034"
    assert bench.record(CO2)["updates"]["KB890859"]["updates_key"] is False


def test_the_fix_level_is_found_only_where_the_estate_records_it(clock: FakeClock) -> None:
    place = {"source": "file", "path": r"C:\Endurance\fix.txt"}
    bench = Bench(clock, "ft-fixed", fix_level=place)
    assert bench.record(CO1)["fix_level"] == {"text": ""}
    record = bench.observe(bench.node(CO1), fix_level=place)["nodes"][CO1]
    assert record["fix_level"] == {"text": "V6 緊急修正 V1.0L20"}
    nowhere = Bench(clock, "ft-fixed", fix_level=None)
    assert nowhere.record(CO1)["fix_level"] == {"text": ""}


def test_no_uninstall_folder_and_a_later_update(clock: FakeClock) -> None:
    windows = {"kb": True, "other": True, "spuninst": False}
    bench = Bench(clock, "ft-failed1", coserver2={"windows": windows, "virtual": "failed"})
    record = bench.record(CO2)
    assert record["updates"]["KB890859"]["uninstaller"] is False
    assert record["later_updates"] == [{"id": "KB999999"}]


def test_events_are_bounded_and_newest_first(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-failed1")
    logged = bench.ft.events(CO1)
    few = bench.observe(bench.node(CO1), events={"since": "2026-11-01T00:00:00Z", "newest": 2})
    events = few["nodes"][CO1]["events"]
    assert events["truncated"] is True
    assert [e["text"] for e in events["entries"]] == [e["text"] for e in reversed(logged)][:2]
    late = bench.observe(bench.node(CO1), events={"since": iso(clock.now()), "newest": 2})
    assert late["nodes"][CO1]["events"] == {"entries": [], "truncated": False}


def test_a_latent_node_waits_for_its_restart(clock: FakeClock) -> None:
    assert Bench(clock, "ft-latent").record(CO1)["restart_pending"] is True


def test_a_relay_reads_its_own_packages(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy", packages={"fix": "tampered"})
    pinned = packages.pinned(bench.ft.description)
    asked = [{"path": part["package"], "hash": True} for part in pinned.values()]
    files = bench.observe(bench.node(CO1), files=asked)["files"]
    assert files[pinned["kb"]["package"]]["sha256"] == pinned["kb"]["sha256"]
    assert files[pinned["fix"]["package"]]["sha256"] != pinned["fix"]["sha256"]
    missing = Bench(clock, "ft-healthy", packages={"kb": "missing"})
    assert missing.observe(missing.node(CO1), files=asked[:1])["files"][asked[0]["path"]] == {
        "exists": False, "size": None, "sha256": None, "signature": None, "error": None,
    }  # fmt: skip


# Silence, refusal, hanging --------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"username": "ELSEWHERE\\Administrator"},
        {"password": None},
    ],
)
def test_wrong_credentials_read_and_do_nothing(clock: FakeClock, changed: Any) -> None:
    bench = Bench(clock, "ft-healthy")
    record = bench.observe(bench.node(CO1, **changed))["nodes"][CO1]
    assert record["reachable"] is True
    assert record["error"].startswith("access_denied: ")
    assert record["system"] is None
    token = bench.record(CO1)["system"]["start_record"]
    node = bench.node(CO1, **changed)
    with pytest.raises(ScriptError) as caught:
        bench.run("ft/act", op="restart", node=node, seconds=60, start_record=token)
    assert caught.value.kind == "access_denied"
    assert bench.ft.node(CO1)["phase"] == "up"


@pytest.mark.parametrize("user", ["administrator", ".\\Administrator", "FT01-CS1\\Administrator"])
def test_forms_of_a_local_account(clock: FakeClock, user: str) -> None:
    bench = Bench(clock, "ft-healthy")
    assert bench.observe(bench.node(CO1, username=user))["nodes"][CO1]["error"] is None


# WMI dead ------------------------------------------------------------------------------


def list_3(record: dict[str, Any]) -> bool:
    """Whether a record shows that wmiprvse.exe could not be started."""
    return any("wmiprvse.exe" in entry["text"] for entry in record["events"]["entries"])


def test_a_node_that_nobody_can_log_on_to_is_read_over_rpc(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-failed3")
    one, two = bench.record(CO1), bench.record(CO2)
    assert (one["source"], one["wmi_error"], one["by_rpc"]) == ("wmi", None, [])
    assert (two["reachable"], two["source"], two["error"]) == (True, "rpc", None)
    assert two["wmi_error"].startswith("wmi: ")
    assert set(two["by_rpc"]) == {*PARTS, "later_updates"}
    assert list_3(two)
    assert two["updates"]["KB890859"]["updates_key"] is True
    assert two["job"]["state"] == "none"
    system = two["system"]
    assert system["computer_name"] == bench.ft.computer_name(CO2)
    unknown = ("start_record", "last_boot", "machine_uuid", "clock_utc")
    assert [system[part] for part in unknown] == [None] * 4
    message = refused(bench, "script_error", "shutdown", CO2, start_record=1)
    assert "0x80041013" in message


@pytest.mark.parametrize(
    ("fault", "says"),
    [("rpc_dead", "rpc: node_unreachable: "), ("smb_closed", "rpc: refused: ")],
)
def test_where_the_second_way_is_dead_too_nothing_is_known(
    clock: FakeClock, fault: str, says: str
) -> None:
    hurt = {"kb": True, "hurt": True, "dirty": True, "faults": [fault]}
    bench = Bench(clock, "ft-failed3", coserver2={"windows": hurt, "virtual": "failed"})
    record = bench.record(CO2)
    assert (record["reachable"], record["source"], record["wmi_error"]) == (True, "wmi", None)
    assert record["error"].startswith("wmi: ")
    assert says in record["error"]
    assert [record[part] for part in PARTS] == [None] * len(PARTS)


def test_without_its_registry_a_node_tells_its_events(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-failed3")
    bench.world.inject("ft01.coserver2", "registry_stopped")
    record = bench.record(CO2)
    assert (record["source"], record["by_rpc"], list_3(record)) == ("rpc", ["events"], True)
    assert record["system"] is None
    assert "RemoteRegistry" in record["errors"]["updates"]


def test_only_wmi_tells_whether_a_job_runs(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.start(CO1, "fix")
    bench.world.inject("ft01.coserver1", "wmi_dead")
    record = bench.record(CO1)
    assert record["job"] is None
    assert "only WMI tells" in record["errors"]["job"]


def test_an_account_that_wmi_refuses_is_not_tried_again(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-failed3")
    record = bench.observe(bench.node(CO2, password="wrong"))["nodes"][CO2]
    assert record["error"].startswith("access_denied: ")
    assert "rpc" not in record["error"]


def test_dark_and_closed_nodes_are_silent(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-failed3")
    bench.world.inject("ft01.coserver2", "rpc_closed")
    assert bench.record(CO2)["reachable"] is False
    bench.ft.act("power_off", CO1)
    assert bench.record(CO1)["reachable"] is False
    message = refused(bench, "node_unreachable", "restart", CO1, start_record=1)
    assert "port 135" in message


def test_a_hanging_node_is_ended_at_its_deadline_and_hides_no_other(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.world.inject("ft01.coserver1", "wmi_hangs")
    began = clock.now()
    nodes = bench.observe()["nodes"]
    assert (clock.now() - began).total_seconds() == 62
    assert nodes[CO1]["reachable"] is True
    assert (nodes[CO1]["source"], nodes[CO2]["source"]) == ("rpc", "wmi")
    assert nodes[CO1]["wmi_error"].startswith("deadline: ")
    bench.world.inject("ft01.coserver1", "rpc_dead")
    nodes = bench.observe()["nodes"]
    assert nodes[CO1]["error"].startswith("deadline: ")
    assert nodes[CO1]["updates"] is None
    assert nodes[CO2]["error"] is None
    assert "within 60 seconds" in refused(bench, "deadline", "shutdown", CO1, start_record=1)
    bench.world.inject("ft01.coserver1", "recover")
    assert bench.record(CO1)["error"] is None


def test_what_a_relay_lacks(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")

    def preflight() -> Any:
        return bench.observe(preflight=True)["relay"]

    bench.world.inject("RELAY01", "smb1_missing")
    assert preflight() == {"smb1": False, "ntlm": True, "rpc": True, "clock": True}
    pinned = packages.pinned(bench.ft.description)["kb"]
    staging = {"path": pinned["package"], "sha256": pinned["sha256"], "name": "kb.exe"}
    assert "SMB 1" in refused(bench, "refused", "stage", CO1, **staging)
    bench.world.inject("RELAY01", "recover")
    bench.world.inject("RELAY01", "clock_wrong")
    assert preflight()["clock"] is False
    bench.world.inject("RELAY01", "rpc_blocked")
    assert preflight() == {"smb1": True, "ntlm": True, "rpc": False, "clock": None}
    bench.world.inject("RELAY01", "recover")
    bench.world.inject("RELAY01", "ntlm_refused")
    assert preflight()["ntlm"] is False
    assert bench.record(CO1)["error"].startswith("access_denied: ")
    assert bench.observe()["relay"] == dict.fromkeys(("smb1", "ntlm", "rpc", "clock"))


def test_faults_of_nodes_are_the_nodes_own(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.world.inject("ft01.coserver1", "smb_closed")
    pinned = packages.pinned(bench.ft.description)["kb"]
    staging = {"path": pinned["package"], "sha256": pinned["sha256"], "name": "kb.exe"}
    refused(bench, "refused", "stage", CO1, **staging)
    assert bench.act("stage", CO2, **staging)["existed"] is False
    bench.world.inject("ft01.coserver2", "rpc_closed")
    bench.world.inject("ft01.ftvirtual", "wmi_dead")
    nodes = bench.observe()["nodes"]
    assert nodes[CO2]["reachable"] is False
    assert nodes[FT]["wmi_error"].startswith("wmi: ")
    for host, fault in (("ft01", "wmi_hangs"), ("ft01.coserver3", "x"), ("ft09.coserver1", "x")):
        with pytest.raises(ValueError, match=r"say which node|there is no host"):
            bench.world.inject(host, fault)


def test_a_relay_reaches_its_own_systems_only(clock: FakeClock) -> None:
    assert Bench(clock, "ft-healthy").record(CO1)["reachable"] is True
    bench = Bench(clock, "ft-healthy", relay="ANOTHER")
    assert bench.record(CO1)["reachable"] is False


# Acting ---------------------------------------------------------------------------------


def test_a_package_is_staged_once_and_compared(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    assert bench.stage(CO1, "kb")["existed"] is False
    assert bench.stage(CO1, "kb")["existed"] is True
    path = packages.pinned(bench.ft.description)["kb"]["package"]
    refused(bench, "hash_mismatch", "stage", CO1, path=path, sha256="0" * 64, name="kb.exe")
    refused(bench, "not_found", "stage", CO1, path=r"C:\no.exe", sha256="0" * 64, name="kb.exe")
    refused(bench, "refused", "stage", CO1, path=path, sha256="0" * 64, name=r"..\kb.exe")


def test_a_removal_runs_at_a_full_minute_and_brings_its_log(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-w2000-runs")
    clock.moment += timedelta(seconds=7)
    begun = bench.start(FT, "remove")
    assert (begun["existed"], begun["started"], begun["state"]) == (False, True, "waiting")
    ahead = parse(begun["start_utc"]) - clock.now()
    assert timedelta(minutes=2) <= ahead <= timedelta(minutes=3)
    assert parse(begun["start_utc"]).second == 0
    assert bench.ft.node(FT)["installing"] is None
    assert bench.record(FT)["job"]["state"] == "waiting"
    again = bench.start(FT, "remove")
    assert (again["existed"], again["started"]) == (True, False)
    bench.wait(minutes=3)
    assert bench.ft.node(FT)["installing"] == "kb_out"
    assert bench.act("status", FT, job="remove-1", wait_seconds=10, log=None)["state"] == "running"
    bench.wait(minutes=5)
    log = {"path": r"%windir%\remove.log", "patterns": ["exit code"], "tail_bytes": 2000}
    ended = bench.act("status", FT, job="remove-1", wait_seconds=50, log=log)
    assert (ended["state"], ended["exit_code"]) == ("finished", 3010)
    assert ended["log"]["matches"][0].endswith("exit code 3010")
    assert b"uninstall" in base64.b64decode(ended["log"]["tail"])
    record = bench.record(FT)
    assert record["job"]["exit_code"] == 3010
    assert record["restart_pending"] is True
    assert record["updates"]["KB890859"]["updates_key"] is False
    assert bench.act("delete", FT, job="remove-1") == {"deleted": True}
    assert bench.act("delete", FT, job="remove-1") == {"deleted": False}


def test_status_waits_for_the_end(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy", seconds={"install": 30})
    bench.start(CO1, "fix")
    bench.wait(minutes=3)
    ended = bench.act("status", CO1, job="fix-1", wait_seconds=50, log=None)
    assert (ended["state"], ended["exit_code"]) == ("finished", 3010)
    assert bench.ft.node(CO1)["fix"] == "V1.0L20"


def test_a_kb_before_the_fix_is_in_the_ledger(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.start(CO1, "kb")
    bench.wait(minutes=10)
    assert bench.ft.node(CO1)["kb"] is True
    assert any("5.1" in entry for entry in bench.ft.status()["violations"])


@pytest.mark.parametrize("other", [{"type": "windows_2000"}, {"language": "en"}])
def test_another_windows_package_does_not_install(clock: FakeClock, other: Any) -> None:
    bench = Bench(clock, "ft-healthy")
    file = packages.of_system({"type": "windows_2003", "language": "ja", **other})["kb"]
    assert file is not None
    bench.relay.files.put(file)
    staged = bench.act("stage", CO1, path=file.path, sha256=file.sha256, name="other.exe")
    bench.start(CO1, "kb", executable=staged["path"])
    bench.wait(minutes=4)
    assert bench.record(CO1)["job"]["exit_code"] == 1603
    assert bench.ft.node(CO1)["kb"] is False


def test_a_missed_minute_is_tomorrow_and_an_expired_job_does_nothing(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.start(CO1, "fix")
    bench.ft.act("power_off", CO1)
    bench.wait(minutes=5)
    bench.ft.act("power_on", CO1)
    bench.wait(minutes=40)
    assert bench.record(CO1)["job"]["state"] == "waiting"
    assert bench.ft.jobs.get(CO1, "fix-1").due.startswith("2026-11-23")  # type: ignore[union-attr]
    bench.wait(days=1)
    assert bench.ft.jobs.get(CO1, "fix-1").state == "expired"  # type: ignore[union-attr]
    assert bench.ft.node(CO1)["fix"] is None
    gone = bench.act("status", CO1, job="fix-1", wait_seconds=0, log=None)
    assert (gone["existed"], gone["state"]) == (False, "none")


def test_without_an_expiry_yesterdays_job_would_run_today(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.start(CO1, "fix", expires_minutes=60 * 48)
    bench.ft.act("power_off", CO1)
    bench.wait(minutes=5)
    bench.ft.act("power_on", CO1)
    bench.wait(days=1, minutes=10)
    assert bench.ft.node(CO1)["fix"] == "V1.0L20"


def test_a_node_that_is_cut_leaves_a_job_without_exit_code(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.start(CO1, "fix")
    bench.wait(minutes=4)
    bench.ft.act("power_off", CO1)
    bench.ft.act("power_on", CO1)
    bench.wait(hours=1)
    job = bench.record(CO1)["job"]
    assert (job["state"], job["exit_code"]) == ("finished", None)
    assert bench.ft.node(CO1)["fix"] is None


def test_a_program_that_is_not_there(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.start(CO1, "remove")
    bench.wait(minutes=4)
    assert bench.record(CO1)["job"]["exit_code"] == 0x80070002


def test_command_lines_that_a_node_does_not_take(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-w2000-healthy")
    text = refused_start(bench, arguments=["x" * 2100])
    assert "this Windows takes 2047" in text
    assert "not an argument" in refused_start(bench, arguments=["%PATH%"])
    assert "not a name" in refused_start(bench, job="a b")
    assert bench.record(CO1)["job"]["state"] == "none"


def refused_start(bench: Bench, **more: Any) -> str:
    with pytest.raises(ScriptError) as caught:
        bench.start(CO1, "remove", **more)
    assert caught.value.kind == "refused"
    return str(caught.value)


def test_a_restart_happens_once_for_a_start(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    token = bench.record(CO1)["system"]["start_record"]
    assert bench.act("restart", CO1, start_record=token) == {"return_value": 0}
    bench.wait(minutes=10)
    after = bench.record(CO1)["system"]
    assert after["start_record"] > token
    assert parse(after["last_boot"]) < clock.now()
    message = refused(bench, "refused", "restart", CO1, start_record=token)
    assert str(after["start_record"]) in message
    assert bench.ft.node(CO1)["phase"] == "up"


def test_nothing_goes_down_under_a_job(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    token = bench.record(CO1)["system"]["start_record"]
    bench.start(CO1, "fix")
    text = refused(bench, "refused", "shutdown", CO1, start_record=token, power_off=True)
    assert text == "job fix-1 is waiting on the node"
    bench.wait(minutes=20)
    bench.act("shutdown", CO1, start_record=token, power_off=True)
    bench.wait(minutes=5)
    assert bench.ft.node(CO1)["power"] == "off"


def test_two_clients_that_act_by_turns_are_in_the_ledger(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    for client, wrong in (("a", 0), ("a", 0), ("b", 0), ("b", 0), ("a", 1)):
        CLIENT.set(client)
        bench.stage(CO1, "kb")
        assert [e["kind"] for e in bench.world.ledger()].count("violation") == wrong
    CLIENT.set("")


def test_a_nodes_own_clock_decides(clock: FakeClock) -> None:
    skewed = {"windows": {"clock_skew_seconds": 3600}}
    bench = Bench(clock, "ft-healthy", coserver1=skewed)
    begun = bench.start(CO1, "fix")
    ahead = parse(begun["start_utc"]) - clock.now() - timedelta(hours=1)
    assert timedelta(minutes=2) <= ahead <= timedelta(minutes=3)
    bench.wait(minutes=3)
    assert bench.ft.node(CO1)["installing"] == "fix_in"
    assert bench.observe(preflight=True)["relay"]["clock"] is False


# The owner's record ---------------------------------------------------------------------


def test_the_owner_record_is_taken_once(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")

    def ask(op: str, **more: Any) -> Any:
        return bench.run("owner", op=op, name="ft01", **more)

    assert ask("read") == {"text": None}
    assert ask("take", text="one") == {"taken": True, "text": "one"}
    assert ask("take", text="two") == {"taken": False, "text": "one"}
    assert bench.observe(owner="ft01")["owner"] == {"text": "one"}
    assert ask("replace", expected="two", text="three") == {"replaced": False, "text": "one"}
    assert ask("replace", expected="one", text="three") == {"replaced": True, "text": "three"}
    assert ask("free", expected="one") == {"freed": False, "text": "three"}
    assert ask("free", expected="three") == {"freed": True, "text": None}
    for wrong in ({"op": "burn"}, {"op": "take", "text": "a\nb"}, {"op": "read", "name": "../x"}):
        with pytest.raises(ScriptError):
            bench.run("owner", **{"name": "ft01", **wrong})


# Keeping --------------------------------------------------------------------------------


def test_jobs_owners_and_faults_go_on_where_they_were(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.run("owner", op="take", name="ft01", text="one")
    bench.start(CO1, "fix")
    bench.ft.inject("bmc_lies", CO2, says="off")
    bench.ft.inject("wmi_hangs", CO2)
    token = bench.record(CO1)["system"]["start_record"]
    state, before = bench.world.state(), bench.world.snapshot()
    bench.go_on(state)
    assert bench.world.snapshot() == before
    assert bench.world.state() == state
    assert bench.record(CO1)["system"]["start_record"] == token
    assert bench.run("owner", op="read", name="ft01") == {"text": "one"}
    assert bench.ft.bmc_faults[CO2].lies == "off"
    bench.wait(minutes=10)
    assert bench.ft.node(CO1)["fix"] == "V1.0L20"


def test_a_relay_is_a_windows_of_its_own(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    wanted = {"want": ["system", "products"], "services": ["IMAService", "TermService"]}
    data = bench.run("observe", **wanted)
    assert data["products"] == []
    assert data["services"]["IMAService"]["exists"] is False
    assert data["services"]["TermService"]["state"] == "Running"
    bench.relay.restart()
    bench.wait(minutes=10)
    assert bench.world.status()["RELAY01"]["restarts"] == 1
    assert not [entry for entry in bench.world.ledger() if entry["host"] == "RELAY01"]


def test_every_estate_of_the_notice_can_be_read(clock: FakeClock) -> None:
    for name in SYSTEMS:
        bench = Bench(clock, name)
        for node, record in bench.observe()["nodes"].items():
            mine = bench.ft.node(node)
            assert record["reachable"] is (mine["phase"] == "up")
            assert (record["source"] == "rpc") is (mine["phase"] == "up" and not mine["wmi"])
            if record["reachable"]:
                assert record["updates"]["KB890859"]["updates_key"] is mine["kb"]


@pytest.mark.parametrize("seconds", [-3600, 2, 7200])
def test_a_nodes_clock_moves_its_last_start_and_not_its_record(
    clock: FakeClock, seconds: int
) -> None:
    bench = Bench(clock, "ft-healthy")
    before = bench.record(CO1)["system"]
    bench.ft.inject("clock_step", CO1, seconds=seconds)
    after = bench.record(CO1)["system"]
    moved = parse(after["last_boot"]) - parse(before["last_boot"])
    assert (moved.total_seconds(), after["start_record"]) == (seconds, before["start_record"])
    bench.go_on(bench.world.state())
    assert bench.record(CO1)["system"]["last_boot"] == after["last_boot"]


def test_a_nodes_clock_is_stepped_at_random_points(clock: FakeClock) -> None:
    windows = {"clock_steps": {"every_seconds": 60, "up_to_seconds": 600}, "renames_come_back": 1}
    bench = Bench(clock, "ft-healthy", coserver1={"windows": windows})
    seen = []
    for _ in range(10):
        bench.wait(minutes=3)
        seen.append(bench.record(CO1))
    assert len({record["system"]["last_boot"] for record in seen}) > 5
    assert {record["system"]["start_record"] for record in seen} == {4000}
    assert {record["file_renames"] for record in seen} == {1}


def test_renames_come_back_on_a_node(clock: FakeClock) -> None:
    bench = Bench(clock, "ft-healthy")
    bench.ft.inject("renames_come_back", CO1, count=2)
    record = bench.record(CO1)
    assert (record["restart_pending"], record["file_renames"]) == (False, 2)
