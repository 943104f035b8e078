# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the three files of an advisory call by name: clauses, texts, subjects, guards, acts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from ..formats import nearest
from .read import At, Fault, Place

# What of words.yml is about what of logic.yml.
_WORDS_OF: Final = {
    "conditions": "applies_if",
    "symptoms": "symptoms",
    "findings": "findings",
    "branches": "branches",
    "acts": "acts",
    "steps": "steps",
    "procedures": "procedures",
    "subjects": "subjects",
}


_PLACEHOLDER: Final = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Subject:
    """What a step is about, for me and peer. None: nothing in particular."""

    me: str | None = None
    peer: str | None = None


@dataclass
class Names:
    """The three files, and what was found out of them: faults, and where each part came from."""

    notice: At
    words: At
    logic: At
    faults: list[Fault] = field(default_factory=list)
    origins: dict[Place, At] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    cited: set[str] = field(default_factory=set)
    # What was taken out of logic.yml and of words.yml as its form is wrong, a whole section as
    # (SECTION, ""), and what it mentions: no more faults come of that.
    lost: frozenset[tuple[str, str]] = frozenset()
    lost_words: frozenset[tuple[str, str]] = frozenset()
    mentioned: frozenset[str] = frozenset()

    def wrong(self, at: At, text: str) -> None:
        """Note a fault."""
        self.faults.append(at.fault(text))

    def came(self, place: Place, at: At) -> None:
        """Note where a part of the expanded form came from."""
        self.origins[place] = at

    def all(self, kind: str) -> Iterator[tuple[str, At]]:
        """Yield what the logic has of a kind, e.g. guards."""
        at = self.logic.get(kind)
        yield from at.items() if at else ()

    def one(self, kind: str, name: str, at: At) -> At | None:
        """Return what the logic has under a name; note a fault where it has nothing."""
        found = self.logic.get(kind)
        self.used.add((kind, name))
        if self.lost & {(kind, name), (kind, "")}:
            return None
        if found is None or name not in found.value:
            known = list(found.value) if found else []
            self.used.update((kind, close) for close in get_close_matches(name, known, 1))
            self.wrong(at, f"there is no {kind[:-1]} {name}; {nearest(name, known)}")
            return None
        return found[name]

    def clauses(self, at: At | None, part: str = "") -> list[str]:
        """Return the clauses that marks stand for. part: the one that bare marks are of."""
        known = self.notice.value["clauses"]
        cited: list[str] = []
        for member in at.members() if at and known else ():
            for mark in str(member.value or "").split():
                found = [clause for clause in (mark, f"{part}-{mark}") if clause in known]
                if not found:
                    wanted = f"{part}-{mark}" if part else mark
                    text = f"clause {wanted} is not in clauses; {nearest(wanted, known)}"
                    self.wrong(member, text)
                    self.cited.update(get_close_matches(wanted, known, 1))
                cited += found[:1]
        self.cited.update(cited)
        return cited

    # --- Subjects -------------------------------------------------------------------------

    def subject(self, word: str, at: At) -> Subject:
        """Return what a step is about, by its name or by a setting ($NAME)."""
        if not word or word.startswith("$"):
            return Subject(word or None)
        found = self.one("subjects", word, at)
        peer = found.value.get("peer") if found and isinstance(found.value, Mapping) else None
        return Subject(word, peer) if found else Subject()

    def who(self, word: str, subject: Subject, at: At) -> str | None:
        """Return the subject that a word of a condition means: me, peer, a name, or a setting."""
        if word not in ("me", "peer"):
            return self.subject(word, at).me
        found = subject.me if word == "me" else subject.peer
        if found is None:
            self.wrong(at, f"{word} has no meaning here; name the subject")
        return found

    # --- Texts ----------------------------------------------------------------------------

    def text(self, at: At, subject: Subject) -> dict[str, str]:
        """Return a text of ours, by its name or as it stands, with the subject's name in it."""
        words = at.value
        if isinstance(words, str):
            words = self._text_named(words, at)
        return {lang: self._said(text, lang, subject, at) for lang, text in words.items()}

    def text_named(self, at: At) -> dict[str, str]:
        """Return a text of ours that the logic names."""
        return self._text_named(str(at.value), at)

    def _text_named(self, name: str, at: At) -> dict[str, str]:
        texts = self.words.get("texts")
        self.used.add(("words of texts", name))
        if texts is None or name not in texts.value:
            known = texts.value if texts else ()
            if not self.has_lost_words("texts", name):
                self.wrong(at, f"there is no text {name}; {nearest(name, known)}")
            return {"en": name, "ja": name}
        return dict(texts.value[name])

    def _said(self, text: str, language: str, subject: Subject, at: At) -> str:
        """Fill {me} and {peer} in. A subject that a setting names is known in the plan only."""
        names = self.words.value.get("subjects") or {}
        for word, who in (("{me}", subject.me), ("{peer}", subject.peer)):
            if who is not None and who in names:
                text = text.replace(word, names[who][language])
        known = ("{me}", "{peer}") if subject.me and subject.me.startswith("$") else ()
        for word in _PLACEHOLDER.findall(text):
            if word not in known:
                self.wrong(at, f"{word} stands for nothing here; there are {{me}} and {{peer}}")
        return text

    def texts_of(self, kind: str, name: str) -> At | None:
        """Return what words.yml has for something of the logic, if it has."""
        theirs = self.words.get(kind)
        self.used.add((f"words of {kind}", name))
        return theirs.get(name) if theirs else None

    def has_lost_words(self, kind: str, name: str) -> bool:
        """Return whether something has texts whose form is wrong."""
        return bool(self.lost_words & {(kind, name), (kind, "")})

    def texts(self, kind: str, name: str, keys: tuple[str, ...], at: At) -> dict[str, Any]:
        """Return the texts of a condition, symptom, finding or branch; note a fault if none."""
        mine = self.texts_of(kind, name)
        if mine is None:
            if not self.has_lost_words(kind, name):
                self.wrong(at, f"{name} has no texts; write them in words.yml under {kind}")
            return {key: {"en": name, "ja": name} for key in keys}
        return {key: self.text(mine[key], Subject()) for key in keys}

    def uncited(self) -> Iterator[Fault]:
        """Yield the clauses that nothing cites: something of the notice may be left out."""
        for name, at in self.notice["clauses"].items():
            if name not in self.cited and name not in self.mentioned:
                yield at.fault(f"nothing cites clause {name}; cite it where it is carried out")

    # --- What nothing uses ------------------------------------------------------------------

    def find_unused(self) -> None:
        """Note as faults what nothing uses."""
        for kind in ("questions", "guards", "acts", "sequences"):
            for name, at in self.all(kind):
                if (kind, name) not in self.used and name not in self.mentioned:
                    self.wrong(at, f"{kind[:-1]} {name} is used nowhere; use it or remove it")
        for kind in self.words.value:
            for name, at in self.words[kind].items():
                of = _WORDS_OF.get(kind)
                known = name in (self.logic.value.get(of) or ()) if of else False
                known = known or bool(self.lost & {(of, name), (of, "")})
                known = known or name in self.mentioned
                if not known and (f"words of {kind}", name) not in self.used:
                    hint = nearest(name, self.logic.value.get(of) or ()) if of else "remove it"
                    self.wrong(at, f"nothing of the logic uses {name}; {hint}")
