"""Each swap of two neighbouring steps that the notice orders does what HYPOTHESES.md says."""

from __future__ import annotations

import pytest
from legacyops_lab.ft.physics import Action, Impossible, act, rest
from legacyops_lab.ft.state import NODES, System, healthy, windows

from .conftest import (
    CO1,
    CO2,
    DONE,
    FT,
    At,
    Step,
    begin,
    both_off,
    carry_out,
    clean_coserver,
    is_well,
    keys,
    prevention,
    recovery_2003,
    spec,
)

LEVEL = prevention("windows_2003")[0].level  # type: ignore[union-attr]
CLEAN = [*clean_coserver(CO1), *clean_coserver(CO2)]
BOTH_ON: list[Step] = [Action("power_on", CO1), Action("power_on", CO2), DONE]


def after(*steps: Step) -> System:
    """Return a failed 2003 type after these steps, from both CoServers off."""
    return carry_out(both_off(begin("ft-failed1")), steps)


def test_1_the_peer_is_not_off() -> None:
    """① swapped with ④: removing the KB on both sides beside the peer loses the data."""
    system = rest(act(after(*BOTH_ON), Action("uninstall_kb", CO1)))
    assert keys(system) == ["uninstall_peer_on"]
    assert (system.one.member, system.two.member) == ("stale", "valid")
    system = rest(act(system, Action("uninstall_kb", CO2)))
    assert keys(system) == ["uninstall_peer_on", "uninstall_peer_on", "data_lost"]
    assert system.lost


def test_4_5_cut_before_the_removal_is_complete() -> None:
    """⑥ before ⑤: the removal is cut off and its folder is gone."""
    system = after(
        Action("power_on", CO1),
        DONE,
        Action("uninstall_kb", CO1),
        Action("power_off", CO1),
        Action("power_on", CO1),
        DONE,
    )
    assert keys(system) == ["cut_installer"]
    again = rest(act(system, Action("uninstall_kb", CO1)))
    assert again.one.windows.kb
    assert again.one.windows.exit_code not in (0, 3010)


@pytest.mark.parametrize(
    ("phase", "key"),
    [
        ("down", "cut_shutdown"),
        ("boot", "cut_boot"),
        ("up", "cut_running"),
    ],
)
def test_6_cut_before_or_after_post(phase: str, key: str) -> None:
    """⑤⑥: a cut before or after POST is wrong; chkdsk at the next start heals it."""
    steps = [*CLEAN[:3], *([At(CO1, "down"), At(CO1, "post")] if phase != "down" else [])]
    system = after(*steps, At(CO1, phase), Action("power_off", CO1), Action("power_on", CO1))
    assert keys(system) == [key]
    assert carry_out(system, [At(CO1, "chkdsk"), DONE]).one.windows.usable


def test_6_7_the_second_coserver_before_the_first_is_off() -> None:
    """⑥ and ⑦: CoServer2 is begun while CoServer1 is still on."""
    system = after(
        *CLEAN[:4], Action("power_on", CO2), At(CO2, "up"), Action("uninstall_kb", CO2), DONE
    )
    assert keys(system) == ["uninstall_peer_on"]
    assert system.two.member == "stale"


def test_7_8_both_on_before_the_second_is_clean() -> None:
    """⑦ and ⑧: nothing happens by itself; the removal that is left over is the wrong."""
    system = after(*CLEAN[:5], *BOTH_ON)
    assert not keys(system)
    assert (system.one.virtual, system.two.virtual) == ("failed", "failed")
    assert keys(rest(act(system, Action("uninstall_kb", CO2)))) == ["uninstall_peer_on"]


def test_7_11_enable_while_a_coserver_is_unclean() -> None:
    """⑦ and ⑪: an unclean pair spoils the members that it is started from."""
    system = rest(act(after(*CLEAN[:5], *BOTH_ON), Action("enable", CO1)))
    assert keys(system) == ["enable_unclean"]
    assert (system.one.virtual, system.one.member) == ("failed", "stale")
    assert rest(act(system, Action("enable", CO2))).lost


def test_8_11_enable_before_the_peer_is_on() -> None:
    """⑧ and ⑪: the Virtual Server waits for the peer, then starts on one side."""
    system = after(*CLEAN, Action("power_on", CO1), DONE, Action("enable", CO1), DONE)
    assert (keys(system), system.one.virtual) == (["enable_peer_off"], "offline")
    system = carry_out(system, [Action("power_on", CO2), DONE])
    assert (system.one.virtual, system.ft.phase) == ("good", "up")


def test_11_13_the_ftvirtual_server_before_it_runs() -> None:
    """⑪ and ⑬: there is nothing to do it on."""
    with pytest.raises(Impossible):
        act(after(*CLEAN, *BOTH_ON), Action("uninstall_kb", FT))


def test_11_17_virtual_server_2_first() -> None:
    """⑪ and ⑰: it starts there, and Virtual Server1's member is out of date."""
    system = after(*CLEAN, *BOTH_ON, Action("enable", CO2), DONE)
    assert keys(system) == ["enable_two_first"]
    assert (system.one.member, system.two.member, system.ft.phase) == ("stale", "valid", "up")


