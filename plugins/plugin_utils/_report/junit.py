# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a change as JUnit XML: a suite a host, a test case a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree

from .history import OVER

Record = Mapping[str, Any]

_FAILED: Final = frozenset({"failed", "refused", "left", "unfinished"})


def junit_xml(report: Record, language: str) -> str:
    """Return JUnit XML of a report: what failed with its message, what has not been with its word.

    language: en or ja, of the titles.
    """
    suites = ElementTree.Element("testsuites", name=str(report["change"]))
    for host, record in report["hosts"].items():
        steps = record["steps"]
        suite = ElementTree.SubElement(suites, "testsuite", name=str(host), tests=str(len(steps)))
        for step in steps:
            _case(suite, str(host), step, language)
        for kind in ("failure", "skipped"):
            number = len(suite.findall(f"testcase/{kind}"))
            suite.set({"failure": "failures"}.get(kind, kind), str(number))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def _case(suite: ElementTree.Element, host: str, step: Record, language: str) -> None:
    name = f"{step['id']}: {step['title'][language]}"
    seconds = str(step["seconds_taken"] or 0)
    case = ElementTree.SubElement(suite, "testcase", classname=host, name=name, time=seconds)
    outcome = step["outcome"]
    if outcome in _FAILED:
        text = _said(step["message"], language) or step["reason"] or outcome
        ElementTree.SubElement(case, "failure", type=outcome, message=text)
    elif outcome not in OVER or outcome == "skipped":
        text = _said(step["why"], language) or outcome
        ElementTree.SubElement(case, "skipped", message=text)


def _said(text: Mapping[str, str] | str | None, language: str) -> str:
    return str(text[language] if isinstance(text, Mapping) else text or "")
