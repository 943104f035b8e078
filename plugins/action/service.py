# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a service of Windows running, or stopped."""

from __future__ import annotations

from ..plugin_utils._procedure.windows.service import ARGUMENT_SPEC, ServiceAction


class ActionModule(ServiceAction):
    argument_spec = ARGUMENT_SPEC
