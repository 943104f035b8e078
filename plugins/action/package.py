# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs a package of a Windows update, detached, at most once."""

from __future__ import annotations

from ..plugin_utils._procedure.windows.package import ARGUMENT_SPEC, Package


class ActionModule(Package):
    argument_spec = ARGUMENT_SPEC
