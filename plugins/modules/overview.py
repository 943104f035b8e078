# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: overview
short_description: Tell what was found, in one line a host
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Tells what M(legacyops.hotfix.assess), or M(legacyops.hotfix.audit), has found on many hosts. A headline says how many hosts need what, then follow
    one line a host, worst first, and what a person has to mend before anything can be done.
  - Writes the same, and each finding once with its hosts, what was seen and what to do, as C(findings.txt) into the
    change directory, of an audit as C(audit.txt).
  - Of an assessment it fails where not a single host could be read, and where an inventory has mistakes, which it tells once for all hosts.
  - Works on the controller and contacts no host. Run it once, after M(legacyops.hotfix.assess).
attributes:
  check_mode:
    support: full
    details:
      - Tells the same, from O(found), and writes no file.
  diff_mode:
    support: none
    details:
      - Nothing is changed, so there is nothing to show.
options:
  of:
    description:
      - Whose findings are told.
    type: str
    choices: [assess, audit]
    default: assess
  hosts:
    description:
      - The hosts of the run.
    type: list
    elements: str
    required: true
  lost:
    description:
      - Those of them whose task failed in this run, so that nothing older is told of them.
    type: list
    elements: str
    default: []
  found:
    description:
      - What M(legacyops.hotfix.assess) returned, by host, where it has written no file (in check mode, and where an
        inventory has mistakes).
    type: dict
    default: {}
  quiet:
    description:
      - Print nothing and never fail, for a plan that follows. M(legacyops.hotfix.plan) knows more mistakes of inventories.
    type: bool
    default: false
  details:
    description:
      - Print what is written into C(findings.txt) as well.
    type: bool
    default: false
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
"""

EXAMPLES = r"""
- name: Read each host
  legacyops.hotfix.assess:
    change_id: CHG0042
    quiet: true

- name: Tell what was found
  legacyops.hotfix.overview:
    change_id: CHG0042
    hosts: "{{ ansible_play_hosts_all }}"
    lost: "{{ ansible_play_hosts_all | difference(ansible_play_hosts) }}"
  run_once: true
"""

RETURN = r"""
headline:
  description: How many hosts there are, and how many of them need what.
  returned: always
  type: str
  sample: "13 servers: 5 to do, 2 need a person, 1 unreachable, 5 fine"
counts:
  description:
    - How many hosts there are of each standing.
    - V(todo) has steps to carry out. V(person), somebody has to mend something first. V(look) needs nothing of the
      procedure, but something is amiss. V(fine), V(unreachable), V(mistake) in its inventory, V(lost), its task failed.
  returned: always
  type: dict
  sample: {todo: 5, person: 2, unreachable: 1, fine: 5}
standings:
  description: The standing of each host.
  returned: always
  type: dict
  sample: {xa01: todo, xa02: fine}
nothing_read:
  description: That not a single host could be read, as a sentence; null where one was.
  returned: always
  type: str
  sample: null
text:
  description: What is printed, without the details.
  returned: always
  type: str
  sample: "13 servers: 5 to do, 2 need a person, 1 unreachable, 5 fine ..."
path:
  description: Where all of it was written on the controller.
  returned: when not in check mode, and at least one host was asked
  type: str
  sample: /srv/legacyops-changes/CHG0042/findings.txt
mistakes:
  description: What is wrong in the inventory, one sentence each.
  returned: when the inventory has mistakes, with C(reason) V(mistake)
  type: list
  elements: str
  sample: ["legacyops_ft_system.model is not given: copy the model number from the type plate."]
reason:
  description: Why the task failed.
  returned: when it failed
  type: str
  sample: nothing_read
"""
