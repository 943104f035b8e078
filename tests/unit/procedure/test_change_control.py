# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Approvals and journals as files: real signatures by ssh-keygen, and every way to tamper."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core.approval import (
    Approval,
    control_of,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io import ssh_signature
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure import closing
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.approval import (
    signature_of,
    standing,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.directory import (
    ChangeDirectory,
    ChangeError,
)
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._procedure.journal import JournalFile

DIGEST = "sha256:" + "a" * 64
AT = "2026-11-28T09:00:00+09:00"
APPROVAL = Approval("CHG1", DIGEST, "sato@example.com", AT, "夜間作業")

needs_ssh_keygen = pytest.mark.needs("ssh-keygen")


@dataclass
class Keys:
    """A folder with keys, and the list of those that count."""

    folder: Path

    def make(self, name: str, passphrase: str = "") -> Path:
        path = self.folder / name
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(path)]
        subprocess.run(words, check=True, timeout=60)
        return path

    def allow(self, principals: str, key: Path, options: str = "") -> str:
        """Add a key to the list of signers; its path."""
        signers = self.folder / "allowed_signers"
        public = key.with_suffix(".pub").read_text(encoding="ascii").strip()
        with signers.open("a", encoding="utf-8") as stream:
            stream.write(" ".join(filter(None, [principals, options, public])) + "\n")
        return str(signers)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    (tmp_path / "keys").mkdir()
    return Keys(tmp_path / "keys")


@pytest.fixture
def directory(tmp_path: Path) -> ChangeDirectory:
    found = ChangeDirectory(tmp_path / "change", "CHG1")
    found.write_bytes(found.approval, APPROVAL.signed_bytes())
    return found


def refused(directory: ChangeDirectory, digest: str = DIGEST, **settings: Any) -> str | None:
    """The reason of the refusal, None where the change may be carried out."""
    rules = control_of({"window_required": False, "operator": "ito", **settings})
    found = standing(directory, "CHG1", digest, rules)
    return found.refused and found.refused[0]


def sign_by_hand(path: Path, key: Path) -> None:
    """As docs/change-control.md tells a person to."""
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "legacyops-hotfix", "-f", str(key), str(path)]
    subprocess.run(words, check=True, timeout=60, capture_output=True)


# --- Approvals ------------------------------------------------------------------------------


def test_the_approval_in_the_directory_counts(directory: ChangeDirectory) -> None:
    assert refused(directory) is None
    assert refused(directory, "sha256:" + "b" * 64) == "not_approved"
    assert refused(directory, operator="SATO@example.com", separate_duties=True) == "same_person"
    assert refused(directory, window_required=True) == "no_window"
    assert refused(directory, change_id_pattern="RFC.*") == "bad_change_id"
    directory.approval.unlink()
    assert refused(directory) == "not_approved"


def test_an_approval_by_variables_counts(tmp_path: Path) -> None:
    rules = control_of({"window_required": False, "approved_by": "Sato", "approved_at": AT})
    empty = ChangeDirectory(tmp_path, "CHG1")
    assert standing(empty, "CHG1", DIGEST, rules, approved_digest=DIGEST).refused is None
    other = standing(empty, "CHG1", DIGEST, rules, approved_digest="sha256:" + "b" * 64).refused
    assert other is not None
    assert other[0] == "not_approved"


def test_a_lab_approves_by_itself_but_not_where_signatures_are_demanded(tmp_path: Path) -> None:
    empty = ChangeDirectory(tmp_path, "CHG1")
    assert standing(empty, "X", DIGEST, control_of({}), approve_plan=True).refused is None
    strict = control_of({"signature_required": True})
    found = standing(empty, "X", DIGEST, strict, approve_plan=True, approved_digest=DIGEST)
    assert found.refused is not None


@needs_ssh_keygen
def test_a_signature_by_hand_is_verified(directory: ChangeDirectory, keys: Keys) -> None:
    key = keys.make("sato")
    rules = {"signature_required": True, "allowed_signers": keys.allow("sato@example.com", key)}
    assert refused(directory, **rules) == "not_signed"
    sign_by_hand(directory.approval, key)
    assert refused(directory, **rules) is None
    assert refused(directory, signature_required=True) == "not_signed"  # nobody says whose


