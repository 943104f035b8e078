# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugins share. Its import makes the start of a playbook cheaper.

Ansible's loader of collections compiles every file anew at each start and keeps nothing (get_code
of ansible/utils/collection_loader/_collection_finder.py, ansible-core 2.16 to 2.22). Python's own
loader keeps what it has compiled in __pycache__, where it may write there, as for any library.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType


@cache
def _finder(folder: str) -> FileFinder:
    return FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))


class _Kept:
    """A finder (sys.meta_path) of this package's modules alone."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's spec; None where it is not of this package: others are asked then."""
        if path and name.startswith(f"{__name__}."):
            specs = (_finder(folder).find_spec(name) for folder in path)
            return next((spec for spec in specs if spec and spec.loader), None)
        return None


if type(__spec__.loader).__module__.startswith("ansible."):
    sys.meta_path.insert(0, _Kept)
