# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: plan
short_description: Write and print the plan of a change
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Takes what M(legacyops.hotfix.assess) observed of the hosts, and their settings (C(legacyops_*) variables), and
    writes the plan of the change. The plan has each host's remaining steps in the notice's order, the order of the
    hosts, and a digest that an approval names.
  - Works on the controller. No host is contacted. Run it once for all hosts.
  - A host whose findings have to be resolved by a person first is left alone, and the plan says why.
attributes:
  check_mode:
    support: full
    description: Prints the plan without writing it.
    details:
      - Whether it would change is told truthfully.
  diff_mode:
    support: none
    details:
      - The whole plan is printed.
options:
  hosts:
    description:
      - The hosts to plan for, all of the same change.
    type: list
    elements: str
    required: true
  quiet:
    description:
      - Don't print the plan.
    type: bool
    default: false
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
  - legacyops.hotfix.procedure.advisories
"""

EXAMPLES = r"""
- name: Plan for every host of the play
  legacyops.hotfix.plan:
    change_id: CHG0042
    hosts: "{{ ansible_play_hosts_all }}"
  run_once: true
  register: planned

- name: Show what has to be approved
  ansible.builtin.debug:
    msg: "{{ planned.digest }}"
"""

RETURN = r"""
path:
  description: Where the plan was written on the controller.
  returned: always
  type: str
  sample: /srv/legacyops-changes/CHG0042/plan.json
digest:
  description: The digest of the plan, which an approval names.
  returned: always
  type: str
  sample: sha256:3ae2f10e7a0c0a4b5fd0ab8cd1e2a0ab5b19a9d3f6f7c4bb0d7a4b6f9c7a1d20
waves:
  description: The hosts that have something to do, in their order. Hosts of one wave go side by side.
  returned: always
  type: list
  elements: list
  sample: [[xa01], [xa02, xa03]]
steps:
  description: The ids of each host's steps.
  returned: always
  type: dict
  sample: {xa01: [02-drain_logons, 03-import_root, 06-install_hotfix]}
blocked:
  description: The hosts that are left alone, and why.
  returned: always
  type: dict
  sample: {xa07: The package is damaged.}
text:
  description: The plan as it was printed.
  returned: always
  type: str
  sample: "PLAN  ctx130025 1.0"
mistakes:
  description: What is wrong in the inventory, one sentence each. Nothing was contacted.
  returned: when the inventory has mistakes, with C(reason) V(mistake)
  type: list
  elements: str
  sample: ["legacyops_ft_system.model is not given: copy the model number from the type plate."]
"""
