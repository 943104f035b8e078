# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in a file that comes from outside: only the product's own errors come out.

`make soak` runs the same for long (--hypothesis-profile soak). Answers of hosts:
tests/unit/core/test_hostile_answers.py; inventories: tests/unit/procedures/test_bad_inventories.py.
"""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import advisory, journal
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.approval import approval_of
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    FORMAT,
    read_plan,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import confirmations
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
    ChangeError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._report.results_form import read_form
from hypothesis import given, settings
from hypothesis import strategies as st
from step_double import planned

OURS = (CoreError, RemoteError, ChangeError)
ADVISORY = advisory.bundled_folder() / "ctx130025"
DIGEST = "sha256:" + "a" * 64
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


def examples(number: int) -> settings:
    return settings(max_examples=max(number, settings.default.max_examples))


def ours(attempt: Callable[[], Any]) -> None:
    """It goes well, or says one sentence that a terminal can show."""
    try:
        attempt()
    except OURS as error:
        said = str(error)
    else:
        return
    assert said.replace("\n", " ").isprintable(), said
    assert len(said) < 2000


def spoilt(drawn: st.DataObject, whole: dict[str, Any]) -> dict[str, Any]:
    """The document with something else in one place, or without it."""
    whole = copy.deepcopy(whole)
    part: Any = whole
    while True:
        key = drawn.draw(
            st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part)))
        )
        deeper = isinstance(part[key], dict | list) and part[key]
        if not deeper or drawn.draw(st.booleans()):
            break
        part = part[key]
    if isinstance(part, dict) and drawn.draw(st.integers(0, 3)) == 0:
        del part[key]
    else:
        part[key] = drawn.draw(JSON)
    return whole


APPROVAL = {
    "format": 1,
    "change": "C1",
    "digest": DIGEST,
    "approved_by": "Sato",
    "approved_at": "2026-11-28T09:00:00+09:00",
    "comment": "",
    "window": {"start": "2026-11-28T22:00:00+09:00", "end": "2026-11-29T05:00:00+09:00"},
}


@given(st.data())
@examples(300)
def test_an_approval(drawn: st.DataObject) -> None:
    ours(lambda: approval_of(spoilt(drawn, APPROVAL)).signed_bytes())


@given(st.dictionaries(st.sampled_from([*APPROVAL, "x"]), JSON))
def test_any_table_as_an_approval(value: dict[str, Any]) -> None:
    ours(lambda: approval_of(value).signed_bytes())


def asked(folder: Path) -> tuple[confirmations.Confirmations, Path, Path]:
    """A step that waits and was answered: the records' files."""
    store = confirmations.Confirmations(folder)
    store.ask("ft01", "01-x", {"en": "Look."}, choices=("dark", "lit"))
    store.confirm("ft01", "01-x", name="Sato", saw="dark")
    return store, next(folder.glob("waiting/*/*.json")), next(folder.glob("confirmations/*/*.json"))


@pytest.mark.parametrize("which", [1, 2], ids=["request", "answer"])
def test_a_confirmations_records(which: int) -> None:
    @given(st.data())
    @examples(200)
    def each(drawn: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as folder:
            records = asked(Path(folder))
            store, file = records[0], records[which]
            assert isinstance(file, Path)
            whole = json.loads(file.read_text(encoding="utf-8"))
            file.write_text(json.dumps(spoilt(drawn, whole)), encoding="utf-8")
            ours(lambda: [store.answer(request) for request in store.waiting("ft01")])
            ours(lambda: store.confirm("ft01", "01-x", name="Suzuki", saw="lit"))
            ours(lambda: confirmations.given(Path(folder), "ft01"))

    each()


STEPS = [planned("01-x", "node_info"), planned("02-y", "node_info")]
PLAN = {"digest": DIGEST, "hosts": {"xa01": {"steps": STEPS}}}
FORM = f"""\
legacyops_results: 1
change: "C1"
plan: "{DIGEST}"
utc_offset: "+09:00"
hosts:
  "xa01":
    steps:
      - step: "01-x"
        result: "done"
        worker: "Sato"
        ended: "2026-11-22 22:05"
    acceptance: {{result: "accepted", by: "Ito", at: "2026-11-23 09:00", note: ""}}
"""


def test_the_form_is_good() -> None:
    (filled,) = read_form(FORM.encode(), "C1", PLAN)
    assert filled.rows[0]["name"] == "Sato"


@pytest.mark.slow
@given(st.data())
@examples(400)
def test_a_results_form(drawn: st.DataObject) -> None:
    data = bytearray(FORM.encode())
    for _ in range(drawn.draw(st.integers(1, 4))):
        at = drawn.draw(st.integers(0, len(data) - 1))
        data[at : at + drawn.draw(st.integers(0, 9))] = drawn.draw(
            st.binary(max_size=6)
            | st.sampled_from([b"[" * 3000, b"{a: " * 900, b"!!python/x ", b"&a *a"])
        )
    ours(lambda: read_form(bytes(data), "C1", PLAN))


@pytest.mark.slow
@given(st.data())
@examples(60)
def test_an_advisory(drawn: st.DataObject) -> None:
    name = drawn.draw(st.sampled_from(["notice.yml", "words.yml", "logic.yml"]))
    lines = (ADVISORY / name).read_text(encoding="utf-8").splitlines(keepends=True)
    at = drawn.draw(st.integers(0, len(lines) - 1))
    kind = drawn.draw(st.sampled_from(["drop", "twice", "value", "noise", "cut"]))
    if kind == "drop":
        del lines[at]
    elif kind == "twice":
        lines.insert(at, lines[at])
    elif kind == "value":
        head, colon, _tail = lines[at].partition(": ")
        lines[at] = f"{head}{colon}{json.dumps(drawn.draw(JSON))}\n"
    elif kind == "noise":
        lines[at] = drawn.draw(st.text(max_size=30)) + "\n"
    else:
        lines = lines[:at]
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(shutil.copytree(ADVISORY, Path(folder) / "broken"))
        (broken / name).write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
        ours(lambda: advisory.load(broken))


@given(st.binary(max_size=200))
def test_any_bytes_as_an_advisory(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(shutil.copytree(ADVISORY, Path(folder) / "broken"))
        (broken / "logic.yml").write_bytes(content)
        ours(lambda: advisory.load(broken))


@given(JSON)
def test_any_value_as_a_plan(value: Any) -> None:
    names = ("digest", "waves", "hosts", "outside", "common", "silos", "parts")
    document = {"format": FORMAT, **dict.fromkeys(names, value)}
    ours(lambda: read_plan(value))
    ours(lambda: read_plan(document))


@given(st.dictionaries(st.sampled_from(["host", "taken", "source", "data", "change"]), JSON))
def test_any_table_as_a_recorded_observation(value: dict[str, Any]) -> None:
    ours(lambda: Observation.from_dict(value).to_dict())


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_as_a_file_of_a_change(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = ChangeDirectory(Path(folder), "C1")
        directory.plan.write_bytes(content)
        ours(lambda: directory.read(directory.plan))


@given(
    st.lists(
        st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()), max_size=5
    )
)
def test_any_lines_as_a_journal(lines: list[bytes]) -> None:
    report = journal.verify(journal.file_lines(b"\n".join(lines)), of={"host": "x"})
    assert all(text.isprintable() for text in report.problems)
