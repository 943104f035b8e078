# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts a Windows once, and waits until it is back."""

from __future__ import annotations

from ..plugin_utils._procedure.windows.restart import ARGUMENT_SPEC, Restart


class ActionModule(Restart):
    argument_spec = ARGUMENT_SPEC
