"""What counts as done against the notice: key → (text, clause on a 2003 type, on a 2000 type).

Clauses of the Windows 2000 type with a prefix: 起動-③ is ③ where the FTvirtual Server starts,
失敗-③ where it does not. HYP-FT-n stands where the notice is silent.
"""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str, str]] = {
    "kb_before_fix": (
        "KB890859 installed before the fix was active on all three nodes",
        "5.1",
        "5.1",
    ),
    "restart_latent": (
        "restarted with KB890859 in and the fix absent while the FTvirtual Server ran",
        "5.1",
        "5.1",
    ),
    "uninstall_peer_on": (
        "uninstall while the other CoServer was not powered off",
        "5.2 ①",
        "5.2 失敗-①",
    ),
    "enable_unclean": (
        "Virtual Server enabled while a CoServer still had KB890859 without the fix",
        "5.2 ⑦, ⑪",
        "5.2 失敗-⑦, ⑨",
    ),
    "enable_peer_off": (
        "Virtual Server enabled while the other CoServer was off",
        "5.2 ⑧",
        "5.2 失敗-⑧",
    ),
    "enable_two_first": (
        "Virtual Server2 enabled before the FTvirtual Server ran on Virtual Server1",
        "5.2 ⑪, ⑰",
        "HYP-FT-11",
    ),
    "enable_second_unclean": (
        "second Virtual Server enabled before the FTvirtual Server was clean and restarted",
        "5.2 ⑰",
        "5.2 起動-③",
    ),
    "cut_running": ("power cut while Windows was running", "5.2 ⑥", "5.2 失敗-⑥"),
    "cut_shutdown": ("power cut while Windows was shutting down", "5.2 ⑥", "5.2 失敗-⑥"),
    "cut_boot": ("power cut while Windows was starting, after POST", "5.2 ⑥", "5.2 失敗-⑥"),
    "cut_chkdsk": ("power cut during chkdsk", "5.2 ①※, ⑧※", "HYP-FT-7"),
    "cut_installer": ("power cut while an installer was running", "5.2 ④, ⑤", "5.2 失敗-④, ⑤"),
    "cut_copy": ("power cut during a mirror copy", "5.2 ⑱", "5.2 起動-⑤, 失敗-⑩"),
    "stop_copy": (
        "CoServer shut down or restarted during a mirror copy",
        "5.2 ⑱",
        "5.2 起動-⑤, 失敗-⑩",
    ),
    "last_side": (
        "the last CoServer under the running FTvirtual Server was stopped",
        "5.2 ⑱",
        "5.2 失敗-⑩",
    ),
    "data_lost": ("no valid disk is left: the data is lost", "HYP-FT-6", "HYP-FT-6"),
}


def text(key: str) -> str:
    """Return a violation's text."""
    return TEXTS[key][0]


def clause(key: str, kind: str) -> str:
    """Return the clause that a violation breaks, for a type of system."""
    return TEXTS[key][1 if kind == "windows_2003" else 2]
