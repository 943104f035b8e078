# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs a Windows Installer patch, detached, at most once."""

from __future__ import annotations

from ..plugin_utils._procedure.windows.msp_patch import ARGUMENT_SPEC, MspPatch


class ActionModule(MspPatch):
    argument_spec = ARGUMENT_SPEC
