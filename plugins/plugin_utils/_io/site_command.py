# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site's own command on the controller: what the ``command`` drivers of power and Endurance run.

The site writes the words (no shell), and what its answers look like. Credentials go to the
command by its stdin or by its environment, never on its command line, and nothing that it prints
is shown before they are taken out.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from .wire import RemoteError

# What a site's command sees of the controller's environment: Ansible's secrets are not in it.
_ENVIRONMENT: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "TMPDIR", "USER")
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_LONGEST_OUTPUT: Final = 65536
_LONGEST_SECONDS: Final = 600
_SETTLE_SECONDS: Final = 5.0  # what a killed command may still need to go


class DriverError(RemoteError):
    """A driver that is not set up rightly, or that did not do its work."""


class OperatorNeededError(DriverError):
    """Only a person can do this.

    instruction: what to do, {"en": …, "ja": …}.
    """

    def __init__(self, instruction: Mapping[str, str]) -> None:
        super().__init__("waiting_operator", instruction["en"], "Confirm it with your name.")
        self.instruction = dict(instruction)


@dataclass(frozen=True)
class Credentials:
    """An entry of a setting with credentials. Its repr tells nothing."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def of(cls, name: Any, entries: Any, where: str, setting: str) -> Credentials:
        """The named entry.

        where: what names it. setting: the variable that has the entries.
        Raises DriverError: there is no such entry, or it is incomplete.
        """
        entry = entries.get(name) if isinstance(entries, Mapping) else None
        if not isinstance(entry, Mapping):
            raise wrong(
                f"{where}.credentials is {name!r}, which {setting} lacks.",
                "Add it there (from a vault), with username and password.",
            )
        for key in ("username", "password"):
            value = entry.get(key)
            if not isinstance(value, str) or not value or "\n" in value or "\0" in value:
                raise wrong(
                    f"{setting}.{name}.{key} is not one line of text.",
                    "Give both username and password there.",
                )
        return cls(entry["username"], entry["password"])

    def scrub(self, text: str) -> str:
        """The text without the password, should anything have put it there."""
        return text.replace(self.password, "***")


def wrong(message: str, remedy: str) -> DriverError:
    """A mistake in the settings: one sentence, and what to do about it."""
    return DriverError("bad_settings", message, remedy)


@dataclass(frozen=True)
class Answer:
    """How a site's command ended. exit_code None: it was killed at its deadline."""

    exit_code: int | None
    output: str  # stdout, then stderr

    def told(self) -> str:
        """What it said, in a few words for a report."""
        ending = "no end before its deadline" if self.exit_code is None else self.exit_code
        said = " ".join("".join(c if c.isprintable() else " " for c in self.output).split())
        return f"exit code {ending}" + (f", {said[:200]!r}" if said else "")


@dataclass(frozen=True)
class SitePattern:
    """What an answer must look like: its exit code, and (where given) a pattern in its output."""

    exit_codes: tuple[int, ...] = (0,)
    pattern: str | None = None

    @classmethod
    def of(cls, value: Any, where: str) -> SitePattern:
        """From the settings: a pattern, or ``{pattern, exit_codes}``.

        Raises DriverError: it is neither, or the pattern is no regular expression.
        """
        part = {"pattern": value} if isinstance(value, str) else value
        if not isinstance(part, Mapping) or not part or set(part) - {"pattern", "exit_codes"}:
            raise wrong(
                f"{where} is no pattern.", "Give a regular expression, or pattern and exit_codes."
            )
        codes = part.get("exit_codes", [0])
        if not isinstance(codes, list) or not codes or not all(map(_is_number, codes)):
            raise wrong(f"{where}.exit_codes is no list of numbers.", "Give it as [0].")
        pattern = part.get("pattern")
        try:
            re.compile(pattern or "")
        except (re.error, TypeError) as error:
            raise wrong(
                f"{where}.pattern is no regular expression ({error}).", "Correct it."
            ) from None
        return cls(tuple(codes), pattern)

    def fits(self, answer: Answer, **names: str) -> bool:
        """Whether an answer looks like this.

        names: placeholders of the pattern, as ``{component}``; taken literally.
        """
        if answer.exit_code not in self.exit_codes:
            return False
        if self.pattern is None:
            return True
        text = self.pattern
        for name, value in names.items():
            text = text.replace("{" + name + "}", re.escape(value))
        return re.search(text, answer.output, re.IGNORECASE | re.MULTILINE) is not None


