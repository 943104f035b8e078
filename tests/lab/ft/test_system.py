"""An FT system on the lab's clock: log, ledger, snapshot, going on where it was."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from fake_clock import FakeClock
from legacyops_lab.ft import FtSystem, Impossible, estate
from legacyops_lab.ft.notice import event_text, notice
from legacyops_lab.ft.state import Event, Node, healthy, windows
from legacyops_lab.ft.violations import TEXTS

from .conftest import CO1, CO2, FT, REPOSITORY, SYSTEMS

HYPOTHESES = REPOSITORY / "lab" / "HYPOTHESES.md"


def system(name: str, clock: FakeClock, **more: object) -> FtSystem:
    """Return a system of the estate."""
    return FtSystem(name, {**SYSTEMS[name], **more}, clock)


def pass_time(clock: FakeClock, seconds: float) -> None:
    asyncio.run(clock.sleep(seconds))


def test_recovery_by_the_clock(clock: FakeClock) -> None:
    ft = system("ft-failed1", clock)

    async def recover() -> None:
        for mine, peer in ((CO1, CO2), (CO2, CO1)):
            if ft.node(peer)["power"] == "on":
                ft.act("shutdown", peer)
                assert await _reaches(ft, peer, "off")
            if ft.node(mine)["power"] == "off":
                ft.act("power_on", mine)
                assert await _reaches(ft, mine, "up")
            ft.act("uninstall_kb", mine)
            assert await _reaches(ft, mine, "post")
            ft.act("power_off", mine)
        for node in (CO1, CO2):
            ft.act("power_on", node)
        assert await _reaches(ft, CO2, "up")
        ft.act("enable", CO1)
        assert await ft.wait_until(lambda s: s.ft.phase == "up", 3600)
        ft.act("uninstall_kb", FT)
        await ft.wait_until(lambda s: s.ft.phase == "down", 3600)
        assert await ft.wait_until(lambda s: s.ft.phase == "up", 3600)
        ft.act("enable", CO2)
        assert ft.status()["virtual_server2"]["colour"] == "light green"
        assert await ft.wait_until(healthy, 7200)

    asyncio.run(recover())
    status = ft.status()
    assert status["healthy"]
    assert status["virtual_server1"]["colour"] == "dark green"
    assert [entry["kind"] for entry in ft.ledger()].count("violation") == 0
    assert {entry["kind"] for entry in ft.ledger()} == {"outage", "degraded"}
    booked = sum(entry["minutes"] for entry in ft.ledger() if entry["kind"] == "outage")
    assert booked == pytest.approx(status["without_service"], abs=0.2)


async def _reaches(ft: FtSystem, node: Node, phase: str) -> bool:
    return await ft.wait_until(lambda s: windows(s, node).phase == phase, 3600)


def test_reading_changes_nothing(clock: FakeClock) -> None:
    ft = system("ft-latent", clock)
    before = ft.snapshot()
    pass_time(clock, 3600)
    ft.status(), ft.events(), ft.ledger()
    assert ft.snapshot() == before
    assert json.loads(json.dumps(before)) == before


def test_goes_on_where_it_was(clock: FakeClock) -> None:
    ft = system("ft-healthy", clock)
    ft.inject("copy_slow", CO1)
    ft.act("install_kb", CO1)
    pass_time(clock, 300)
    data = json.loads(json.dumps(ft.dump()))
    again = FtSystem("ft-healthy", SYSTEMS["ft-healthy"], clock, state=data)
    assert again.state == ft.state
    pass_time(clock, 5000)
    assert again.state == ft.state
    assert again.ledger() == ft.ledger()
    assert again.dump() == ft.dump()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_events_of_a_break(language: str, clock: FakeClock) -> None:
    ft = system("ft-healthy", clock, language=language, symptom=2)
    ft.act("install_kb", FT)
    pass_time(clock, 3600)
    texts = [entry["text"] for entry in ft.events(CO2)]
    assert "CoServer2.MtcScp status: Virtual Server2 is failed." in texts
    assert any("壊れたファイル" in text for text in texts) is (language == "ja")
    assert ft.ledger()[0]["text"].endswith("(5.1)")


def test_texts_are_those_of_the_notice() -> None:
    """A sample of each list, letter by letter."""
    say = {key: event_text(Event(CO1, key, 1, 2), "ja") for key in notice()["events"]}
    assert say["load_failed"] == (
        "CoServer1.MtcScp status: Failed to load MtcCeb.exe into Virtual Server2."
    )
    assert say["file_system"] == (
        "ディスクのファイル システム構造は壊れていて使えません。"
        "chkdsk ユーティリティをボリューム C: で実行してください。"
    )
    assert say["corrupt_file"].endswith(
        "壊れたファイル : ファイルまたはディレクトリ C:\\Documents and Settings が壊れており、"
        "読み取ることができません。CHKDSK ユーティリティを実行してください。"
    )
    assert say["link_timeout"] == (
        "CoServer.MtcComx status: A message-send timeout occurred which has caused loss of "
        "CoServer Link redundancy."
    )
    assert say["partial_assembly"].endswith(
        "に失敗しました。参照エラー メッセージ : "
        "ファイルまたはディレクトリが壊れているため、読み取ることができません。"
    )
    assert "起動できません: {73E709EA-5D93-4B2E-BBB0-99B7938DA9E4}。エラー: “この" in say["dcom"]
    assert say["dcom"].endswith("::\n¥WINDOWS¥system32¥wbem¥wmiprvse.exe -Embedding")
    assert "at this time. Windows is not fully loaded.\nThe" in say["cannot_synchronise"]


def test_faults(clock: FakeClock) -> None:
    ft = system("ft-failed1", clock)
    with pytest.raises(ValueError, match="unknown fault"):
        ft.inject("nonsense", CO1)
    with pytest.raises(ValueError, match="bmc_late"):
        ft.inject("bmc_nonsense", CO1)
    for fault in ("enable_fails", "exit_code", "stays_down"):
        ft.inject(fault, CO1)
    ft.act("enable", CO1)
    assert ft.status()["virtual_server1"]["state"] == "failed"
    ft.act("uninstall_kb", CO1)
    pass_time(clock, 600)
    assert ft.node(CO1)["kb"]
    assert ft.node(CO1)["exit_code"] == 1603
    ft.act("restart", CO1)
    pass_time(clock, 600)
    assert (ft.node(CO1)["phase"], ft.node(CO1)["wmi"]) == ("stuck", False)


def test_impossible_actions_say_why(clock: FakeClock) -> None:
    ft = system("ft-failed3", clock)
    with pytest.raises(Impossible, match="power_on coserver1: it is on"):
        ft.act("power_on", CO1)
    with pytest.raises(Impossible, match="nobody can do anything"):
        ft.act("uninstall_kb", CO2)
    with pytest.raises(ValueError, match="no level"):
        ft.act("install_fix", CO1, level="20")


def test_kernel_files_follow_the_kb(clock: FakeClock) -> None:
    assert system("ft-latent", clock).node(CO1)["files"]["win32k.sys"] == "5.2.3790.284"
    assert system("ft-w2000-dead", clock).node(CO1)["files"]["ntoskrnl.exe"] == "5.00.2195.7035"
    assert system("ft-latent", clock).node(CO1)["restart_pending"]


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_starting_states(name: str, clock: FakeClock) -> None:
    """Each is what its line says, and stays so by itself."""
    ft = system(name, clock)
    well = ("healthy", "fixed", "low", "latent", "s2", "sp1", "w2000-healthy")
    assert ft.status()["healthy"] is (name.removeprefix("ft-") in well)
    assert not ft.status()["violations"]
    pass_time(clock, 24 * 3600)
    assert ft.status()["healthy"] is (name.removeprefix("ft-") in well)


@pytest.mark.parametrize(
    "wrong",
    [{"type": "windows_xp"}, {"model": ""}, {"ftvirtual": {"fix": "L20"}}, {"unknown": 1}],
)
def test_schema_refuses(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is jsonschema's
        estate.check({"model": "m", "type": "windows_2003", **wrong})


def test_every_hypothesis_is_written_down() -> None:
    text = HYPOTHESES.read_text(encoding="utf-8")
    lab = REPOSITORY / "lab" / "legacyops_lab"
    sources = [path for part in ("ft", "relay") for path in (lab / part).glob("*.*")]
    used: set[str] = set()
    for path in sources:
        used |= set(re.findall(r"HYP-FT-\d+", path.read_text(encoding="utf-8")))
    assert used == set(re.findall(r"\*\*(HYP-FT-\d+)", text))
    assert all(key in text for key in TEXTS)
