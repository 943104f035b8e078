# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: from one host's observation to its steps, and from all hosts to one plan."""

from ..order import PlanError
from .host import (
    HostPlan,
    Outside,
    assess_request,
    notices_request,
    outside_of,
    plan_host,
    plan_notices,
    planned_settings,
    serves,
    serving_refs,
)
from .steps import all_steps, chosen_procedure, part_request, step_request, steps_like
from .whole import FORMAT, make_plan, plan_digest, read_head, read_part, read_plan, same_plan

__all__ = [
    "FORMAT",
    "HostPlan",
    "Outside",
    "PlanError",
    "all_steps",
    "assess_request",
    "chosen_procedure",
    "make_plan",
    "notices_request",
    "outside_of",
    "part_request",
    "plan_digest",
    "plan_host",
    "plan_notices",
    "planned_settings",
    "read_head",
    "read_part",
    "read_plan",
    "same_plan",
    "serves",
    "serving_refs",
    "step_request",
    "steps_like",
]
