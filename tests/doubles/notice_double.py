# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small advisory of the guide, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.advisory import Fault, lint

GUIDE = Path(__file__).parents[2] / "docs" / "advisories.md"
FILES = ("notice", "words", "logic")


class Notice:
    """The small advisory of the guide, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        examples = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[-3:]
        texts = [example.split("```")[0] for example in examples]
        self.texts = dict(zip(FILES, texts, strict=True))

    def change(self, old: str, new: str) -> str:
        """Replace what is there once; return the name of its file."""
        [name] = [name for name, text in self.texts.items() if text.count(old) == 1]
        self.texts[name] = self.texts[name].replace(old, new)
        return name

    def faults(self) -> list[Fault]:
        for name, text in self.texts.items():
            (self.folder / f"{name}.yml").write_text(text, encoding="utf-8")
        advisory, faults = lint(self.folder)
        assert (advisory is None) == any(not fault.warning for fault in faults)
        return faults

    def line_of(self, name: str, text: str) -> int:
        assert text in self.texts[name], text
        return self.texts[name].partition(text)[0].count("\n") + 1
