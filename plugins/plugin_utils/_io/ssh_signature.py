# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detached signatures, made and verified by OpenSSH's own ssh-keygen (-Y sign, -Y verify)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

NAMESPACE: Final = "legacyops-hotfix"
_SECONDS: Final = 60
_ENVIRONMENT: Final = ("HOME", "LANG", "LOGNAME", "PATH", "SSH_AUTH_SOCK", "USER")


class SignatureError(Exception):
    """A signature that cannot be made, or that does not prove what it should; one sentence."""


def sign(data: bytes, key: Path) -> str:
    """The signature over data, in OpenSSH's armoured form.

    key: a private key without passphrase, or a public key whose private one an agent has.
    Raises SignatureError: ssh-keygen is missing, or refuses.
    """
    _needed(key, "the signing key")
    done = _ssh_keygen(["-Y", "sign", "-n", NAMESPACE, "-f", str(key)], data)
    if done.returncode != 0 or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise SignatureError(
            f"ssh-keygen did not sign with {key} ({_last_line(done)}). Use a key without "
            "passphrase or one that an agent has, or sign by hand."
        )
    return done.stdout.decode("ascii")


def verify(data: bytes, signature: Path, signers: Path, name: str) -> None:
    """Return if the signature over data is by a key that the list of signers has for the name.

    signers: an allowed-signers file (ssh-keygen(1)); keys out of date do not count.
    Raises SignatureError: it is not, or that cannot be told.
    """
    _needed(signers, "the list of allowed signers")
    _needed(signature, "the signature")
    words = ["-Y", "verify", "-n", NAMESPACE, "-f", str(signers), "-I", name, "-s", str(signature)]
    done = _ssh_keygen(words, data)
    if done.returncode != 0:
        raise SignatureError(
            f"{signature} is no valid signature of {name} ({_last_line(done)}). {name} must be a "
            f"principal in {signers}, and nothing may be altered after it was signed."
        )


def _needed(path: Path, what: str) -> None:
    if not path.is_file():
        raise SignatureError(f"{path}, {what}, is not there.")


def _ssh_keygen(words: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen without a terminal, so that it can ask for no passphrase."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        return subprocess.run(
            ["ssh-keygen", *words],
            input=data, capture_output=True, timeout=_SECONDS, check=False,
            env={**environment, "SSH_ASKPASS_REQUIRE": "never"}, start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise SignatureError(
            "ssh-keygen is not installed on this controller: install OpenSSH's client "
            "(Debian: openssh-client)."
        ) from None
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise SignatureError(f"ssh-keygen could not be run ({problem}).") from None


def _last_line(done: subprocess.CompletedProcess[bytes]) -> str:
    text = (done.stderr or done.stdout).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "".join(c for c in lines[-1] if c.isprintable())[:200] if lines else "it says nothing"
