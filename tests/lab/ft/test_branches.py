"""The notice's order heals, in every branch, with nothing in the ledger."""

from __future__ import annotations

from itertools import product

import pytest
from legacyops_lab.ft.physics import Action, act, advance, rest
from legacyops_lab.ft.state import NODES, healthy, windows

from .conftest import (
    CO1,
    CO2,
    DONE,
    FT,
    At,
    begin,
    both_off,
    carry_out,
    is_well,
    prevention,
    recovery_2000,
    recovery_2003,
    spec,
)

SUBSETS = [
    {n for n, on in zip(NODES, bits, strict=True) if on}
    for bits in product((True, False), repeat=3)
]


@pytest.mark.parametrize("name", ["ft-failed1", "ft-failed2", "ft-failed3", "ft-upgraded"])
def test_recovery_of_the_2003_type(name: str) -> None:
    healed = carry_out(both_off(begin(name)), recovery_2003())
    assert is_well(healed)
    assert not any(windows(healed, node).kernel for node in NODES)
    done = carry_out(healed, prevention("windows_2003"))
    assert is_well(done)
    assert all(windows(done, node).kb and windows(done, node).fix for node in NODES)


def test_expected_states_on_the_way_of_the_2003_type() -> None:
    steps = recovery_2003()
    enable = steps.index(Action("enable", CO1))
    system = carry_out(both_off(begin("ft-failed1")), steps[:enable])
    assert (system.one.virtual, system.two.virtual, system.ft.phase) == ("failed", "failed", "off")
    system = carry_out(system, steps[enable : enable + 2])  # ⑪, ⑫
    assert (system.one.virtual, system.two.virtual, system.ft.phase) == ("good", "failed", "up")
    assert (system.one.member, system.two.member) == ("valid", "stale")
    system = act(carry_out(system, steps[enable + 2 : -2]), Action("enable", CO2))  # ⑬–⑰
    assert (system.two.virtual, system.two.member) == ("sync", "copying")
    assert system.one.windows.phase == system.two.windows.phase == "up"
    assert advance(system, system.rules.copy - 1).two.virtual == "sync"  # ⑱ light green
    assert is_well(advance(system, system.rules.copy))  # ⑱ dark green


@pytest.mark.parametrize("name", ["ft-healthy", "ft-w2000-healthy", "ft-s2"])
def test_prevention(name: str) -> None:
    system = begin(name)
    done = carry_out(system, prevention(system.rules.kind))
    assert is_well(done)
    assert windows(done, FT).kb
    assert not done.ft.restart_pending


@pytest.mark.parametrize("name", ["ft-w2000-runs", "ft-w2000-runs-latent"])
def test_recovery_of_the_2000_type_that_runs(name: str) -> None:
    healed = carry_out(begin(name), [Action("uninstall_kb", FT), DONE])  # 起動-①–⑤
    assert is_well(healed)
    assert is_well(carry_out(healed, prevention("windows_2000", kb_on=[FT])))  # ⑥


def test_recovery_of_the_2000_type_that_does_not_start() -> None:
    healed = carry_out(both_off(begin("ft-w2000-dead")), recovery_2000())
    assert is_well(healed)
    assert is_well(carry_out(healed, prevention("windows_2000")))


def test_2000_type_with_the_kb_everywhere_needs_both_branches() -> None:
    system = carry_out(both_off(begin("ft-w2000-dead-all")), recovery_2000())
    assert (system.ft.phase, system.two.virtual) == ("up", "waiting")
    healed = carry_out(system, [Action("uninstall_kb", FT), DONE])
    assert is_well(healed)
    assert is_well(carry_out(healed, prevention("windows_2000")))


def test_latent_system_heals_after_a_planned_shutdown() -> None:
    system = carry_out(begin("ft-latent"), [Action("shutdown", FT), DONE])
    healed = carry_out(both_off(system), recovery_2003())
    assert is_well(healed)
    assert is_well(carry_out(healed, prevention("windows_2003")))


