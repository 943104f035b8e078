# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules on power and Endurance of an FT system share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ft_system:
    description:
      - The description of the FT system, whose C(power) and C(endurance) parts choose the driver.
      - The inventory variable C(legacyops_ft_system) is the default.
    type: dict
  ft_credentials:
    description:
      - The named credentials, each with C(username) and C(password). They are never part of a plan, of a command line
        or of a result.
      - The inventory variable C(legacyops_ft_credentials) is the default.
    type: dict
  confirmed_by:
    description:
      - The name of the person who says that it is done. Without it, what only a person can do fails with the
        RV(ignore:reason) V(waiting_operator) and the instruction, in English and Japanese.
      - In a procedure the waiting step takes it from the record that M(legacyops.hotfix.confirm) writes.
    type: str
attributes:
  check_mode:
    description: Whether it can say what it would do without doing it.
  diff_mode:
    description: Whether it shows what changes, with C(--diff).
  async:
    support: none
    description: Whether it works with C(async).
    details:
      - Each call of a driver has a deadline of its own.
  platform:
    support: full
    platforms: posix
    description: The systems that it works on.
    details:
      - Drivers run on the controller. Nodes are reached through the connection of the inventory host, which is their
        relay's.
  action_group:
    support: full
    description: The groups for C(module_defaults).
    details:
      - V(group/legacyops.hotfix.ft)
      - V(group/legacyops.hotfix.host)
    membership:
      - legacyops.hotfix.ft
      - legacyops.hotfix.host
notes:
  - It never makes a host UNREACHABLE. A driver that is not set up rightly fails with the RV(ignore:reason)
    V(bad_settings) and one sentence.
  - The commands of a C(command) driver are lists of words without a shell. Credentials come by stdin (user name and
    password, one a line) or, with C(credentials_by=environment), as C(LEGACYOPS_USERNAME) and
    C(LEGACYOPS_PASSWORD). Of the controller's environment such a command sees no more than C(PATH), C(HOME) and the
    like. It is killed after C(seconds).
  - Fujitsu's notice on KB890859 leaves power and Endurance to a person; so does the driver C(operator), the default.
"""

    NODE = r"""
options:
  node:
    description:
      - The Windows installation. Its C(access) in O(ft_system) says whether the relay reaches it or a person does it.
    type: str
    choices: [coserver1, coserver2, ftvirtual]
notes:
  - The relay is the host of the inventory's connection, a Windows with PowerShell 2.0 or later. The nodes need no
    preparation; C(docs/relay.md) tells what the relay needs.
  - A relay that cannot be asked fails as any host does, for example with the RV(ignore:reason) V(unreachable); a node with
    V(node_unreachable), V(access_denied), V(unknown) or V(deadline).
"""
