# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the states of Endurance's components."""

from __future__ import annotations

from ..plugin_utils._procedure.ft.endurance_info import ARGUMENT_SPEC, EnduranceInfo


class ActionModule(EnduranceInfo):
    argument_spec = ARGUMENT_SPEC
