# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: batch
short_description: Let the hosts of a batch begin and end together
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - The role P(legacyops.hotfix.apply#role) uses it around a batch for the site's own hooks. The hosts of a batch go their
    own ways; this module names the one that runs the hook before the batch, and the one that runs the hook after it.
  - Works on the controller and contacts no host.
attributes:
  check_mode:
    support: full
    description: Writes nothing and waits for nobody; no host opens or ends the batch.
  diff_mode:
    support: none
    details:
      - Only a file of the change directory changes.
options:
  state:
    description:
      - V(enter) tells the first host of the batch that begins that it opens the batch; the others wait until it has.
      - V(opened) lets the others go on.
      - V(leave) tells the last host of the batch that it is the last, if any host has opened the batch.
    type: str
    choices: [enter, opened, leave]
    required: true
  run:
    description:
      - Tells this run of the playbook from every other. All hosts give the same.
    type: str
    required: true
  hosts:
    description:
      - The hosts of the batch.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
"""

EXAMPLES = r"""
- name: Enter the batch
  legacyops.hotfix.batch:
    state: enter
    change_id: CHG0042
    run: 20261122T050000Z
    hosts: "{{ ansible_play_batch }}"
  register: entered
"""

RETURN = r"""
batch:
  description: The number of the batch, from 1.
  returned: success
  type: int
  sample: 2
batches:
  description: How many batches the plan has.
  returned: success
  type: int
  sample: 5
opens:
  description: Whether this host opens the batch.
  returned: with O(state=enter)
  type: bool
  sample: true
last:
  description: Whether this host is the last one of a batch that was opened.
  returned: with O(state=leave)
  type: bool
  sample: false
statuses:
  description: Where each host of the batch stands.
  returned: with O(state=leave)
  type: dict
  sample: {xa01: done, xa02: failed}
reason:
  description: Why the task failed.
  returned: when it failed
  type: str
  sample: hook
"""
