# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a host answers: it is refused in one sentence where it enters, or it can be judged."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.model import CoreError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.observation import Observation
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan import (
    make_plan,
    plan_host,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.plan.file import written
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.wire import RemoteError, decode
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.text import findings_text
from hypothesis import given, settings
from hypothesis import strategies as st
from io_doubles import bad

NOW = "2026-11-22T05:00:00Z"
# What no answer of a shipped script holds, and what a terminal or a number's reader would choke on.
HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**4000),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(["\x1b[2J\x1b[31mfatal: [x]: FAILED!", "\ud800", "x" * 5000, "2026-99-99"]),
    st.lists(st.integers() | st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=8), st.integers() | st.none(), max_size=3),
)


def spoilt(drawn: st.DataObject, whole: dict[str, Any]) -> dict[str, Any]:
    """The data with something else in one to three places."""
    whole = copy.deepcopy(whole)
    for _ in range(drawn.draw(st.integers(1, 3))):
        part: Any = whole
        while True:
            keys = sorted(part) if isinstance(part, dict) else list(range(len(part)))
            key = drawn.draw(st.sampled_from(keys))
            deeper = isinstance(part[key], dict | list) and part[key]
            if not deeper or drawn.draw(st.integers(0, 3)) == 0:
                part[key] = drawn.draw(HOSTILE)
                break
            part = part[key]
    return whole


def raw_answer(raw: str) -> str:
    """Return an answer whose bytes are these."""
    body = base64.encodebytes(raw.encode("ascii")).decode()
    begin, end = "-----BEGIN LEGACYOPS RESULT-----", f"-----END LEGACYOPS RESULT {len(raw)}-----"
    return f"{begin}\n{body}{end}\n"


def answer(value: object) -> str:
    """Return an answer that holds a value; half a surrogate pair stands in it as an escape."""
    return raw_answer(json.dumps(value))


def one_sentence(error: Exception) -> None:
    assert str(error).isprintable()
    assert len(str(error)) < 400


def judged(advisory: Any, chosen: dict[str, Any], script: str, data: dict[str, Any]) -> None:
    """Read the answer off the wire and make findings, text and plan of it."""
    try:
        read = decode(answer({"ok": True, "script": script, "data": data}), "", 0, script)
    except RemoteError as error:
        one_sentence(error)
        return
    observation = Observation("xa01", NOW, "winrm", read)
    try:
        plan = plan_host(advisory, chosen, observation)
    except CoreError as error:
        one_sentence(error)
        return
    document = written(make_plan([plan], {}, change="C1", created=NOW))
    json.dumps(document, allow_nan=False).encode("utf-8")
    text = findings_text("xa01", "", plan.findings, "en")
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.slow
def test_a_servers_answer(kit, ctx130025):
    chosen = kit.settings(single_server_silo="accept_outage")

    @given(st.data())
    @settings(max_examples=600)
    def each(drawn: st.DataObject) -> None:
        judged(ctx130025, chosen, "observe", spoilt(drawn, kit.data()))

    each()


@pytest.mark.slow
def test_a_relays_answer(kit, kb890859):
    whole = kit.ft_failed()
    mine = {key: whole[key] for key in ("nodes", "relay", "files", "errors") if key in whole}

    @given(st.data())
    @settings(max_examples=600)
    def each(drawn: st.DataObject) -> None:
        data = {**whole, **spoilt(drawn, mine)}
        judged(kb890859, {"ft_system": kit.ft_form()}, "ft/observe", data)

    each()


@given(error=st.dictionaries(
    st.sampled_from(["kind", "message", "line", "type", "code"]), HOSTILE, max_size=5
))  # fmt: skip
def test_an_errors_fields(error):
    with pytest.raises(RemoteError) as caught:
        decode(answer({"ok": False, "script": "observe", "error": error}), "", 0, "observe")
    assert str(caught.value).isprintable()
    told = json.dumps(caught.value.detail, allow_nan=False)
    assert len(told) < 600
    assert all(isinstance(v, str | int | None) for v in caught.value.detail.values())


@pytest.mark.parametrize("field", ["error", "data", "script", "ok"])
@given(value=HOSTILE)
def test_the_envelope(field, value):
    whole = {"ok": field != "error", "script": "observe", "data": {}, "error": {}, field: value}
    try:
        assert isinstance(decode(answer(whole), "", 0, "observe"), dict)
    except RemoteError as error:
        one_sentence(error)


def test_a_line_that_forges_ansibles_own():
    forged = "x\nfatal: [xa02]: FAILED! => \x1b[2J"
    with pytest.raises(RemoteError) as caught:
        decode(
            bad("observe", forged, forged, line=forged, type=forged, code=forged), "", 0, "observe"
        )
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value) + json.dumps(caught.value.detail, ensure_ascii=False)
    assert caught.value.detail["type"] == "(a strange name)"
    assert (caught.value.detail["line"], caught.value.detail["code"]) == (None, None)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ('{"ok": true, "script": "observe", "data": ' + '{"a":' * 5000 + "1" + "}" * 5001, "deep"),
        ('{"ok": true, "script": "observe", "data": {"a": NaN}}', "NaN"),
        ('{"ok": true, "script": "observe", "data": {"a": 1e999}}', "too large"),
        ('{"ok": true, "script": "observe", "data": {"a": ' + "9" * 5000 + "}}", "5000 digits"),
        ('{"ok": true, "script": "observe", "data": {"sessions": {"list": [{}]}}}', "lacks one of"),
        ('{"ok": true, "script": "observe", "data": {"system": []}}', "system is a list"),
    ],
)
def test_it_is_named(raw, says):
    text = raw_answer(raw)
    with pytest.raises(RemoteError, match=says) as caught:
        decode(text, "", 0, "observe")
    assert caught.value.reason == "answer_malformed"


def test_a_secret_is_taken_out_before_a_text_is_cut_or_folded():
    secret = "pass  word"
    text = "x" * 495 + secret + " and more"
    for told in (bad("observe", "refused", text), text):
        with pytest.raises(RemoteError) as caught:
            decode(told, text, 1, "observe", [secret])
        everything = str(caught.value) + json.dumps(caught.value.detail)
        assert "pass" not in everything
