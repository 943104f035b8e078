# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches a CoServer on or off by its power driver, and believes only what the driver reads."""

from __future__ import annotations

from ..plugin_utils._procedure.ft.power import ARGUMENT_SPEC, Power


class ActionModule(Power):
    argument_spec = ARGUMENT_SPEC
