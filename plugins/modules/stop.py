# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: stop
short_description: Stop a change at the next safe point
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Puts a file C(STOP) with the reason into the change directory. No host begins then. A host under way is not
    hotfixed any more, also one that waits for its users' sessions to end; its users are let in again. One whose hotfix is
    in already goes on until its users are back.
  - Nothing that runs is cut off. To go on, remove the file and run the same command again.
  - Works on the controller and contacts no host. Run it once, on the controller where the change runs.
attributes:
  check_mode:
    support: full
    description: Says what it would do, and writes nothing.
  diff_mode:
    support: none
    details:
      - The reason is in the result.
options:
  reason:
    description:
      - Why the change is stopped, for those who find it stopped. A reason that is there already stays.
    type: str
    required: true
  name:
    description:
      - Who stops it. If empty, the account that runs Ansible.
    type: str
    default: ""
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
"""

EXAMPLES = r"""
- name: Stop the change
  legacyops.hotfix.stop:
    change_id: CHG0042
    reason: The help desk is flooded with calls
    name: Sato
  run_once: true
"""

RETURN = r"""
path:
  description: The file that stops the change.
  returned: success
  type: str
  sample: /srv/legacyops-changes/CHG0042/STOP
told:
  description: Why the change is stopped, by whom and since when; the first reason stays.
  returned: success
  type: str
  sample: The help desk is flooded with calls; Sato, 2026-11-22T05:00:00Z
reason:
  description: Why the task failed.
  returned: when it failed
  type: str
  sample: change
"""
