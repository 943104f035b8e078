# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions on one Windows: what they are given, and what they change."""

from __future__ import annotations

from ..actions import Answers, Argument, register

_AT_HAND = Answers("package", ("at_hand", "not_at_hand"), ("at_hand",))

register(
    "node_info",
    "Reads; builds the chains of the files named in probe_chains (may fetch a root).",
    kind="windows",
    touches=(("stores",), ("chains",)),  # building a chain may fetch a root
    looks=True,
    probe_chains=Argument("list"),
)
register(
    "root_certificate",
    "Puts a root certificate, pinned by SHA-256, into LocalMachine\\Root.",
    kind="windows",
    touches=(("stores",),),
    state=Argument("text", True, ("present", "absent"), what=True),
    source=Argument("text", True),
    sha256=Argument("sha256", True),
)
register(
    "root_update_policy",
    "Lets policy allow the automatic update of root certificates.",
    kind="windows",
    touches=(("root_update",), ("stores",)),
    state=Argument("text", True, ("allowed", "off"), what=True),
)
register(
    "staged_package",
    "Has a file, pinned by SHA-256, on the host; fetches it from source where it is not.",
    touches=(("files", "{path}"),),
    fetches=True,
    answers=lambda _: _AT_HAND,
    path=Argument("text", True),
    source=Argument("text"),
    sha256=Argument("sha256", True),
)
register(
    "msp_patch",
    "Installs a Windows Installer patch, pinned by SHA-256, detached from the session.",
    kind="windows",
    takes_out={},
    interruptible=False,
    installs=True,
    touches=(
        ("patches", "{patch_code}"),
        ("patches", "*", "state"),  # what it supersedes
        ("files",),
        ("service_modules",),
        ("services",),
        ("pending_restart",),
        ("stores",),
    ),
    package=Argument("text", True),
    sha256=Argument("sha256", True),
    patch_code=Argument("text", True),
    deadline_seconds=Argument("seconds", True),
    run_as=Argument("text", False, ("system", "user")),
)
register(
    "service",
    "Has a service of Windows running, and staying so for stable_seconds; or has it stopped.",
    kind="windows",
    takes_out={"state": "stopped"},
    touches=(("services",),),
    name=Argument("text", True, what=True),
    state=Argument("text", True, ("running", "stopped"), what=True),
    stable_seconds=Argument("seconds"),
    deadline_seconds=Argument("seconds"),
)
_OF_AN_UPDATE = (
    ("windows_updates",),
    ("servicing_stack",),
    ("registry",),
    ("system", "build"),  # 6002 becomes 6003 with some
    ("system", "version"),
)

register(
    "package",
    "Installs a package of a Windows update (.msu), pinned by SHA-256, detached from the session.",
    kind="windows",
    takes_out={},
    interruptible=False,
    installs=True,
    owes_restart=lambda a: a.get("restart") == "always",
    touches=(*_OF_AN_UPDATE, ("files",), ("services",), ("pending_restart",), ("stores",)),
    package=Argument("text", True),
    sha256=Argument("sha256", True),
    update=Argument("text", True, what=True),
    restart=Argument("text", False, ("when_asked", "always")),
    deadline_seconds=Argument("seconds", True),
)
register(
    "restart",
    "Restarts Windows once and waits until it answers again: the host's own, or a node's.",
    takes_out={"node": None},
    interruptible=False,
    touches=(("services",), ("pending_restart",), ("sessions",), ("files",), *_OF_AN_UPDATE),
    effect="restarts",
    node=Argument("text", what=True, node=True),
    deadline_seconds=Argument("seconds", True),
    reason=Argument("text"),
)
