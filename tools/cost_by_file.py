"""A plugin for pytest (-p cost_by_file): the processor seconds of each file of tests.

A test's cost is its process's and that of the children that it has waited for, its fixtures
included. What outlives its parent (a lab, an orphan) is only in the sum that tools/cost.py prints.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator

import pytest

Report = pytest.TestReport
PROPERTY = "processor_seconds"
_files: dict[str, float] = defaultdict(float)


def _used() -> float:
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what had been used when the test began."""
    item.stash[_BEGAN] = _used()
    return (yield)


_BEGAN = pytest.StashKey[float]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Report, Report]:
    """Give the last report of a test what it has used; a worker's reports go to the controller."""
    report = yield
    if report.when == "teardown":
        report.user_properties.append((PROPERTY, _used() - item.stash[_BEGAN]))
    return report


def pytest_runtest_logreport(report: Report) -> None:
    """Add a test's cost to its file's."""
    for name, value in report.user_properties:
        if name == PROPERTY and report.when == "teardown":
            _files[report.nodeid.partition("::")[0]] += float(str(value))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the files, the dearest first."""
    terminalreporter.section("processor seconds")
    for file, seconds in sorted(_files.items(), key=lambda each: -each[1]):
        if seconds >= 1:
            terminalreporter.write_line(f"{seconds:8.1f}  {file}")
    terminalreporter.write_line(f"{sum(_files.values()):8.1f}  in {len(_files)} files")