@needs_ssh_keygen
def test_our_own_signature_is_what_ssh_keygen_verifies(
    directory: ChangeDirectory, keys: Keys
) -> None:
    key = keys.make("sato")
    signers = keys.allow("*@example.com,other", key, 'namespaces="legacyops-hotfix"')
    signature = ssh_signature.sign(APPROVAL.signed_bytes(), key)
    signature_of(directory.approval).write_text(signature, encoding="ascii")
    assert refused(directory, signature_required=True, allowed_signers=signers) is None


@needs_ssh_keygen
@pytest.mark.parametrize("how", ["text", "name", "stranger", "other_name", "expired", "namespace"])
def test_a_signature_that_proves_nothing_is_refused(
    directory: ChangeDirectory, keys: Keys, how: str
) -> None:
    key = keys.make("sato")
    principal = "ito@example.com" if how == "other_name" else "sato@example.com"
    options = {"expired": 'valid-before="20200101"', "namespace": 'namespaces="git"'}.get(how, "")
    signers = keys.allow(principal, key, options)
    sign_by_hand(directory.approval, keys.make("stranger") if how == "stranger" else key)
    document = APPROVAL.document()
    changed = {"text": {"comment": "daytime"}, "name": {"approved_by": "ito@example.com"}}
    directory.write(directory.approval, {**document, **changed.get(how, {})})
    rules = {"allowed_signers": signers}
    assert refused(directory, **rules) == "not_signed"  # demanded or not: a false one is refused
    assert refused(directory, signature_required=True, **rules) == "not_signed"


@needs_ssh_keygen
def test_an_approval_written_otherwise_is_the_same_approval(
    directory: ChangeDirectory, keys: Keys
) -> None:
    key = keys.make("sato")
    signers = keys.allow("sato@example.com", key)
    sign_by_hand(directory.approval, key)
    directory.write(directory.approval, APPROVAL.document())  # with spaces and line ends
    assert refused(directory, signature_required=True, allowed_signers=signers) is None


@needs_ssh_keygen
def test_a_key_with_a_passphrase_is_told_and_never_asked_for(keys: Keys) -> None:
    with pytest.raises(ssh_signature.SignatureError, match="sign by hand"):
        ssh_signature.sign(b"x", keys.make("locked", passphrase="canary-canary"))


def test_a_controller_without_ssh_keygen_is_one_sentence(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keys.folder / "key"
    key.touch()
    monkeypatch.setenv("PATH", str(keys.folder))
    with pytest.raises(ssh_signature.SignatureError, match="openssh-client"):
        ssh_signature.sign(b"x", key)


def test_a_missing_list_of_signers_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ssh_signature.SignatureError, match="allowed signers, is not there"):
        ssh_signature.verify(b"x", tmp_path / "a.sig", tmp_path / "none", "sato")


# --- Journals -------------------------------------------------------------------------------


@pytest.fixture
def written(directory: ChangeDirectory) -> Path:
    """The journal of one of two hosts."""
    for host in ("xa01", "xa 02/日本"):
        journal = JournalFile(directory, host)
        for number in range(4):
            journal.append("result", step=f"{number:02d}", status="ok")
    return directory.host_file("journal", "xa01")


def close(directory: ChangeDirectory) -> closing.Closing:
    record = closing.seal(directory, "CHG1", DIGEST, "sato@example.com", "")
    directory.write_bytes(directory.closed, record.signed_bytes())
    return record


def found(directory: ChangeDirectory, **heads: str) -> dict[str, dict[str, Any]]:
    return closing.verified(directory, closing.closing_record(directory), heads)


def test_a_closed_journal_is_proven(directory: ChangeDirectory, written: Path) -> None:
    close(directory)
    hosts = found(directory)
    assert set(hosts) == {"xa01", "xa 02/日本"}
    assert all(each["ok"] and each["proven"] and each["entries"] == 4 for each in hosts.values())


