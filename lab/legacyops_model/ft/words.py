"""What the model finds, in words that people read: English and Japanese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from legacyops_lab.ft import levels, violations
from legacyops_lab.ft.state import NODES, System, Windows, windows

from ..events import Event

Text = dict[str, str]
Titles = Mapping[str, Mapping[str, str]]  # of steps, by their ids

NAMES: Final[dict[str, str]] = {
    "coserver1": "CoServer1",
    "coserver2": "CoServer2",
    "ftvirtual": "FTvirtual Server",
}

# {step}: its id and title. {about}: see the tables below. {detail}: why.
EVENTS: Final[dict[str, tuple[str, str]]] = {
    "run_begins": ("A run begins.", "実行を開始する。"),
    "done": ("{step} is carried out.", "{step} を実施する。"),
    "skipped": ("{step} is left out: nothing to do.", "{step} は不要のため省略する。"),
    "refused_later": (
        "{step} is refused ({detail}); time passes until nothing moves any more.",
        "{step} が拒否され ({detail})、変化がなくなるまで時間が経過する。",
    ),
    "failed": ("{step} fails ({detail}).", "{step} が失敗する ({detail})。"),
    "failed_later": (
        "{step} fails ({detail}); time passes until nothing moves any more.",
        "{step} が失敗し ({detail})、変化がなくなるまで時間が経過する。",
    ),
    "crash": ("The run dies in {step}.", "{step} の途中で実行が異常終了する。"),
    "crash_later": (
        "The run dies in {step}; time passes until nothing moves any more.",
        "{step} の途中で実行が異常終了し、変化がなくなるまで時間が経過する。",
    ),
    "second_run": ("A second run carries out {step}.", "別の実行が {step} を実施する。"),
    "second_run_refused": (
        "{step} is refused to a second run.",
        "別の実行による {step} は拒否される。",
    ),
    "person": ("Somebody does this: {about}.", "担当者の操作: {about}。"),
    "time": ("Time passes.", "時間が経過する。"),
    "wrong": ("Something is wrong: {about}.", "異常: {about}。"),
    "tries": (
        "Somebody carries out {step} by hand; each of its conditions holds by what is read.",
        "担当者が {step} を単独で実施する。読み取った限り、条件はすべて満たされている。",
    ),
}

_ACTS: Final[dict[str, tuple[str, str]]] = {
    "power_on": ("{node} is switched on", "{node} の電源を入れる"),
    "power_off": ("the power of {node} is cut", "{node} の電源を切る"),
    "boot_setup": (
        "{node} is set to start into the BIOS setup",
        "{node} の次回起動を BIOS セットアップにする",
    ),
    "shutdown": ("the Windows of {node} is shut down", "{node} の Windows をシャットダウンする"),
    "restart": ("{node} is restarted", "{node} を再起動する"),
    "uninstall_kb": ("the update is removed from {node}", "{node} から更新を削除する"),
    "install_kb": ("the update is installed on {node}", "{node} に更新をインストールする"),
    "install_fix": (
        "the vendor's fix is installed on {node}",
        "{node} に修正プログラムをインストールする",
    ),
    "enable": ("the Virtual Server of {node} is enabled", "{node} の Virtual Server を有効にする"),
    "logon": ("somebody logs on to {node}", "{node} にログオンする"),
}
WRONG: Final[dict[str, tuple[str, str]]] = {
    "window": ("the change's window is closed", "作業時間帯の外である"),
    "budget": ("the failure budget is spent", "失敗許容数を使い切っている"),
    "owner": ("another change holds the system", "別の変更がシステムを使用している"),
    "machine": ("other machines answer at the addresses", "別の機械が応答している"),
    "windows": ("the Windows is outside of the notice", "対象外の Windows である"),
    "the update": ("the update's package is not at hand", "更新のパッケージが手元にない"),
    "the fix": ("the fix's package is not at hand", "修正プログラムのパッケージが手元にない"),
    "packages": ("no package is at hand", "パッケージが手元にない"),
    "endurance": ("Endurance Manager could not be read", "Endurance Manager を確認できない"),
    "silent": ("{node} does not answer", "{node} が応答しない"),
    "job": ("our installer on {node} could not be read", "{node} のインストーラーの状態が不明"),
    "updates": ("the updates of {node} could not be read", "{node} の更新の有無が不明"),
    "fix_level": ("the fix's level on {node} could not be read", "{node} の修正の版数が不明"),
    "restart_pending": (
        "whether {node} waits for a restart could not be read",
        "{node} の再起動の保留の有無が不明",
    ),
    "later_updates": ("later updates on {node} could not be read", "{node} の後続の更新が不明"),
    "spuninst": ("{node} has no uninstall folder", "{node} に削除用フォルダーがない"),
    "board_silent": ("the board of {node} says nothing", "{node} の管理ボードが応答しない"),
    "board_wired": (
        "the board of {node} is wired to the other CoServer, and nothing has proven that",
        "{node} の管理ボードがもう一方の CoServer に接続されており、未確認である",
    ),
    # Faults of a start
    "stays_down": ("{node} does not come back once", "{node} が一度起動しない"),
    "copy_slow": ("the mirror copy to {node} is slow", "{node} へのミラーコピーが遅い"),
    "enable_fails": (
        "enabling on {node} fails once",
        "{node} の Virtual Server の有効化が一度失敗する",
    ),
    "exit_code": ("an installer on {node} fails once", "{node} のインストーラーが一度失敗する"),
    "always says off": (
        "the driver of {node} always says off",
        "{node} のドライバーが常に断と示す",
    ),
    "always says on": ("the driver of {node} always says on", "{node} のドライバーが常に入と示す"),
    "deaf": ("the driver of {node} does nothing", "{node} のドライバーが動作しない"),
    "silent_board": ("the driver of {node} says nothing", "{node} のドライバーが応答しない"),
    "wired to the other": (
        "the driver of {node} is wired to the other CoServer",
        "{node} のドライバーがもう一方の CoServer に接続されている",
    ),
    "wired to the other, no UUID": (
        "the driver of {node} is wired to the other CoServer, and no UUID tells",
        "{node} のドライバーがもう一方の CoServer に接続されており、UUID がない",
    ),
}

# Harm, as byhand and explore name it; what the lab's ledger calls a violation, below.
_HARM: Final[dict[str, str]] = {
    "an installer is cut off, or two run at once": (
        "インストーラーが中断される、または二重に実行される"
    ),
    "a node is changed or restarted at ⑲ while the system is not healthy": (
        "正常でない状態でノードが変更または再起動される"
    ),
    "the fix before the removal (5.2)": "更新の削除前に修正プログラムが適用される",
    "an outage, and the update is still in": "業務が停止し、更新が残る",
    "the service taken down for a removal that cannot be": "削除できないのに業務が停止される",
    "the service taken down, and nothing tells whether a CoServer is off": (
        "CoServer の電源断を確認できないまま業務が停止される"
    ),
    "switches off what nothing tells the power of": "電源の状態が不明な機械の電源が切られる",
    "the service is gone": "業務が停止する",
    "the FTvirtual Server's volume is damaged": "FTvirtual Server のボリュームが破損する",
    "the FTvirtual Server fails to start": "FTvirtual Server が起動に失敗する",
    "{node} is damaged": "{node} が破損する",
    "{node} can no longer lose the update": "{node} から更新を削除できなくなる",
    "an installer on {node} can only fail": "{node} のインストーラーが必ず失敗する",
    "acts outside the change's window": "作業時間帯の外で実施される",
    "begins after the failure budget is spent": "失敗許容数を超えて開始される",
    "two runs act on one system": "2 つの実行が同じシステムを操作する",
    "acts on another machine": "別の機械が操作される",
    "tells of another machine": "別の機械の状態が報告される",
    "acts on a Windows outside the notice": "対象外の Windows が操作される",
    "begins without the update at hand": "更新のパッケージなしに開始される",
    "begins without the fix at hand": "修正プログラムのパッケージなしに開始される",
    "installs another file than the update": "更新とは別のファイルがインストールされる",
    "installs another file than the fix": "修正プログラムとは別のファイルがインストールされる",
    "the plan ended short of its goal": "計画が目標に達しないまま終了する",
}
_VIOLATIONS: Final[dict[str, str]] = {
    "kb_before_fix": "修正プログラムの適用前に更新が適用される",
    "restart_latent": "更新があり修正がないまま、FTvirtual Server の稼働中に再起動される",
    "uninstall_peer_on": "もう一方の CoServer の電源断前に削除される",
    "enable_unclean": "修正なしに更新が残る CoServer があるまま Virtual Server が有効にされる",
    "enable_peer_off": "もう一方の CoServer の電源断中に Virtual Server が有効にされる",
    "enable_two_first": "Virtual Server1 での稼働前に Virtual Server2 が有効にされる",
    "enable_second_unclean": "FTvirtual Server の処置前に 2 つ目の Virtual Server が有効にされる",
    "cut_running": "Windows の稼働中に電源が切られる",
    "cut_shutdown": "Windows のシャットダウン中に電源が切られる",
    "cut_boot": "Windows の起動中に電源が切られる",
    "cut_chkdsk": "chkdsk の実行中に電源が切られる",
    "cut_installer": "インストーラーの実行中に電源が切られる",
    "cut_copy": "ミラーコピー中に電源が切られる",
    "stop_copy": "ミラーコピー中に CoServer が停止または再起動される",
    "last_side": "FTvirtual Server が稼働する最後の CoServer が停止される",
    "data_lost": "有効なディスクがなくなり、データが失われる",
    "second_run": "2 つの実行が同じシステムを操作する",
}
_PHASES: Final[dict[str, tuple[str, str]]] = {
    "off": ("off", "電源断"),
    "post": ("at POST", "POST 中"),
    "setup": ("in the BIOS setup", "BIOS セットアップ画面"),
    "chkdsk": ("runs chkdsk", "chkdsk 実行中"),
    "boot": ("starting", "起動中"),
    "up": ("up", "稼働中"),
    "down": ("shutting down", "シャットダウン中"),
    "stop": ("at a STOP screen", "STOP 画面"),
    "stuck": ("hangs", "応答なし"),
}


def _filled(words: tuple[str, str], **names: str) -> Text:
    return {"en": words[0].format(**names), "ja": words[1].format(**names)}


def event(each: Event, titles: Titles) -> Text:
    """Return what happened as a sentence; titles: of steps, by their ids."""
    found = {}
    for number, language in enumerate(("en", "ja")):
        title = titles.get(each.step, {}).get(language, "")  # of a plan's id, or a step's name
        step = f"{each.step} ({title})" if title else each.step
        about = _about(each)[language] if each.about else ""
        words = EVENTS[each.what][number]
        found[language] = words.format(step=step, about=about, detail=each.detail)
    return found


def _about(each: Event) -> Text:
    if each.what == "person":
        verb, node = each.about.split()
        return _filled(_ACTS[verb], node=NAMES[node])
    return wrong(each.about)


def wrong(about: str) -> Text:
    """Return what is wrong around a system: a key of WRONG, after its node if it has one."""
    node, _space, key = about.partition(" ")
    if node in NAMES:
        return _filled(WRONG[key], node=NAMES[node])
    return _filled(WRONG[about])


def harm(text: str) -> Text:
    """Return a harm as explore and byhand name it: its own sentence, or keys of the ledger."""
    for node in ("", *NODES):
        plain = text.replace(node, "{node}") if node else text
        if plain in _HARM:
            name = NAMES.get(node, "")
            return {"en": plain.replace("{node}", name), "ja": _HARM[plain].replace("{node}", name)}
    parts = [part.partition(" on ") for part in text.split(", ")]
    if all(key in _VIOLATIONS for key, _on, _node in parts):
        return joined(_violation(key, node) for key, _on, node in parts)
    return {"en": text, "ja": text}


def _violation(key: str, node: str) -> Text:
    en = violations.TEXTS[key][0] if key in violations.TEXTS else "two runs act on one system"
    name = NAMES.get(node, "")
    return {"en": f"{name}: {en}" if name else en, "ja": f"{name}: {_VIOLATIONS[key]}"}


def joined(texts: Iterable[Text]) -> Text:
    every = list(texts)
    return {"en": "; ".join(t["en"] for t in every), "ja": "、".join(t["ja"] for t in every)}


def system(state: System) -> Text:
    """Return how a system stands: each node, and on which sides the FTvirtual Server runs."""
    return joined(_node(name, windows(state, name), state) for name in NODES)


def _node(name: str, mine: Windows, state: System) -> Text:
    phase = _PHASES[mine.phase]
    en, ja = [phase[0]], [phase[1]]
    if mine.hurt:
        en, ja = ["nobody can log on"], ["ログオン不可"]
    en.append("the update in" if mine.kb else "without the update")
    ja.append("更新あり" if mine.kb else "更新なし")
    if mine.restart_pending:
        en.append("a restart pending")
        ja.append("再起動の保留あり")
    if mine.fix:
        en.append(f"the fix {levels.text(mine.fix)}")
        ja.append(f"修正 {levels.text(mine.fix)}")
    if name == "ftvirtual":
        sides = f"Virtual Servers {state.one.virtual}, {state.two.virtual}"
        en.append(sides)
        ja.append(sides)
    return {"en": f"{NAMES[name]} {', '.join(en)}", "ja": f"{NAMES[name]} {'、'.join(ja)}"}


def stuck(why: str) -> Text:
    """Return that no way leads to the goal any more. why: what the run stopped at, if anything."""
    more = f": {why}" if why else ""
    en, ja = "no way leads to the goal any more", "目標に到達できなくなる"
    return {"en": en + more, "ja": ja + more}


def switch(driver: str, way: str) -> Text:
    """Return how the CoServers are switched."""
    drivers = {"operator": "担当者", "ipmi": "IPMI", "command": "サイトのコマンド"}
    return {
        "en": f"power by {driver}, off by {way}",
        "ja": f"電源操作は{drivers[driver]}、電源断の方法は {way}",
    }


# A start's lies, as keys of WRONG.
LIES: Final[dict[str, str]] = {
    "always says off": "always says off",
    "always says on": "always says on",
    "deaf": "deaf",
    "silent": "silent_board",
    "wired to the other": "wired to the other",
    "wired to the other, no UUID": "wired to the other, no UUID",
}