@pytest.mark.parametrize("symptom", [1, 2, 3])
def test_latent_system_breaks_when_restarted(symptom: int) -> None:
    latent = {"kb": True, "loaded": {"kernel": False}}
    system = spec(
        symptom=symptom,
        coserver1={"windows": latent},
        coserver2={"windows": latent},
        ftvirtual=latent,
    )
    broken = rest(act(system, Action("restart", CO2)))
    assert (broken.one.virtual, broken.two.virtual, broken.ft.phase) == ("failed", "failed", "off")
    assert [entry.key for entry in broken.violations] == ["restart_latent"]
    assert broken.two.windows.usable is (symptom != 3)


@pytest.mark.parametrize("kb", SUBSETS, ids=lambda kb: "+".join(sorted(kb)) or "none")
def test_failed_2003_type_heals_whatever_holds_the_kb(kb: set[str]) -> None:
    """①–⑱, with the steps left out that find no KB to remove."""
    system = spec(
        coserver1={"windows": {"kb": CO1 in kb}, "virtual": "failed"},
        coserver2={"windows": {"kb": CO2 in kb}, "virtual": "failed"},
        ftvirtual={"phase": "off", "kb": FT in kb, "dirty": True},
    )
    steps = recovery_2003()
    for node in NODES:
        if node not in kb:
            begin_at = steps.index(Action("uninstall_kb", node))
            steps[begin_at] = Action("restart", node)
    assert is_well(carry_out(both_off(system), steps))


def test_a_coserver_that_was_away_gets_a_mirror_copy() -> None:
    system = act(begin("ft-fixed"), Action("restart", CO2))
    assert (system.ft.phase, system.two.member) == ("up", "stale")
    back = carry_out(system, [At(CO2, "post"), At(CO2, "up")])
    assert (back.two.virtual, back.two.member, back.ft.phase) == ("sync", "copying", "up")
    assert is_well(rest(back))
    assert rest(back).without_service == 0


@pytest.mark.parametrize("name", ["ft-fixed", "ft-low", "ft-s2"])
def test_fix_at_the_level_makes_the_kb_harmless(name: str) -> None:
    system = begin(name)
    for node in NODES:
        if not windows(system, node).kb:
            system = rest(act(system, Action("install_kb", node)))
        system = rest(act(system, Action("restart", node)))
        assert is_well(system)


def test_service_pack_1_does_not_take_the_package() -> None:
    system = rest(act(begin("ft-sp1"), Action("install_kb", FT)))
    assert system.ft.exit_code not in (0, 3010)
    assert not system.ft.kb
    assert is_well(system)


def test_bios_setup_is_a_safe_place_to_cut() -> None:
    """⑥ by way of a one-time boot into the BIOS setup."""
    steps = [
        Action("power_on", CO1),
        DONE,
        Action("boot_setup", CO1),
        Action("uninstall_kb", CO1),
        DONE,
    ]
    system = carry_out(both_off(begin("ft-failed1")), steps)
    assert system.one.windows.phase == "setup"
    assert not act(system, Action("power_off", CO1)).violations


def test_removal_and_power_off_instead_of_the_cut_at_post() -> None:
    """⑤⑥ replaced by an uninstall without restart and a shutdown by Windows."""
    system = both_off(begin("ft-failed1"))
    for node in (CO1, CO2):
        system = carry_out(
            system,
            [
                Action("power_on", node),
                DONE,
                Action("uninstall_kb", node, restart=False),
                DONE,
                Action("shutdown", node),
                DONE,
            ],
        )
        assert windows(system, node).exit_code == 3010
    rest_of_it = recovery_2003()[10:]
    assert rest_of_it[0] == Action("power_on", CO1)
    assert is_well(carry_out(system, rest_of_it))


def test_failed_system_stays_failed_by_itself() -> None:
    system = advance(begin("ft-failed1"), 7 * 24 * 3600)
    assert not healthy(system)
    assert system.without_service == system.without_redundancy == 7 * 24 * 3600
