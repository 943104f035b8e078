# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: change
short_description: Open a change, begin and end its hosts, and say where it stands
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - The parts of carrying out a plan that are not a step. The playbook C(legacyops.hotfix.apply) uses them in this
    order, and M(legacyops.hotfix.step) between O(state=begin) and O(state=end).
  - Each works on the plan in the change directory. A plan that was altered after it was made is refused.
attributes:
  check_mode:
    support: full
    details:
      - The hosts are read. Nothing is written, neither on the hosts nor in the change directory.
  diff_mode:
    support: none
    details:
      - Nothing is changed on the host, so there is nothing to show.
  platform:
    details:
      - Only O(state=begin) contacts the host, with one PowerShell start.
options:
  state:
    description:
      - V(open) verifies the plan, its approval, the window and that the plan has every host of the play, prints the
        command that continues this run, and returns the hosts in the order of their waves. It contacts no host. Run it once for all hosts.
      - V(begin) reads the host, compares it, its settings and its advisory with the plan, and returns the steps that
        remain. A host that is not as it was approved is refused, and the difference is printed. A host that has
        not begun does not begin while the change is stopped or its failure budget is spent; one at a resting
        point does not go on where the window ends too early for the next one.
      - V(end) records that the host has reached the end of its plan.
      - V(halt) prints how a failed host was left, what is done and what remains.
      - V(summary) prints where each host of the plan stands in this run (once a play), and writes C(result.json) into
        the change directory. It fails no host.
      - V(verdict) ends each host as it stands. It fails for a host that is not done. Where nothing else is amiss in
        the whole run, a host that could not be reached, or that the plan leaves alone, becomes an unreachable one for
        Ansible, so that the run ends with exit code 4 instead of 2.
    type: str
    choices: [open, begin, end, halt, summary, verdict]
    required: true
  approved_digest:
    description:
      - The digest of the plan that was approved, as M(legacyops.hotfix.plan) printed it, where the approval is given
        by variables. C(legacyops_approved_by) and C(legacyops_approved_at) belong to it.
      - If empty, the approval is the one that M(legacyops.hotfix.approve) wrote into the change directory.
    type: str
    default: ""
  approve_plan:
    description:
      - Approve whatever plan is in the change directory. For labs.
    type: bool
    default: false
  hosts:
    description:
      - The hosts of the play. Required with O(state=open), O(state=summary) and O(state=verdict).
    type: list
    elements: str
  run:
    description:
      - Tells this run of the playbook from every other. What an earlier run said of a host is then not told again.
    type: str
    default: ""
  reason:
    description:
      - Why the host failed. Only check mode, which records nothing, reads it, with O(state=halt).
    type: str
    default: ""
  message:
    description:
      - As O(reason), for people.
    type: str
    default: ""
  found:
    description:
      - For each host what O(state=begin) or O(state=halt) returned in this run. Only check mode reads it, with
        O(state=summary) and O(state=verdict).
    type: dict
    default: {}
  outcome:
    description:
      - What O(state=summary) returned as RV(outcome) in this run, with O(state=verdict). If empty, each of O(hosts) is
        looked at.
    type: str
    choices: ["", failed, refused, waiting, under_way, not_begun, unreachable, left_alone, possible, done]
    default: ""
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_host
  - legacyops.hotfix.procedure
  - legacyops.hotfix.procedure.advisories
notes:
  - The site's rules for changes (C(legacyops_window), C(legacyops_signature_required) and others) are read from the
    host's variables, so that they also hold where the module is called by hand. See C(docs/change-control.md).
"""

EXAMPLES = r"""
- name: Verify the plan and its approval
  legacyops.hotfix.change:
    state: open
    change_id: CHG0042
    approve_plan: true
    hosts: "{{ ansible_play_hosts_all }}"
  run_once: true
  register: opened

- name: Ask which steps remain on the host
  legacyops.hotfix.change:
    state: begin
    change_id: CHG0042
    approve_plan: true
  register: begun
"""

RETURN = r"""
digest:
  description: The digest of the plan.
  returned: always
  type: str
  sample: sha256:3ae2f10e7a0c0a4b5fd0ab8cd1e2a0ab5b19a9d3f6f7c4bb0d7a4b6f9c7a1d20
queue:
  description: The plan's hosts of this play in the order of their waves, each with the group of its wave.
  returned: with O(state=open)
  type: list
  elements: dict
  sample: [{host: xa01, wave: 1, group: legacyops_wave_001}]
run:
  description: O(run), for the tasks that follow.
  returned: with O(state=open)
  type: str
  sample: 20261130T220102123456Z
continue_command:
  description: The command that continues this run after whatever happens to it.
  returned: with O(state=open) and O(state=begin)
  type: str
  sample: cd /srv && ansible-playbook legacyops.hotfix.apply -i farm.yml -e legacyops_change_id=CHG0042
steps:
  description: The ids of the steps that remain on the host, in order. Empty if the host may not begin.
  returned: with O(state=begin)
  type: list
  elements: str
  sample: [03-import_root, 06-install_hotfix]
status:
  description: Where the host stands, V(not_begun), V(under_way), V(done), V(failed) or V(waiting).
  returned: with O(state=begin), O(state=end), O(state=halt), O(state=summary) and O(state=verdict)
  type: str
  sample: under_way
hosts:
  description: The hosts of this play that the plan has.
  returned: with O(state=open)
  type: list
  elements: str
  sample: [xa01, xa02]
outcome:
  description:
    - How the run ended, of all hosts with O(state=summary), of this one with O(state=verdict). V(done), V(left_alone),
      V(unreachable), V(not_begun), V(under_way), V(waiting) or V(failed); in check mode also V(possible) or V(refused).
  returned: with O(state=summary) and O(state=verdict)
  type: str
  sample: done
outcomes:
  description: The same for each host, with C(reason) for programs and C(text) for people.
  returned: with O(state=summary)
  type: dict
  sample:
    xa01: {status: done, reason: null, text: its plan is carried out}
exit_code:
  description: The exit code with which the playbook C(legacyops.hotfix.apply) ends.
  returned: with O(state=summary)
  type: int
  sample: 0
differences:
  description: What is not as it was approved. Null is what is not there.
  returned: when that was the reason
  type: list
  elements: dict
  sample:
    - what: {en: package or file, ja: パッケージまたはファイル}
      path: files.C:\Hotfix\XAJ500W2K8X64001.msp.sha256
      planned: 3AE2F10E7A0C0A4B5FD0AB8CD1E2A0AB5B19A9D3F6F7C4BB0D7A4B6F9C7A1D20
      now: 9B1C0D7E2F3A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4
reason:
  description: Why the task failed, or why the host may not begin.
  returned: when it failed or the host may not begin
  type: str
  sample: interlock
"""
