# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Advisories: a vendor's notice as data, three YAML files, checked before anything else.

A broken advisory is refused with file, line and reason; nothing of it is used. How one is written:
docs/advisories.md. ``read`` reads YAML with the lines of its places, ``base`` lays a notice over
the one that it builds on, ``expand`` makes of the three files the one form that planner, model and
docs see, ``check`` finds what no schema can say.
"""

from . import inputs
from .advisory import Advisory, lint, lint_all, load, load_advisories
from .check import EVENTS_SCOPE, PRODUCT_SCOPE, steps_of
from .files import FILES, bundled_folder
from .read import AdvisoryError, Fault
from .select import select_advisories

__all__ = [
    "EVENTS_SCOPE",
    "FILES",
    "PRODUCT_SCOPE",
    "Advisory",
    "AdvisoryError",
    "Fault",
    "bundled_folder",
    "inputs",
    "lint",
    "lint_all",
    "load",
    "load_advisories",
    "select_advisories",
    "steps_of",
]
