# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a change as test cases."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.junit import junit_xml
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.report import build_report


def read(report):
    return ElementTree.fromstring(junit_xml(report, "en"))


def test_each_step_is_a_case_by_its_id(night):
    report = build_report(night().run().sources())
    (suite,) = read(report)
    (record,) = report["hosts"].values()
    cases = suite.findall("testcase")
    names = [case.get("name").partition(":")[0] for case in cases]
    assert names == [step["id"] for step in record["steps"]]
    assert suite.get("failures") == "0"
    assert sum(float(case.get("time")) for case in cases) > 0


def test_what_failed_is_a_failure_with_its_message_and_what_has_not_been_is_skipped(night):
    told = night()
    first, second, *_ = told.steps
    told.note("begin", remaining=[step.id for step in told.steps])
    told.carry_out(first)
    told.note("intent", step=second.id, joins=False, interlocks=[])
    told.note(
        "result", step=second.id, status="failed", reason="deadline", message="Too <late> & so"
    )
    (suite,) = read(build_report(told.sources()))
    (failed,) = suite.findall("testcase/failure")
    assert (failed.get("type"), failed.get("message")) == ("failed", "Too <late> & so")
    kinds = Counter(next((each.tag for each in case), "passed") for case in suite)
    assert kinds == {"passed": 1, "failure": 1, "skipped": len(told.steps) - 2}


def test_hostile_texts_are_well_formed(hostile_sources):
    assert read(build_report(hostile_sources)).tag == "testsuites"
