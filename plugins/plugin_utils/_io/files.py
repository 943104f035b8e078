# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the controller: whole or not at all, durable, and their owner's alone.

What a change directory holds (host names, what was found, who did what) is nobody else's business:
files are made with mode 0600 and folders with 0700, whatever the umask is.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from .answers import AnswerError, loads

_WIDTH: Final = 150


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing.

    Raises OSError: it cannot be made.
    """
    for folder in (*reversed(path.parents), path):
        with suppress(FileExistsError):
            if not folder.is_dir():
                folder.mkdir(mode=0o700)


def write_whole(path: Path, content: bytes, *, replace: bool = True) -> bool:
    """Write a whole file atomically and durably; a killed process leaves none or the old one.

    replace: False leaves a file that is there as it is.
    Returned: whether it was written.
    Raises OSError: it cannot be written.
    """
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)  # a name that is taken stays as it is
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


class UnreadableError(Exception):
    """A file that cannot be read as one of ours; the text says why, as part of a sentence."""


def read_object(path: Path) -> dict[str, Any] | None:
    """Read a file that holds one JSON object; None where there is none.

    Raises UnreadableError: it is there, and cannot be read or is no JSON object.
    """
    content = read_bytes(path)
    return None if content is None else object_of(content)


def read_bytes(path: Path) -> bytes | None:
    """Read a file; None where there is none.

    Raises UnreadableError: it is there, and cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UnreadableError(problem.strerror or type(problem).__name__) from problem


def object_of(content: bytes) -> dict[str, Any]:
    """Return the JSON object that a file holds.

    Raises UnreadableError: it holds none.
    """
    try:
        value = loads(content)
    except AnswerError as problem:
        raise UnreadableError(str(problem)) from None
    except ValueError:
        raise UnreadableError("it is no JSON") from None
    if not isinstance(value, dict):
        raise UnreadableError("it holds no JSON object")
    return value


def private_opener(path: str, flags: int) -> int:
    """Open a file as ``open`` does; where it makes one, it is its owner's alone."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Make a new or replaced name in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def json_text(value: Any, indent: int = 0) -> str:
    """Return JSON for people: what fits stands on one line, the rest a line for each member."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or indent + len(flat) <= _WIDTH or not value:
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, list):
        lines = [pad + json_text(member, indent + 1) for member in value]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    lines = [
        f"{pad}{json.dumps(key, ensure_ascii=False)}: {json_text(member, indent + 1)}"
        for key, member in value.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