def _swap(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


TAMPERINGS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "flip": lambda lines: [lines[0].replace(b"ok", b"no"), *lines[1:]],
    "flip the last": lambda lines: [*lines[:-1], lines[-1].replace(b"ok", b"no")],
    "remove": lambda lines: [lines[0], *lines[2:]],
    "cut the tail": lambda lines: lines[:-1],
    "reorder": _swap,
    "add a copy": lambda lines: [*lines, lines[-1]],
    "add rubbish": lambda lines: [*lines, b"rubbish\n"],
    "add an empty line": lambda lines: [*lines, b"\n"],
    "other line ends": lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    "empty": lambda _lines: [],
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_whatever_is_done_to_a_closed_journal_is_found(
    directory: ChangeDirectory, written: Path, how: str
) -> None:
    close(directory)
    written.write_bytes(b"".join(TAMPERINGS[how](written.read_bytes().splitlines(keepends=True))))
    assert found(directory)["xa01"]["problems"]
    assert not found(directory)["xa 02/日本"]["problems"]


def test_a_journal_that_is_gone_or_new_is_found(directory: ChangeDirectory, written: Path) -> None:
    close(directory)
    written.rename(written.with_name("xa03.jsonl"))
    hosts = found(directory)
    assert hosts["xa01"]["problems"] == ["the journal is missing"]
    assert "the change was closed without this journal" in hosts["xa03"]["problems"]
    assert "it is of another host ('xa01'), not of xa03" in hosts["xa03"]["problems"][0]


def test_the_tail_of_an_open_journal_is_not_proven(
    directory: ChangeDirectory, written: Path
) -> None:
    head = found(directory)["xa01"]["head"]
    lines = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(b"".join(lines[:-1]))
    assert "its end is missing" in found(directory)["xa01"]["problems"][0]
    # Whoever cuts the note of the end off as well is found by a record kept elsewhere only.
    noted = written.with_suffix(".head").read_bytes()
    written.with_suffix(".head").unlink()
    cut = found(directory)["xa01"]
    assert cut["ok"]
    assert not cut["proven"]
    assert "is not proven" in cut["note"]
    assert found(directory, xa01=head)["xa01"]["problems"]
    written.write_bytes(b"".join(lines))
    written.with_suffix(".head").write_bytes(noted)
    assert found(directory, xa01=head)["xa01"]["proven"]


def test_a_torn_line_is_told_and_can_be_closed(directory: ChangeDirectory, written: Path) -> None:
    with written.open("ab") as stream:
        stream.write(b'{"kind": "int')
    assert found(directory)["xa01"]["torn_lines"] == [5]
    close(directory)
    assert found(directory)["xa01"]["proven"]


def test_an_altered_journal_cannot_be_closed(directory: ChangeDirectory, written: Path) -> None:
    written.write_bytes(written.read_bytes().replace(b"ok", b"no", 1))
    with pytest.raises(ChangeError, match="not as it was written"):
        close(directory)


@needs_ssh_keygen
def test_a_closing_is_signed_by_the_one_who_closed(
    directory: ChangeDirectory, written: Path, keys: Keys
) -> None:
    key = keys.make("sato")
    signers = keys.allow("sato@example.com", key)
    record = close(directory)
    assert closing.signer_of(directory, record, signers) is None
    sign_by_hand(directory.closed, key)
    assert closing.signer_of(directory, record, signers) == "sato@example.com"
    document = json.loads(directory.closed.read_bytes())
    document["journals"]["xa01"]["head"] = DIGEST
    directory.write(directory.closed, document)
    altered = closing.closing_record(directory)
    assert altered is not None
    assert altered.digest() != record.digest()
    with pytest.raises(ChangeError, match="no valid signature"):
        closing.signer_of(directory, altered, signers)


@pytest.mark.parametrize("text", ["a\u2028b\u2029c\x85d\x0b\x0ce", "\ud800", "{{ x }}\x1b[2J"])
def test_no_text_of_a_host_breaks_its_journal(tmp_path: Path, text: str) -> None:
    journal = JournalFile(ChangeDirectory(tmp_path, "CHG1"), "xa01")
    journal.append("result", step="01", status="ok", result={text: [text, 2**60, float("nan")]})
    journal.append("end")
    assert [entry.kind for entry in journal.entries()] == ["result", "end"]
    assert len(journal.lines()) == 2


def test_an_entry_tells_the_local_time_too(tmp_path: Path) -> None:
    journal = JournalFile(ChangeDirectory(tmp_path, "CHG1"), "xa01")
    journal.append("end")
    (entry,) = journal.entries()
    assert entry.utc.endswith("Z")
    assert entry.local[10] == "T"
    assert entry.local[-6] in "+-"
