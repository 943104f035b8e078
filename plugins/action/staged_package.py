# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a package onto a legacy Windows host and proves it by its hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleError

from ..plugin_utils._action import ActionError, HotfixAction, changed, file_record, pinned
from ..plugin_utils._io.accounts import Logon
from ..plugin_utils._io.remote import Remote, RemoteError
from ..plugin_utils._io.wire import file_pieces

# ERROR_INVALID_PASSWORD, ERROR_LOGON_FAILURE, ERROR_ACCOUNT_LOCKED_OUT, as HRESULTs.
_LOGON_FAILURES = (0x80070056, 0x8007052E, 0x80070775)

ARGUMENT_SPEC: dict[str, Any] = {
    "path": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "source": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "push_limit_mb": {"type": "int", "default": 64},
    "deadline_seconds": {"type": "int", "default": 1800},
}

# A share, a web address or a path with a drive is the host's to fetch; the rest is a file here.
HOST_SIDE = re.compile(r"\\\\|https?://|[A-Za-z]:[\\/]", re.IGNORECASE)


class ActionModule(HotfixAction):
    argument_spec = ARGUMENT_SPEC
    argument_rules: ClassVar[dict[str, Any]] = {
        "required_together": [["username", "password"]],
    }

    def act(self, remote: Remote, args: dict[str, Any]) -> dict[str, Any]:
        pin = pinned(args["sha256"])
        path = args["path"]
        if set(path) & set("*?"):
            raise ActionError("bad_path", "path names one file: leave out * and ?.")
        request = {"want": [], "files": [{"path": path, "hash": True, "signature": False}]}
        observation = remote.observe(request, deadline=args["deadline_seconds"])
        record = file_record(observation, path)
        before = record.get("sha256")
        result = {"path": path, "sha256": pin, "size": record.get("size"), "method": "none"}
        if before == pin:
            return result
        data = self._bring(remote, args, pin)
        return {**result, **data, **changed(path, before, pin)}

    def _bring(self, remote: Remote, args: dict[str, Any], pin: str) -> dict[str, Any]:
        """Have the file come from its source, whichever side that is on.

        Raises ActionError: there is no source.
        """
        if not args["source"]:
            raise ActionError(
                "not_found",
                f"{args['path']} is not there with the pinned SHA-256, and no source is given."
                " Copy the package there by hand, or give source.",
            )
        if HOST_SIDE.match(args["source"]):
            return self._pull(remote, args, pin)
        return self._push(remote, args, pin)

    def _push(self, remote: Remote, args: dict[str, Any], pin: str) -> dict[str, Any]:
        """Send the controller's file through the stdin of one PowerShell start."""
        try:
            source = Path(self._find_needle("files", args["source"]))
            size, digest = measure(source)
        except (AnsibleError, OSError) as error:
            raise ActionError(
                "source_unreadable",
                f"{args['source']} cannot be read on the controller"
                f" ({' '.join(str(error).split())}). Correct source.",
            ) from None
        if digest != pin:
            raise ActionError(
                "hash_mismatch",
                f"{args['source']} has SHA-256 {digest}, pinned is {pin}."
                " Take the vendor's own file, or correct the pin.",
            )
        limit = args["push_limit_mb"] * 2**20
        if size > limit:
            raise ActionError(
                "too_large",
                f"{args['source']} has {size} bytes, and a push ends at {limit}."
                " Let the host pull it (source: a share or URL), copy it there by hand,"
                " or raise push_limit_mb.",
            )
        if not self.check_mode:
            self.progress()(f"sends {size} bytes to {args['path']}")
            parameters = {"path": args["path"], "size": size, "sha256": pin}
            with source.open("rb") as stream:
                remote.run(
                    "receive_file",
                    parameters,
                    pieces=file_pieces(stream),
                    deadline=args["deadline_seconds"],
                )
        return {"method": "push", "size": size}

    def _pull(self, remote: Remote, args: dict[str, Any], pin: str) -> dict[str, Any]:
        """Let the host fetch the file itself."""
        if self.check_mode:
            return {"method": "pull"}
        parameters = {
            "source": args["source"],
            "path": args["path"],
            "sha256": pin,
            "username": args["username"],
            "password": args["password"],
        }
        if args["username"] is None:
            data = self._fetch(remote, parameters, args["deadline_seconds"])
        else:
            # Each host logs on to the same server: a wrong password would lock that account, too.
            server = args["source"].lstrip("\\").partition("\\")[0]
            user = re.sub(r"^\.(?=\\)", lambda _: server, args["username"])
            with Logon(self.host, user, args["password"]).asking():
                data = self._fetch(remote, parameters, args["deadline_seconds"])
        return {"method": "pull", "size": data.get("size")}

    def _fetch(self, remote: Remote, parameters: dict[str, Any], seconds: int) -> dict[str, Any]:
        try:
            return remote.run("fetch_file", parameters, deadline=seconds)
        except RemoteError as error:
            if error.detail.get("code") not in _LOGON_FAILURES:
                raise
            raise RemoteError(
                "share_refused",
                f"{self.host}: The source's server rejects {parameters['username']}.",
                "Correct username and password of the source.",
                error.detail,
            ) from None


def measure(path: Path) -> tuple[int, str]:
    """A file's size in bytes and its SHA-256 in upper-case hex."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return stream.tell(), digest.hexdigest().upper()
