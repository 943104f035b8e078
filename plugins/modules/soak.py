# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: soak
short_description: Watch a host after it was treated, before the next batch begins
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Reads the host again and again, as M(legacyops.hotfix.audit) does, until its batch has been left alone for
    C(legacyops_soak_minutes), which stands in the plan. The last look is made after that time.
  - What is amiss makes it a failed host, which spends the failure budget (C(legacyops_failure_budget)), so that the next
    batch does not begin.
  - A run that goes on after an interruption counts the time since the batch was last acted on.
  - Does nothing where the plan has no time to soak, where no host is left for a later batch, or where the host is not done.
    Ends when the change is stopped.
  - Changes nothing on the host.
attributes:
  check_mode:
    support: full
    description: Does not wait, and does not look.
  diff_mode:
    support: none
    details:
      - Nothing is changed, so there is nothing to show.
options:
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
  forks:
    description:
      - How many hosts Ansible treats at the same time. With at least as many forks as the batch has hosts, each host is
        watched until the whole batch has been quiet for so long; otherwise each by itself.
    type: int
    required: true
  fail_on:
    description:
      - Severities of findings that make the host a failed one.
    type: list
    elements: str
    choices: [blocker, warning, info]
    default: [blocker, warning]
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_host
  - legacyops.hotfix.procedure
  - legacyops.hotfix.procedure.advisories
"""

EXAMPLES = r"""
- name: Watch the host until the next batch may begin
  legacyops.hotfix.soak:
    change_id: CHG0042
    run: 20261122T050000Z
    hosts: "{{ ansible_play_batch }}"
    forks: "{{ ansible_forks }}"
"""

RETURN = r"""
soaked:
  description: Whether the host was watched to the end and stayed healthy.
  returned: success
  type: bool
  sample: true
looks:
  description: How often it was read.
  returned: success
  type: int
  sample: 11
reason:
  description: Why the task failed.
  returned: when it failed
  type: str
  sample: unhealthy
"""
