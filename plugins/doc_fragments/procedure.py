# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the procedure modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """The change directory on the controller, and how things are told."""

    DOCUMENTATION = r"""
attributes:
  action_group:
    support: full
    description: The groups for C(module_defaults).
    details:
      - V(group/legacyops.hotfix.change)
    membership:
      - legacyops.hotfix.change
options:
  change_id:
    description:
      - The change that this belongs to, as your change management names it.
      - It names the default change directory.
    type: str
    required: true
  change_dir:
    description:
      - The change directory on the controller.
      - If empty, it is V(legacyops-changes/CHANGE_ID) in the directory that C(ansible-playbook) was started in.
    type: path
  language:
    description:
      - The language of what is printed on the terminal.
    type: str
    choices: [en, ja]
    default: en
notes:
  - The change directory lies on the controller. Start every run of one change on the same controller.
seealso:
  - name: The notice
    description: Citrix CTX130025, whose procedure is bundled.
    link: https://support.citrix.com/article/CTX130025
"""

    ADVISORIES = r"""
options:
  advisory_paths:
    description:
      - Folders with advisories of your own, read beside the bundled ones; one advisory's, or of many.
    type: list
    elements: path
    default: []
"""

    ON_CONTROLLER = r"""
attributes:
  check_mode:
    description: Whether it can say what it would do without doing it.
  diff_mode:
    description: Whether it shows what would change.
  platform:
    support: full
    platforms: posix
    description: The systems that it works on.
    details:
      - It works on the controller.
"""

    ON_HOST = r"""
attributes:
  check_mode:
    description: Whether it can say what it would do without doing it.
  diff_mode:
    description: Whether it shows what would change.
  platform:
    support: full
    platforms: windows
    description: The systems that it works on.
    details:
      - Windows with PowerShell 2.0 or later, over the V(ansible.builtin.winrm) connection.
"""
