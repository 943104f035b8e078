# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shuts a Windows down, and waits until it is silent."""

from __future__ import annotations

from ..plugin_utils._procedure.windows.shutdown import ARGUMENT_SPEC, Shutdown


class ActionModule(Shutdown):
    argument_spec = ARGUMENT_SPEC
