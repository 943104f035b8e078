"""What the notice says happens to a XenApp server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fake_clock import FakeClock
from legacyops_lab.client import CLIENT
from legacyops_lab.world.certificates import catalogue
from legacyops_lab.world.chains import CODE_SIGNING

from .conftest import PACKAGE, PATCH, Terminal, host_spec

Make = Callable[..., Terminal]
G5 = catalogue()["g5"].thumbprint


def test_hotfix_without_root_fails_with_26005_and_is_rolled_back(make: Make) -> None:
    lab = make(XA01=host_spec())
    assert asyncio.run(lab.install("XA01")) == 1603
    log = lab.host().files.get(r"C:\Hotfix\log.txt")
    assert log is not None
    assert "Error 26005. Could not start IMA Service" in (log.content or b"").decode("utf-16")
    assert lab.host().services.ima.state == "Running"
    assert lab.world.status()["XA01"]["healthy"]
    assert lab.violations() == ["a hotfix installation failed with error 26005"]
    outage = [entry for entry in lab.world.ledger() if entry["kind"] == "outage"]
    assert len(outage) == 1
    assert outage[0]["minutes"] > 5


def test_error_is_japanese_on_a_japanese_host(make: Make) -> None:
    lab = make(XA01={**host_spec(), "language": "ja"})
    asyncio.run(lab.install("XA01"))
    log = lab.host().files.get(r"C:\Hotfix\log.txt")
    assert log is not None
    assert "エラー26005。IMA サービスを起動できません" in (log.content or b"").decode("utf-16")


def test_rollback_that_fails_leaves_a_system_to_reconfigure(make: Make) -> None:
    lab = make(XA01=host_spec(rollback_fails=True))
    assert asyncio.run(lab.install("XA01")) == 1603
    assert lab.host().needs_reconfiguration
    assert lab.host().services.ima.state == "Stopped"
    assert "the rollback of a hotfix failed: the system needs reconfiguring" in lab.violations()


def test_hotfix_with_root_succeeds(make: Make) -> None:
    lab = make(XA01=host_spec(stores={"root": ["microsoft_root", "timestamp_root", "g5"]}))
    assert asyncio.run(lab.install("XA01")) == 0
    assert list(lab.host().installer.patches) == [PATCH]
    assert lab.violations() == []


def test_ima_start_fetches_the_root_where_windows_may(make: Make) -> None:
    lab = make(XA01=host_spec(root_update={}))
    assert asyncio.run(lab.install("XA01")) == 0
    assert G5 in lab.host().trust.stores["auth_root"]
    assert [event["id"] for event in lab.host().trust.events] == [4]


def test_no_internet_no_root(make: Make) -> None:
    lab = make(XA01=host_spec(root_update={"internet": False}))
    assert asyncio.run(lab.install("XA01")) == 1603
    assert {event["id"] for event in lab.host().trust.events} == {8}


def test_list_without_the_root_fetches_nothing(make: Make) -> None:
    lab = make(XA01=host_spec(root_update={"microsoft_list": "absent"}))
    assert asyncio.run(lab.install("XA01")) == 1603


def test_list_that_distrusts_beats_an_imported_root(make: Make) -> None:
    lab = make(
        XA01=host_spec(
            root_update={"microsoft_list": "disallowed"},
            stores={"root": ["g5", "timestamp_root"], "disallowed": ["g5"]},
        )
    )
    assert asyncio.run(lab.install("XA01")) == 1603


def test_cross_certificate_to_the_old_root_is_another_way(make: Make) -> None:
    package = {
        "path": PACKAGE,
        "name": "X",
        "patch_code": PATCH,
        "signer": "citrix_2011_cross",
    }
    lab = make(XA01=host_spec(packages=[package]))
    assert asyncio.run(lab.install("XA01")) == 0


def test_without_timestamp_the_signature_has_expired(make: Make) -> None:
    package = {
        "path": PACKAGE,
        "name": "X",
        "patch_code": PATCH,
        "signer": "citrix_2011_no_timestamp",
    }
    lab = make(XA01=host_spec(packages=[package], stores={"root": ["g5"]}))
    verification = lab.host().trust.verify(lab.host().files.find(PACKAGE)[0])
    assert verification is not None
    assert verification.chain.status == 1


def test_tampered_and_unsigned_packages_break_ima(make: Make) -> None:
    for content in ("tampered", "unsigned"):
        package = {"path": PACKAGE, "name": "X", "patch_code": PATCH, "content": content}
        lab = make(XA01=host_spec(packages=[package], stores={"root": ["g5", "timestamp_root"]}))
        assert asyncio.run(lab.install("XA01")) == 1603
        assert f"the {content} package X was installed" in lab.violations()


def test_root_removed_afterwards_runs_until_the_next_start(make: Make) -> None:
    lab = make(XA01=host_spec(modules={"signer": "citrix_2011"}, restart_seconds=120))
    status = lab.world.status()["XA01"]
    assert (status["ima"], status["next_start"]) == ("Running", "fails")
    lab.host().restart()
    lab.clock.pass_minutes(10)
    assert lab.world.status()["XA01"]["ima"] == "Stopped"


def test_second_installer_at_once(make: Make) -> None:
    lab = make(XA01=host_spec(stores={"root": ["g5", "timestamp_root"]}))

    async def both() -> list[int]:
        return list(await asyncio.gather(lab.install("XA01"), lab.install("XA01")))

    assert sorted(asyncio.run(both())) == [0, 1618]
    assert "an installer was started while another one was running" in lab.violations()


def test_installed_patch_is_a_no_op_that_the_ledger_notes(make: Make) -> None:
    lab = make(XA01=host_spec(patches=[{"patch_code": PATCH}]))
    assert asyncio.run(lab.install("XA01")) == 0
    assert lab.violations() == ["the installer of XAE500W2K8X64R01 was started again"]


def test_other_exit_codes(make: Make) -> None:
    other = {"path": r"C:\other.msp", "name": "O", "patch_code": PATCH}
    lab = make(
        XA01=host_spec(install={"another_runs_minutes": 30}),
        XA02=host_spec(packages=[{**other, "products": ["xenapp_5.0_x86"]}]),
    )
    assert asyncio.run(lab.install("XA01")) == 1618
    assert asyncio.run(lab.install("XA02", r"C:\none.msp")) == 1635
    assert asyncio.run(lab.install("XA02", r"C:\other.msp")) == 1642
    lab.clock.pass_minutes(31)
    lab.world.advance()
    assert not lab.host().installer.in_progress


def test_restart_needed(make: Make) -> None:
    package = {"path": PACKAGE, "name": "X", "patch_code": PATCH, "needs_restart": True}
    root = {"root": ["g5", "timestamp_root"]}
    lab = make(
        XA01=host_spec(packages=[package], stores=root),
        XA02=host_spec(packages=[package], stores=root),
    )
    assert asyncio.run(lab.install("XA01")) == 3010
    assert lab.world.status()["XA01"]["pending_restart"]
    line = f"msiexec /p {PACKAGE} /qn"
    assert asyncio.run(lab.command("XA02", line))[2] == 1641
    lab.clock.pass_minutes(1)
    assert not lab.host("XA02").reachable()
    lab.clock.pass_minutes(10)
    assert lab.world.status()["XA02"]["healthy"]


def test_restart_in_mid_installation_breaks_the_system(make: Make, clock: FakeClock) -> None:
    lab = make(XA01=host_spec())
    lab.host().launch("msiexec.exe", f"/p {PACKAGE} /qn")
    clock.pass_minutes(1)
    lab.world.advance()
    lab.host().restart()
    clock.pass_minutes(20)
    assert lab.world.status()["XA01"]["needs_reconfiguration"]
    assert any("in mid-installation" in text for text in lab.violations())


def test_foreground_installer_dies_with_its_shell(make: Make) -> None:
    lab = make(XA01=host_spec())

    async def cut() -> None:
        task = asyncio.ensure_future(lab.install("XA01"))
        for _ in range(10):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cut())
    assert "an installer was cut off in mid-installation" in lab.violations()
    lab.clock.pass_minutes(20)
    assert lab.world.status()["XA01"]["healthy"]


def test_users_lose_their_sessions(make: Make) -> None:
    users = [{"user": "sato", "minutes": 12}, {"user": "suzuki", "minutes": None}]
    lab = make(XA01=host_spec(sessions=users))
    asyncio.run(lab.install("XA01"))
    assert "users lost their sessions (2): a hotfix was installed while they were on" in (
        lab.violations()
    )
    lab.clock.pass_minutes(10)
    assert lab.world.status()["XA01"]["users_on"] == 2


def test_drain_empties_a_host_and_enabling_fills_it(make: Make) -> None:
    users = [{"user": "sato", "minutes": 12}, {"user": "suzuki", "minutes": None}]
    lab = make(XA01=host_spec(sessions=users))
    lab.clock.pass_minutes(60)
    assert lab.world.status()["XA01"]["users_on"] == 2
    lab.host().sessions.set_mode(2)
    lab.clock.pass_minutes(13)
    assert lab.world.status()["XA01"]["users_on"] == 1
    lab.host().sessions.set_mode(0)
    lab.clock.pass_minutes(6)
    assert lab.world.status()["XA01"]["users_on"] == 2
    assert lab.violations() == []


def test_whole_silo_without_service_is_a_violation(make: Make) -> None:
    lab = make(XA01=host_spec(silo="office"), XA02=host_spec(silo="office"))
    lab.host("XA01").services.stop("IMAService")
    assert lab.violations() == []
    lab.host("XA02").sessions.set_mode(2)
    lab.clock.pass_minutes(3)
    found = [e for e in lab.world.ledger() if e["host"] == "silo office"]
    assert [(e["kind"], e["minutes"]) for e in found] == [("violation", 3.0)]


def test_member_patched_before_the_data_collector(make: Make) -> None:
    root = {"root": ["g5", "timestamp_root"]}
    lab = make(
        DC=host_spec(zone="z", role="most_preferred_data_collector"),
        XA01=host_spec(zone="z", stores=root),
    )
    asyncio.run(lab.install("XA01"))
    assert lab.violations() == ["patched before DC, the zone's data collector"]


def test_slow_ima_starts_all_the_same(make: Make) -> None:
    lab = make(XA01=host_spec(ima={"state": "stopped", "start_seconds": 540}))
    lab.host().services.start("IMAService")
    lab.clock.pass_minutes(8)
    assert lab.world.status()["XA01"]["ima"] == "Start Pending"
    lab.clock.pass_minutes(2)
    assert lab.world.status()["XA01"]["ima"] == "Running"


def test_group_policy_puts_its_value_back(make: Make) -> None:
    lab = make(XA01=host_spec(root_update={"policy_value": 1, "group_policy": True}))
    lab.host().trust.set_policy(None)
    lab.clock.pass_minutes(91)
    lab.world.advance()
    assert lab.host().trust.policy_value == 1


def test_two_clients_by_turns_are_a_violation(make: Make) -> None:
    lab = make(XA01=host_spec())
    for client in ("one", "two", "two"):
        CLIENT.set(client)
        asyncio.run(lab.data("XA01", "root_update_policy", {"value": 1}))
    assert lab.violations() == []
    CLIENT.set("one")
    asyncio.run(lab.data("XA01", "observe", {"want": ["system"]}))
    assert lab.violations() == []
    asyncio.run(lab.data("XA01", "root_update_policy", {"value": 1}))
    assert lab.violations() == ["two clients changed the host at the same time"]
    CLIENT.set("")


@pytest.mark.parametrize("because", ["data_store", "local_host_cache"])
def test_ima_can_fail_for_other_reasons_than_its_signatures(make: Make, because: str) -> None:
    """It names no plug-in then (H29)."""
    lab = make(XA01=host_spec(ima={"state": "stopped", "start_fails": because}))
    asyncio.run(lab.data("XA01", "service", {"op": "start", "name": "IMAService"}))
    seen = asyncio.run(lab.data("XA01", "observe", {"want": ["ima"]}))
    assert seen["ima"]["currently_loading_plugin"] is None
    lab.clock.pass_minutes(1)
    assert lab.world.status()["XA01"]["ima"] == "Stopped"
    lab.world.inject("XA01", "recover")
    asyncio.run(lab.data("XA01", "service", {"op": "start", "name": "IMAService"}))
    lab.clock.pass_minutes(3)
    assert lab.world.status()["XA01"]["ima"] == "Running"
    lab.world.inject("XA01", "ima_start_fails", because=because)
    assert lab.host().services.start_fails == because


SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1"
LATER, EARLIER = "2023-08-22T00:00:00Z", "2011-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({"enhkey_usage": [SERVER_AUTHENTICATION]}, 0x10),
        ({"enhkey_usage": []}, 0x10),
        ({"enhkey_usage": [CODE_SIGNING]}, 0),
        ({"disallowed_enhkey_usage": [CODE_SIGNING]}, 0x10),
        # The package's timestamp is of November 2011, its signer's certificate of June 2011.
        ({"disallowed_filetime": LATER}, 0),
        ({"disallowed_filetime": EARLIER}, 0x4000000),
        ({"not_before_filetime": LATER}, 0),
        ({"not_before_filetime": EARLIER}, 0x4000000),
        (
            {
                "not_before_filetime": EARLIER,
                "not_before_enhkey_usage": [SERVER_AUTHENTICATION],
            },
            0,
        ),
    ],
)
@pytest.mark.parametrize("seen", [True, False])
def test_a_root_with_limits_serves_within_them(
    make: Make, properties: dict[str, object], status: int, seen: bool
) -> None:
    """By its entry in a store, or by Microsoft's list, which no entry shows (H30, H31)."""
    entry = {"certificate": "g5", **properties} if seen else "g5"
    spec = host_spec(
        stores={"root": [entry, "timestamp_root"]},
        modules={"signer": "citrix_2011"},
        root_update={"policy_value": 1, **({} if seen else {"list_properties": properties})},
    )
    lab = make(XA01=spec)
    data = asyncio.run(
        lab.data("XA01", "observe", {"want": ["stores"], "service_chains": ["IMAService"]})
    )
    (chain,) = data["chains"].values()
    assert chain["status"] == status
    (shown,) = [c for c in data["stores"]["root"] if c["thumbprint"] == G5]
    assert shown["properties"] == (properties if seen else {})
    assert lab.world.status()["XA01"]["next_start"] == ("succeeds" if status == 0 else "fails")


def test_the_list_is_shown_by_what_the_update_fetched(make: Make) -> None:
    said = {"disallowed_filetime": LATER}
    lab = make(XA01=host_spec(root_update={"list_properties": said}))
    chain = asyncio.run(lab.data("XA01", "observe", {"chains": [PACKAGE]}))["chains"][PACKAGE]
    assert (chain["status"], chain["roots_added"]) == (0, [G5])
    stores = asyncio.run(lab.data("XA01", "observe", {"want": ["stores"]}))["stores"]
    assert [c["properties"] for c in stores["auth_root"] if c["thumbprint"] == G5] == [said]


def test_distrust_by_list_is_a_fault_that_recovers(make: Make) -> None:
    lab = make(XA01=host_spec(stores={"root": ["g5", "timestamp_root"]}))
    package = lab.host().files.find(PACKAGE)[0]
    for arguments, fails in (({}, True), ({"since": LATER}, False), ({"since": EARLIER}, True)):
        lab.world.inject("XA01", "distrust_by_list", **arguments)
        assert lab.host().trust.runs(package) is not fails
    lab.world.inject("XA01", "recover")
    assert lab.host().trust.runs(package)
