# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure core: observation + advisory -> findings and plan. No I/O, no Ansible.

Whoever imports any of it has the checks and actions of all kinds of systems.
"""

from . import kinds  # noqa: F401