class SiteCommand:
    """One command line of the site, with its placeholders.

    words: the command and its arguments; no shell reads them.
    where: the setting's name, for messages.
    placeholders: the names that may stand in the words, as ``{name}``.
    """

    def __init__(
        self,
        words: Any,
        where: str,
        *,
        placeholders: Sequence[str],
        credentials: Credentials | None,
        by: str = "stdin",
        seconds: float = 30,
    ) -> None:
        self._where, self._credentials, self._by = where, credentials, by
        self._seconds = seconds
        if not isinstance(words, list) or not words or not all(isinstance(w, str) for w in words):
            raise wrong(
                f"{where} is no command.", "Give it as a list of words; no shell reads them."
            )
        for word in words:
            for name in _PLACEHOLDER.findall(word):
                if name not in placeholders:
                    raise wrong(
                        f"{where} has the placeholder {{{name}}}, which there is not.",
                        f"There are: {', '.join(placeholders) or 'none'}; credentials come by "
                        "stdin or environment.",
                    )
            if credentials is not None and credentials.password in word:
                raise wrong(
                    f"{where} has a password on its command line, where everybody can read it.",
                    "Let the command take it from stdin or its environment.",
                )
        if shutil.which(words[0]) is None:
            raise wrong(
                f"{where}: there is no executable {words[0]} on the controller.",
                "Correct the path, or make the file executable.",
            )
        if by not in ("stdin", "environment"):
            raise wrong(f"{where}: credentials_by is {by!r}.", "Say stdin or environment.")
        if type(seconds) not in (int, float) or not 0 < seconds <= _LONGEST_SECONDS:
            raise wrong(f"{where}: seconds is {seconds!r}.", f"Give 1 to {_LONGEST_SECONDS}.")
        self._words: list[str] = words

    def run(self, **names: str) -> Answer:
        """Run it once, to its end or its deadline.

        Raises DriverError: it could not be started, or a value looks like an option.
        """
        line = [self._filled(word, names) for word in self._words]
        environment = {k: os.environ[k] for k in _ENVIRONMENT if k in os.environ}
        given = b""
        if self._credentials is not None and self._by == "environment":
            environment["LEGACYOPS_USERNAME"] = self._credentials.username
            environment["LEGACYOPS_PASSWORD"] = self._credentials.password
        elif self._credentials is not None:
            given = f"{self._credentials.username}\n{self._credentials.password}\n".encode()
        code, text = _run(line, environment, given, self._seconds, self._where)
        if self._credentials is not None:
            text = self._credentials.scrub(text)  # before it is cut: half a password is one, too
        return Answer(code, text[:_LONGEST_OUTPUT])

    def _filled(self, word: str, names: Mapping[str, str]) -> str:
        filled = _PLACEHOLDER.sub(lambda found: names[found[1]], word)
        if filled.startswith("-") and not word.startswith("-"):
            raise wrong(f"{self._where}: {filled!r} would be taken for an option.", "Rename it.")
        return filled


def _run(
    line: list[str], environment: dict[str, str], given: bytes, seconds: float, where: str
) -> tuple[int | None, str]:
    """Exit code (None at the deadline) and what was printed, at most 128 KiB of it.

    The output goes to a file: a command that prints without end cannot fill the memory, and one
    that leaves a child behind cannot keep the reader waiting.
    """
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                line,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # a deadline ends all of it; Ctrl-C ends none of it
            )
        except OSError as error:
            raise wrong(f"{where} cannot be started ({error.strerror}).", "Mend it.") from None
        code: int | None
        try:
            process.communicate(given, timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_SETTLE_SECONDS)
        output.seek(0)
        return code, output.read(2 * _LONGEST_OUTPUT).decode("utf-8", "replace")


def _is_number(value: object) -> bool:
    """Whether it is a whole number; YAML's true is none."""
    return isinstance(value, int) and not isinstance(value, bool)
