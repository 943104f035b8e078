# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a Virtual Server of Endurance enabled."""

from __future__ import annotations

from ..plugin_utils._procedure.ft.virtual_server import ARGUMENT_SPEC, VirtualServer


class ActionModule(VirtualServer):
    argument_spec = ARGUMENT_SPEC