@pytest.mark.parametrize("uninstalled", [False, True])
def test_15_16_17_virtual_server_2_before_the_other_side_is_clean(uninstalled: bool) -> None:
    """⑮ or ⑯ and ⑰: both sides fail again."""
    steps: list[Step] = [Action("uninstall_kb", FT, restart=False), DONE] if uninstalled else []
    system = after(*CLEAN, *BOTH_ON, Action("enable", CO1), DONE, *steps, Action("enable", CO2))
    assert keys(system) == ["enable_second_unclean"]
    assert (system.one.virtual, system.two.virtual, system.ft.phase) == ("failed", "failed", "off")
    assert system.ft.dirty


def test_17_18_the_first_coserver_before_the_copy_is_complete() -> None:
    """⑱ and ⑲: its restart takes the only good side away; a cut loses the data."""
    system = after(*recovery_2003()[:-1])
    assert system.two.member == "copying"
    restarted = act(system, Action("restart", CO1))
    assert keys(restarted) == ["stop_copy"]
    assert (restarted.ft.phase, restarted.lost) == ("off", False)
    assert act(system, Action("power_off", CO1)).lost
    target = act(system, Action("power_off", CO2))
    assert keys(target) == ["cut_copy", "cut_running"]
    assert (target.ft.phase, target.two.member) == ("up", "stale")


def test_18_the_ftvirtual_server_before_the_copy_is_complete() -> None:
    """⑱ and ⑲: no harm, but the copy begins anew."""
    system = act(after(*recovery_2003()[:-1]), Action("restart", FT))
    system = carry_out(system, [At(FT, "boot"), At(FT, "up")])
    assert (keys(system), system.two.left) == ([], system.rules.copy)
    assert is_well(rest(system))


def test_19_the_kb_before_the_fix() -> None:
    """⑲ (and 4): the KB without the fix breaks the system again at the next restart."""
    system = rest(act(begin("ft-healthy"), Action("install_kb", FT)))
    assert keys(system)[0] == "kb_before_fix"
    assert (system.one.virtual, system.ft.phase) == ("failed", "off")


@pytest.mark.parametrize("missing", NODES)
def test_19_the_kb_before_the_fix_is_on_all_three(missing: str) -> None:
    """⑲ (and 5.1): two of three are not enough."""
    parts = {n: {} if n == missing else {"fix": "V1.0L20"} for n in NODES}
    system = spec(
        coserver1={"windows": parts[CO1]}, coserver2={"windows": parts[CO2]}, ftvirtual=parts[FT]
    )
    system = rest(act(system, Action("install_kb", CO1)))
    assert "kb_before_fix" in keys(system)
    assert not healthy(system)


def test_19_the_kb_before_the_fix_is_active() -> None:
    """⑲: a fix that waits for a restart does not protect, where its readme asks for one."""
    steps: list[Step] = []
    for node in NODES:
        steps += [Action("install_fix", node, restart=False, level=LEVEL), DONE]
    system = carry_out(begin("ft-healthy"), steps)
    assert keys(act(system, Action("install_kb", FT))) == ["kb_before_fix"]
    parts = {"type": "windows_2003", "fix_needs_restart": False}
    assert is_well(carry_out(spec(**parts), [*steps, Action("install_kb", FT), DONE]))


@pytest.mark.parametrize("verb", ["power_off", "restart", "shutdown"])
def test_the_last_coserver_under_a_running_ftvirtual_server(verb: str) -> None:
    system = after(*CLEAN, *BOTH_ON, Action("enable", CO1), DONE)
    system = act(system, Action(verb, CO1))  # type: ignore[arg-type]
    assert "last_side" in keys(system)
    assert system.ft.phase == "off"


def test_cut_during_chkdsk() -> None:
    system = both_off(begin("ft-failed3"))
    system = carry_out(system, [Action("power_on", CO2), At(CO2, "chkdsk")])
    system = carry_out(system, [Action("power_off", CO2), Action("power_on", CO2), DONE])
    assert keys(system) == ["cut_chkdsk"]
    assert system.two.windows.phase == "stuck"


def test_cut_during_the_ftvirtual_servers_chkdsk() -> None:
    system = after(*CLEAN, *BOTH_ON, Action("enable", CO1), At(FT, "chkdsk"))
    system = act(system, Action("power_off", CO1))
    assert "cut_chkdsk" in keys(system)
    assert system.lost


def test_2000_type_uninstalling_beside_the_peer() -> None:
    """失敗-①: the same as on the 2003 type."""
    system = rest(act(begin("ft-w2000-dead"), Action("uninstall_kb", CO1)))
    assert keys(system) == ["uninstall_peer_on"]
    assert rest(act(system, Action("uninstall_kb", CO2))).lost


def test_2000_type_logging_on_before_the_second_coserver_is_clean() -> None:
    """失敗-⑦ and ⑨: it starts where it can; the KB that is left can only be removed wrongly."""
    system = carry_out(
        both_off(begin("ft-w2000-dead")), [*CLEAN[:5], *BOTH_ON, Action("logon", CO1), DONE]
    )
    assert system.ft.phase == "up"
    assert "uninstall_peer_on" in keys(act(system, Action("uninstall_kb", CO2)))


def test_naive_order_loses_a_healthy_looking_system() -> None:
    """KB before the fix, then removing it with the peer on."""
    system = begin("ft-healthy")
    for node in NODES:
        if windows(system, node).usable:
            system = rest(act(system, Action("install_kb", node)))
    assert not healthy(system)
    for node in (CO1, CO2):
        if windows(system, node).kb:
            system = rest(act(system, Action("uninstall_kb", node)))
    assert system.lost
