# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the modules for one host share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Whether it can say what it would do without doing it.
  diff_mode:
    description: Whether it shows what changes, with C(--diff).
  async:
    support: none
    description: Whether it works with C(async).
    details:
      - Long installations run detached on the host anyway, and outlive a lost connection.
  platform:
    support: full
    platforms: windows
    description: The systems that it works on.
    details:
      - Windows with PowerShell 2.0 or later, over the V(ansible.builtin.winrm) connection. Nothing newer is
        needed on the host, and nothing is installed there.
notes:
  - It never makes a host UNREACHABLE. Such a host would skip C(rescue) and C(always); instead the task fails with
    RV(ignore:reason) set to V(unreachable), V(authentication_refused), V(winrm_quota), V(timeout), V(no_powershell),
    V(powershell_too_old), V(output_truncated), V(output_foreign), V(script_error), V(disk_full), V(refused), V(hash_mismatch),
    V(not_found), V(controller), or to one of the module's own, and RV(ignore:msg) says what to do.
"""

    WAITING = r"""
attributes:
  action_group:
    support: full
    description: The groups for C(module_defaults).
    details:
      - V(group/legacyops.hotfix.host)
    membership:
      - legacyops.hotfix.host
options:
  poll_seconds:
    description:
      - Seconds between two looks at the host.
      - The inventory variable C(legacyops_poll_seconds) is the default; without that it is 15.
    type: int
"""
