# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's answer may hold, checked where it enters.

Behind this, code relies on the types of answers.yml: a host that answers with a list where a text
belongs is named and left, and its nonsense reaches no check, journal, plan or terminal.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

try:
    import jsonschema
except ImportError as error:  # reported when an answer is to be judged
    JSONSCHEMA_ERROR: ImportError | None = error
else:
    JSONSCHEMA_ERROR = None

SCHEMAS = Path(__file__).with_name("answers.yml")
# Read once, by ansible-playbook, before it forks a worker for each host and task. libyaml's loader
# is some ten times as fast; both are safe.
_SCHEMAS: Final[dict[str, Any]] = yaml.load(
    SCHEMAS.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
)
# An observation is ten deep at most; PowerShell's numbers have 64 bits.
_DEEPEST = 30
_LARGEST = 2**64
_NESTING = (dict, list)
_LONE = re.compile("[\ud800-\udfff]")


class AnswerError(ValueError):
    """What is wrong with an answer, as part of a sentence."""


def loads(text: str | bytes) -> Any:
    """JSON from outside, as values that every part of the collection can hold.

    Half a surrogate pair becomes U+FFFD: a host may have cut a text in the middle of one.

    Raises AnswerError: it is nested too deep, or a number is too large, to be meant.
    Raises ValueError: any other is no JSON at all.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    try:
        value = json.loads(
            text, parse_constant=_no_number, parse_int=_integer, parse_float=_fraction
        )
    except RecursionError:
        raise AnswerError("it is nested too deep") from None
    _check_depth(value, 0)
    return _clean(value) if _may_be_torn(text) else value


def _may_be_torn(text: str) -> bool:
    """Whether JSON may hold half a surrogate pair: as it is, or escaped."""
    if "\\ud" in text or "\\uD" in text:
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _no_number(word: str) -> NoReturn:
    raise AnswerError(f"it holds {word}, which is no number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _LARGEST:
        raise AnswerError(f"it holds a number of {len(digits)} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    if not math.isfinite(float(digits)):
        raise AnswerError("it holds a number that is too large")
    return float(digits)


def _check_depth(value: Any, depth: int) -> None:
    if isinstance(value, _NESTING):
        if depth + bool(value) > _DEEPEST:
            raise AnswerError("it is nested too deep")
        members = value.values() if isinstance(value, dict) else value
        for inner in [each for each in members if isinstance(each, _NESTING)]:
            _check_depth(inner, depth + 1)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_LONE.sub("\ufffd", key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def fault(script: str, data: Mapping[str, Any]) -> str | None:
    """Why the data of a script's answer are not of its form, as part of a sentence; else None.

    It names the place and the type that is there, never the value.
    """
    if JSONSCHEMA_ERROR is not None:
        return "the Python library jsonschema is missing on the controller"
    problem = next(iter(_validator(script).iter_errors(data)), None)
    if problem is None:
        return None
    place = "".join(_step(part) for part in problem.absolute_path).lstrip(".") or "the whole"
    if problem.validator == "required":
        return f"{place} lacks one of {', '.join(problem.validator_value)}"
    return f"{place} is {_KINDS.get(type(problem.instance), 'something else')}"


_KINDS: Final[dict[type, str]] = {
    str: "a text",
    int: "a number",
    float: "a broken number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
    type(None): "empty",
}


def _step(part: str | int) -> str:
    """One step of a path; a name of the host's own is not repeated as it is."""
    if isinstance(part, int):
        return f"[{part}]"
    known = re.fullmatch(r"[A-Za-z0-9_ ()\\:.$-]{1,80}", part)
    return f".{part}" if known else ".(a strange name)"


@cache
def _validator(script: str) -> Any:
    form = _SCHEMAS["scripts"].get(script, {})
    return jsonschema.Draft202012Validator({"type": "object", "$defs": _SCHEMAS["$defs"], **form})
