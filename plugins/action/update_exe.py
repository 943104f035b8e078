# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs or removes an update of the update.exe family on a node of an FT system, detached."""

from __future__ import annotations

from ..plugin_utils._procedure.ft.update_exe import ARGUMENT_SPEC, UpdateExe


class ActionModule(UpdateExe):
    argument_spec = ARGUMENT_SPEC
