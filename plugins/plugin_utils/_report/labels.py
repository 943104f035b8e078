# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of report and runbook that are neither the notice's nor the advisory's."""

from __future__ import annotations

from typing import Final

# key → (English, Japanese)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "report": ("Change report", "作業報告書"),
    "runbook": ("Runbook", "作業手順書"),
    "made": ("Made", "作成"),
    "change": ("Change", "変更番号"),
    "notice": ("Notice", "対象資料"),
    "plan": ("Plan", "計画"),
    "plan_made": ("Plan made", "計画の作成"),
    "to": ("to", "～"),
    "none": ("None.", "なし。"),
    "of": ("of", "/"),
    "comma": (", ", "、"),
    "page_of": ("Page {page} of {pages}", "{page} / {pages} ページ"),
    # How a change stands
    "completed": ("Completed as planned", "計画どおり完了"),
    "completed_with_deviations": ("Completed, with deviations", "完了(逸脱あり)"),
    "not_completed": ("Not completed", "未完了"),
    "not_begun": ("not begun", "未着手"),
    "nothing_to_do": ("nothing to do", "対応不要"),
    "told_completed": (
        "Every step of the approved plan is over, and nothing departed from it.",
        "承認された計画の全手順が終了し、計画からの逸脱はありません。",
    ),
    "told_completed_with_deviations": (
        "Every system reached the end of its plan. What departed from the plan stands in red.",
        "全システムで計画の終了に到達しました。計画からの逸脱は赤で示します。",
    ),
    "told_not_completed": (
        "At least one system has not reached the end of its plan. What remains is listed with it.",
        "計画の終了に到達していないシステムがあります。残りの手順は各システムの欄に示します。",
    ),
    "told_not_begun": ("Nothing of the plan was carried out.", "計画は実施されていません。"),
    "told_nothing_to_do": ("The plan has no steps.", "計画に手順はありません。"),
    # Summary
    "summary": ("Summary", "概要"),
    "systems_done": ("systems at the end of their plan", "計画を終了したシステム"),
    "steps_over": ("steps over", "終了した手順"),
    "deviations_no": ("deviations", "逸脱"),
    "without_service": ("without service, all systems", "業務停止(全システム合計)"),
    "duration": ("from first to last entry", "最初から最後の記録まで"),
    "system": ("System", "システム"),
    "contents": ("Contents", "目次"),
    "each_system": ("Each system", "各システム"),
    "systems": ("Systems", "システム一覧"),
    "state": ("State", "状態"),
    "steps": ("Steps", "手順"),
    "service": ("Without service", "業務停止"),
    "findings_before": ("Findings before", "実施前の診断結果"),
    "findings_after": ("Findings after", "実施後の診断結果"),
    "not_audited": (
        "No audit of this change is on record.",
        "この変更での監査(audit)の記録がない。",
    ),
    "service_note": (
        "Derived from the journal, not measured. An FT system's service is its FTvirtual "
        "Server; a XenApp server's is "
        'that it accepts new logons. "At least" counts the time between two readings that '
        'both found it away, "at '
        'most" the time between the readings around it.',
        "ジャーナルから算出した値で、実測値ではありません。FT システムでは FTvirtual Server の稼"
        "働、XenApp サーバーでは"
        "新規ログオンの受付を業務とみなします。「少なくとも」は停止を確認した 2 時点の間、「最大"
        "」はその前後の確認時点の間です。",
    ),
    "at_least": ("at least", "少なくとも"),
    "at_most": ("at most", "最大"),
    "down_before": (
        "It was away already when the change began; the time before is not counted.",
        "変更の開始時点で既に停止していた。それ以前の時間は含まない。",
    ),
    "not_back": ("It was still away at the last reading.", "最後の確認時点でも停止していた。"),
    "unknown_service": ("Nothing on record tells of it.", "記録がない。"),
    # Deviations
    "deviations": ("Deviations", "逸脱"),
    "no_deviations": (
        "Nothing on record departs from the approved plan.",
        "承認された計画からの逸脱の記録はありません。",
    ),
    "planned_deviation": (
        "approved with the plan: not as the notice says",
        "計画で承認済み: 本資料と異なる方法",
    ),
    # Timeline
    "timeline": ("Timeline", "経過"),
    "bar_act": ("acting", "作業"),
    "bar_wait": ("waiting", "待ち"),
    "bar_wrong": ("failed, refused or open", "失敗・拒否・未確認"),
    "bar_away": ("without service (at most)", "業務停止(最大)"),
    "bar_lost": ("without redundancy (at most)", "冗長性なし(最大)"),
    "bar_planned": ("planned", "計画"),
    "bar_real": ("real", "実績"),
    "legend": ("What the bars mean", "凡例"),
    "night_note": (
        "Planned: the plan's estimates, from the moment at which the system was begun.",
        "計画: システムの開始時刻からの予定時間。",
    ),
    "expected_night": ("What is expected", "予定"),
    "expected_note": (
        "By the plan's estimates, without the waiting for people; steps that may not be needed are "
        "counted in.",
        "計画の予定時間による(担当者待ちを含まない。不要となり得る手順を含む)。",
    ),
    "no_timeline": ("Nothing was carried out.", "実施された手順はありません。"),
    # Steps
    "plan_and_outcome": ("Plan, and what happened", "計画と実績"),
    "no": ("No.", "番号"),
    "clause": ("Clause", "項番"),
    "step": ("Step", "手順"),
    "planned": ("Planned", "計画"),
    "outcome": ("Outcome", "結果"),
    "began": ("Began", "開始"),
    "ended": ("Ended", "終了"),
    "took": ("Took", "所要"),
    "about": ("about", "約"),
    "longest": ("at most", "最長"),
    "expected": ("expected", "予定"),
    "ours": ("our addition", "当方追加"),
    "our_reading": ("our reading", "当方の解釈"),
    "ours_note": (
        "Steps without a clause are additions that the notice does not name. Those marked as our "
        "reading are not among the notice's steps for this case: we read them into the clauses "
        "that they cite, which may be of another case.",
        "項番のない手順は本資料に記載のない当方の追加手順です。「当方の解釈」の手順は、本資料の該当"
        "する場合の手順には含まれず、引用した項番(他の場合のものを含む)に基づく当方の判断です。",
    ),
    "if_needed": ("if needed", "必要な場合"),
    "resting_point": ("resting point: stopping here is safe", "中断可能点"),
    "point_of_no_return": ("point of no return", "後戻り不可"),
    "attempts": ("tries", "回実施"),
    "joined": ("went on where an earlier run left it", "以前の実行から継続"),
    "from_form": ("from the results form", "結果記入票から転記"),
    "done": ("done", "完了"),
    "already": ("was so already", "実施済みを確認"),
    "skipped": ("not needed", "不要"),
    "refused": ("refused", "拒否"),
    "failed": ("failed", "失敗"),
    "left": ("left, end unknown", "離脱(終了未確認)"),
    "unfinished": ("begun, end unknown", "開始(終了未確認)"),
    "not_reached": ("not carried out", "未実施"),
    "under_way": ("under way", "実施中"),
    "waiting": ("waits for a person", "担当者待ち"),
    "left_alone": ("left alone", "対象外とした"),
    "remaining": ("Remains", "残りの手順"),
    "no_steps": ("Nothing had to be done here.", "実施すべき手順はありませんでした。"),
    "journal_notes": ("Runs", "実行の記録"),
    "by_operator": ("a person", "担当者"),
    "by_relay": ("through the relay", "中継サーバー経由"),
    "by_ipmi": ("IPMI", "IPMI"),
    "by_command": ("the site's command", "サイトのコマンド"),
    # Board
    "board": ("Endurance's board", "Endurance Manager の表示"),
    "component": ("Component", "コンポーネント"),
    "before": ("Before", "実施前"),
    "after": ("After", "実施後"),
    "not_read": ("not read", "未確認"),
    "board_note": (
        "Dark green is normal, light green means wait (the notice's colours); the other classes "
        "are Endurance's states.",
        "濃い緑色は正常状態、薄い緑色は待ち(本資料による)。その他は Endurance の状態表示です。",
    ),
    "class_healthy": ("dark green: normal", "濃い緑色: 正常"),
    "class_waiting": ("light green: wait", "薄い緑色: 待ち"),
    "class_degraded": ("degraded", "縮退 (Degraded)"),
    "class_offline": ("offline", "オフライン (Offline)"),
    "class_disabled": ("disabled", "無効 (Disabled)"),
    "class_failed": ("failed", "故障 (Fail)"),
    "class_unknown": ("unknown", "不明"),
    "class_conflict": ("sources disagree", "情報源が不一致"),
    # Findings
    "blocker": ("blocker", "ブロッカー"),
    "warning": ("warning", "警告"),
    "info": ("info", "情報"),
    "good": ("good", "正常"),
    "seen": ("Seen", "根拠"),
    "do": ("Do", "対処"),
    # Persons
    "confirmations": ("Operators' confirmations", "作業者の確認"),
    "worker": ("Worker", "作業者"),
    "checker": ("Checker", "確認者"),
    "saw": ("Saw", "確認内容"),
    "note": ("Note", "備考"),
    "time": ("Time", "時刻"),
    "acceptance": (
        "Application acceptance by the owner",
        "業務担当者によるアプリケーションの受入確認",
    ),
    "accepted": ("accepted", "合格"),
    "rejected": ("not accepted", "不合格"),
    "no_acceptance": (
        "Not on record. Green mirrors do not prove undamaged data.",
        "記録なし。濃い緑色の表示はデータの無損傷を証明しません。",
    ),
    # Approval and hashes
    "approval_and_hashes": ("Approval and hashes", "承認とハッシュ値"),
    "approved_by": ("Approved by", "承認者"),
    "approved_at": ("Approved at", "承認日時"),
    "comment": ("Comment", "コメント"),
    "signed": ("Signature verified", "署名を検証済み"),
    "window": ("Window", "作業時間帯"),
    "closed_by": ("Closed by", "終了者"),
    "closed_at": ("Closed at", "終了日時"),
    "hash_closing": ("closing of the change", "変更の終了記録"),
    "no_approval": ("No approval by name is on record.", "承認者の記録はありません。"),
    "hash": ("SHA-256", "SHA-256"),
    "hash_of": ("Of", "対象"),
    "hash_plan": ("plan", "計画"),
    "hash_advisory": ("advisory", "資料データ"),
    "hash_package": ("package or certificate", "パッケージ・証明書"),
    "hash_observation": ("observation", "診断データ"),
    "hash_journal": ("journal's last entry", "ジャーナル末尾"),
    "whole": ("chain whole", "連鎖正常"),
    "broken": ("chain broken", "連鎖異常"),
    "entries": ("entries", "件"),
    # Appendix
    "evidence": ("Evidence, step by step", "手順ごとの証跡"),
    "interlocks": ("Interlocks, read right before the step", "実施直前のインターロック確認"),
    "expect": ("Expected afterwards", "実施後に確認する状態"),
    "facts": ("Result", "結果"),
    "not_known": ("not known", "不明"),
    "fact_changed": ("changed", "変更あり"),
    "fact_exit_code": ("exit_code", "終了コード"),
    "fact_elapsed": ("elapsed", "所要秒数"),
    "fact_evidence": ("evidence", "読み取り値"),
    "fact_sha256": ("sha256", "SHA-256"),
    "fact_job": ("job", "処理名"),
    "fact_return_value": ("return_value", "戻り値"),
    "fact_connection_losses": ("connection_losses", "接続断の回数"),
    "fact_source": ("source", "情報源"),
    "fact_healthy": ("healthy", "正常"),
    "fact_reason": ("reason", "理由"),
    "fact_msg": ("msg", "メッセージ"),
    "fact_explanation": ("explanation", "説明"),
    "fact_True": ("True", "はい"),
    "fact_False": ("False", "いいえ"),
    "readings_note": (
        "What was read stands in English in the journal and in report.json; here it is said in the "
        "words of the conditions. The evidence of findings is quoted as it was recorded.",
        "読み取り値の原文(英語)はジャーナルと report.json にあり、本書では条件の語句で示します。"
        "診断結果の「根拠」のみ、記録された原文で引用します。",
    ),
    "clauses": ("The notice's words", "資料の記載"),
    "report_foot": (
        "Made from plan, journal, findings and confirmations of the change directory. Control "
        "and invisible characters "
        "are shown as [U+nnnn]; texts longer than 2,000 characters are cut here and whole in "
        "the journal.",
        "変更ディレクトリの計画、ジャーナル、診断結果、確認記録から作成。制御文字と不可視文字は"
        " [U+nnnn] で示し、"
        "2,000 文字を超える文字列は省略しています(全文はジャーナル)。",
    ),
    # Runbook
    "how_to_use": ("How to use it", "使い方"),
    "use_1": (
        "Print it before the window. It is for the night on which controller or relay fail: every "
        "step can be carried out and ticked off by hand.",
        "作業時間帯の前に印刷します。管理サーバーや中継サーバーが使えない場合でも、全手順を手作"
        "業で実施し記録できます。",
    ),
    "use_2": (
        "Keep the order. Begin a step only when the one before is ticked. What a network would "
        "check, look at yourself, before the step and after it.",
        "順序を守り、前の手順の確認後に次へ進みます。自動で確認される項目は、手順の前後に目視で"
        "確認します。",
    ),
    "use_3": (
        "If you see something else than expected: stop, do what the step says, call.",
        "期待と異なる表示の場合は中断し、各手順の指示に従って連絡します。",
    ),
    "use_4": (
        "Stopping is safe only at a resting point. Each step says how long it is until the next "
        "one: do not begin what the window has no time for.",
        "安全に中断できるのは「中断可能点」のみです。各手順に次の中断可能点までの時間を示します。"
        "作業時間帯の残りで足りない場合は開始しません。",
    ),
    "use_5": (
        "The large number counts this system's steps; the small one is the plan's, by which "
        "screen, report and results form name a step.",
        "大きい番号はこのシステムの手順の通し番号、小さい番号は計画の番号です(画面、報告書、"
        "結果記入票では計画の番号を使用します)。",
    ),
    "in_all": ("In all", "合計"),
    "steps_counted": ("steps", "手順"),
    "wave": ("Wave", "順番"),
    "of_persons": ("by a person", "担当者の手順"),
    "to_rest": ("to a resting point, at most", "中断可能点まで最長"),
    "case": ("Case", "該当する場合"),
    "starting_state": ("State at the start", "開始前の状態"),
    "rest_at": ("Resting point: step", "中断可能点: 手順"),
    "rest_here": ("Resting point: after this step", "中断可能点: この手順の後"),
    "look_first": ("Look first", "開始前に目視"),
    "quoted_at": ("The notice's words:", "資料の記載:"),
    "machine": ("Machine", "対象機"),
    "label": ("Chassis label", "筐体ラベル"),
    "serial": ("Serial no.", "製造番号"),
    "by_hand": ("by a person", "手作業"),
    "who": ("Done by", "実施方法"),
    "call": ("Call", "連絡先"),
    "call_operator": ("operator", "運用担当者"),
    "call_owner": ("owner", "システム責任者"),
    "call_vendor": ("vendor", "ベンダー窓口"),
    "time_needed": ("Time", "所要時間"),
    "what_to_do": ("Do", "作業"),
    "why": ("Why", "理由"),
    "should_see": ("You should see", "期待される状態"),
    "something_else": ("If you see something else", "期待と異なる場合"),
    "effect": ("Effect", "影響"),
    "rollback": ("Way back", "切り戻し"),
    "only_if": ("Only if", "実施条件"),
    "result_box": ("Result", "結果"),
    "box_done": ("done", "完了"),
    "box_not_needed": ("not needed", "不要"),
    "box_failed": ("failed", "失敗"),
    "stop_here": ("Do not go on to the next step.", "次の手順に進まないでください。"),
    "do_not_touch": (
        "Do not interrupt it, touch no button, wait for the longest time (chkdsk may take hours).",
        "中断せず、電源ボタンに触れず、最長時間まで待ちます(chkdsk は数時間の場合あり)。",
    ),
    "keep_the_power": (
        "While chkdsk or Windows' start is shown, leave the power as it is and wait for the "
        "longest time (chkdsk may take hours).",
        "chkdsk または Windows の起動中の表示であれば、電源はそのままにして最長時間まで待ちます"
        "(chkdsk は数時間の場合あり)。",
    ),
    "wait_for_it": (
        "Do not interrupt it, wait for the longest time.",
        "中断せず、最長時間まで待ちます。",
    ),
    "then_call": ("Then call", "次に連絡する先:"),
    "nobody": ("not given in the inventory", "インベントリに未記載"),
    "no_screen": (
        "Nothing particular; the next step's look shows it.",
        "特記なし(次の手順で確認)。",
    ),
    "acceptance_why": (
        "Dark green mirrors do not prove undamaged data. The owner of the applications checks "
        "before the change is "
        "closed.",
        "濃い緑色の表示はデータの無損傷を証明しません。変更の完了前に業務担当者がアプリケーショ"
        "ンを確認します。",
    ),
    "acceptance_why_server": (
        "A server that answers does not prove that its applications work. Their owner checks "
        "before the change is closed.",
        "サーバーの応答はアプリケーションの動作を証明しません。変更の完了前に業務担当者がアプリ"
        "ケーションを確認します。",
    ),
    "check_item": ("Check", "確認項目"),
    "owner": ("Owner", "業務担当者"),
    "yes": ("good", "良"),
    "no_good": ("not good", "否"),
    "form": ("Results form", "結果記入票"),
    "form_text": (
        "Afterwards copy the ticks into the file that the command names and read it back: every "
        "row becomes an entry of the journal, marked as transcribed.",
        "作業後、下記コマンドのファイルに記入内容を転記して読み込みます。各行は「転記」として"
        "ジャーナルに記録されます。",
    ),
    "nothing_planned": ("This plan has no steps.", "この計画に手順はありません。"),
    "left_alone_systems": ("Left alone", "対象外としたシステム"),
    "unit": ("Device", "装置"),
    # The review of a notice
    "review": ("Review of a notice", "資料の確認表"),
    "review_how": (
        "Each clause in the vendor's words, and beside it all that was made of it, in both "
        "languages. Read it against the vendor's page: is every clause there, and does what was "
        "made of it say the same, and no more?",
        "項番ごとに、発行元の本文と、それに基づく定義を両言語で示します。発行元の資料と照合し、"
        "漏れや過不足がないことを確認してください。",
    ),
    "vendor": ("Vendor", "発行元"),
    "document": ("Document", "資料名"),
    "concerns": ("About", "対象"),
    "version": ("Version", "版"),
    "vendors_words": ("The vendor's words", "発行元の本文"),
    "made_of_it": ("What was made of it", "定義"),
    "english": ("English", "英語"),
    "japanese": ("Japanese", "日本語"),
    "every_clause": ("Clauses", "項番一覧"),
    "additions": ("What no clause says", "項番のない定義"),
    "additions_note": (
        "Ours: nothing of the notice says it. Each must be needed, and may contradict nothing.",
        "本資料に記載のない当方の追加です。必要性と、本資料と矛盾しないことを確認してください。",
    ),
    "uncited": ("Nothing cites it.", "引用なし。"),
    "procedures": ("Procedures", "手順"),
    "kind_condition": ("applies to", "適用条件"),
    "kind_events": ("events", "イベント"),
    "kind_symptom": ("symptom", "現象"),
    "kind_blocker": ("blocker", "ブロッカー"),
    "kind_warning": ("warning", "警告"),
    "kind_info": ("info", "情報"),
    "kind_good": ("good", "正常"),
    "kind_procedure": ("procedure", "手順全体"),
    "kind_step": ("step", "手順"),
    "kind_guard": ("guard", "条件"),
    "asks_only_if": ("only if", "実施条件"),
    "asks_interlocks": ("requires", "前提"),
    "asks_expect": ("then", "結果"),
    "asks_again_after": ("again after", "再実施"),
    "for_each": ("for each", "繰り返し"),
    "graph_how": (
        "A lane for each node, steps downwards. Dashed: only if needed. Double: a person does it. "
        "Red: from here on the way leads only forward. Green line: stopping here is safe. ↻: once "
        "for each of these. Beside a "
        "step: what it asks before (requires) and must find afterwards (then). "
        "The collection adds to each changing step: the change's window, the failure budget, the "
        "owner, the machine's identity.",
        "ノードごとの列に、手順を上から順に示します。破線: 必要な場合のみ。二重線: 担当者が実施。"
        "赤: 以降は後戻り不可。緑の線: 中断可能点。↻: 項目ごとに繰り返し。"
        "右側は各手順の前提と、実施後に確認する結果です。"
        "変更を伴う手順には、作業時間帯・失敗許容数・所有者・機器の同一性の確認が必ず加わります。",
    ),
}


def word(key: str, language: str) -> str:
    """Return one word; a key that nobody knows is shown as it is."""
    en, ja = WORDS.get(key, (key, key))
    return ja if language == "ja" else en


_UNITS: Final = {
    "en": ("{0} s", "{0} min", "{0} h", "{0} h {1:02d} min"),
    "ja": ("{0} 秒", "{0} 分", "{0} 時間", "{0} 時間 {1:02d} 分"),
}


def took(seconds: float | None, language: str) -> str:
    """Return a duration for people; empty where it is unknown."""
    if seconds is None:
        return ""
    short, minutes, even, hours = _UNITS[language]
    whole = round(seconds)
    if whole < 120:
        return short.format(whole)
    number = round(whole / 60)
    if number < 120:
        return minutes.format(number)
    return (even if number % 60 == 0 else hours).format(number // 60, number % 60)
