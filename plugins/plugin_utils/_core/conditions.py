# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a condition is said to a person, in English and Japanese: everywhere in the same words.

The words themselves stand with each value of a check (checks.Value); here they become a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from . import kinds
from .checks import CHECKS, Check, Verdict, check_of, unmet
from .model import WANTED, Ref, Text
from .observation import quote


def conditions(refs: Iterable[Ref]) -> list[Text]:
    """Return what references ask for, one sentence each, none twice.

    Settings are left out: the plan has weighed them, and nobody sees them at a machine.
    """
    every = [condition(ref) for ref in refs if check_of(ref).about != "setting"]
    return [each for i, each in enumerate(every) if each not in every[:i]]


def condition(ref: Ref) -> Text:
    """Return what one reference asks for; its allowed values are alternatives.

    One that the check's words cannot say is given in its technical form, never left out; so is one
    of a journal whose check there is no more.
    """
    check = CHECKS.get(ref["check"])
    words = _words(check, ref) if check else []
    if check is None or not words:
        return {"en": technical(ref), "ja": technical(ref)}
    given = ref.get("with", {})
    return {
        "en": _joined(
            [(en, value) for en, _ja, value in words], _facts(check, given, "en"), " or "
        ),
        "ja": _joined(
            [(ja, value) for _en, ja, value in words], _facts(check, given, "ja"), " または "
        ),
    }


def _words(check: Check, ref: Ref) -> list[tuple[str, str, Any]]:
    """Return the words of each alternative, in both languages, with its value; none: no words."""
    for limit in ("at_least", "at_most"):
        number = ref.get(limit)
        words = check.limits.get(f"{limit} {number}") or check.limits.get(limit)
        if limit in ref and words:
            return [(f"|{words[0]}", f"|{words[1]}", number)]
    wanted = ref["is_one_of"] if isinstance(ref.get("is_one_of"), list) else [ref.get("is")]
    allowed = check.allowed(ref.get("with", {}))
    values = [check.value(each) for each in wanted if allowed is None or each in allowed]
    if len(values) != len(wanted) or None in values or wanted == [None]:
        return []
    return [(v.en, v.ja, each) for v, each in zip(values, wanted, strict=True) if v is not None]


def technical(ref: Ref) -> str:
    """Return a reference in its technical form, for what has no words."""
    words = {k: _word(v) for k, v in ref.get("with", {}).items()}
    given = [f"{k}={word}" for k, word in words.items() if word]
    name = ref["check"] + (f"({', '.join(given)})" if given else "")
    wanted = [f"{k.replace('_', ' ')} {v}" for k, v in ref.items() if k in WANTED]
    return quote(f"{name} {' '.join(wanted)}", 400)


def _word(value: Any) -> str:
    """Return an argument in a word; empty for a table, which says nothing to a reader."""
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    if isinstance(value, list):
        return "+".join(filter(None, map(_word, value)))
    return "" if value is None else str(value)


def _joined(words: Sequence[tuple[str, Any]], facts: Mapping[str, str], separator: str) -> str:
    """Return alternatives as one sentence with one subject."""
    texts = [
        text.format(**facts, value=kinds.title(str(value))).split("|") for text, value in words
    ]
    rests = list(dict.fromkeys(rest for _subject, rest in texts))
    subject = texts[0][0]
    space = " " if subject and rests[0][:1].isascii() else ""
    return subject + space + separator.join(rests)


def _facts(check: Check, given: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return what a reference is about, by the names that the notice uses."""
    about = given.get(check.subject) or ""
    names = about if isinstance(about, list) else [about]
    titles = [kinds.in_sentence(str(name), language) for name in names]
    update = given.get("update")
    named = update.get("id") if isinstance(update, Mapping) else update
    separator = "、" if language == "ja" else " and "
    on = separator.join(titles)
    called = given.get("names")
    computers = called.values() if isinstance(called, Mapping) else ()
    either = " または " if language == "ja" else " or "
    of, at = (f" of {on}", f" on {on}") if language == "en" else (f"{on} の", f"{on} の")
    return {
        "on": on,
        "of": of if about else "",
        "at": at if about else "",
        "update": str(named or ""),
        "file": str(given.get("file") or ""),
        "names": either.join(str(name) for name in computers if isinstance(name, str)),
    }


def refusal(verdicts: Iterable[Verdict]) -> Text:
    """Return what does not hold, or is not known, each with what was seen instead.

    And with the names by which it is found in the advisory: its guard, and the notice's clause.
    """
    en, ja = [], []
    for verdict in unmet(verdicts):
        words, how, found = condition(verdict.ref), _HOW[verdict.holds], found_by(verdict.ref)
        en.append(f"{how[0]}: {words['en']} (seen: {verdict.evidence}){found}")
        ja.append(f"{how[1]}: {words['ja']} (確認結果: {verdict.evidence}){found}")
    return {"en": "; ".join(en), "ja": "; ".join(ja)}


def found_by(ref: Ref) -> str:
    """Return how an interlock is found in its advisory: " [GUARD, CLAUSE]"; empty: by nothing."""
    names = [ref["guard"], *ref.get("clause", [])] if "guard" in ref else ref.get("clause", [])
    return f" [{', '.join(names)}]" if names else ""


_HOW: Final = {False: ("not so", "条件を満たさない"), None: ("not known", "不明")}
