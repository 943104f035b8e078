# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: status
short_description: Say where a change stands at this moment
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Says of each host of the plan whether it is done, under way, waiting for a person, failed, interrupted or not begun,
    and why; which step it is at, since when, when that is expected to end; and how long it is to the next resting point.
  - Says whether a run goes on, whether the change is stopped, and how much is left of its window.
  - Reads the plan, the states and the journals in the change directory, and asks whether the processes of its runs are
    there. It takes no lock and disturbs no run, so it may be asked at any time, from a second terminal.
  - A run on another controller, or in another container, cannot be seen from here. Its hosts are told as it left them.
  - Works on the controller and contacts no host. Run it once.
attributes:
  check_mode:
    support: full
    details:
      - Says the same, and writes no file.
  diff_mode:
    support: none
    details:
      - Nothing is changed, so there is nothing to show.
options:
  approved_digest:
    description:
      - The digest of the plan that was approved, where the approval is given by variables.
    type: str
    default: ""
  approve_plan:
    description:
      - Take the plan for approved, as a lab's run does.
    type: bool
    default: false
  files:
    description:
      - Also write C(status.json) and C(status.csv) into the change directory.
    type: bool
    default: false
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
"""

EXAMPLES = r"""
- name: Say where the change stands
  legacyops.hotfix.status:
    change_id: CHG0042
  run_once: true
  register: standing

- name: Call whoever is waited for
  ansible.builtin.debug:
    msg: "{{ item.host }} waits for {{ item.waits_for.contact or 'a person' }} since {{ item.since }}"
  loop: "{{ standing.hosts | selectattr('status', 'equalto', 'waiting') }}"
  run_once: true
"""

RETURN = r"""
change:
  description: The change.
  returned: always
  type: str
  sample: CHG0042
plan:
  description: The digest of its plan.
  returned: always
  type: str
  sample: sha256:5ce5d8ca8d2a10f122fd495e4b487fb192367229df520e59d137147a167a4335
utc:
  description: When it was asked.
  returned: always
  type: str
  sample: "2026-11-28T13:20:00Z"
counts:
  description: How many hosts there are of each status.
  returned: always
  type: dict
  sample: {under_way: 1, not_begun: 5, done: 3}
window:
  description: The window, its state (V(not_yet), V(open) or V(over)) and what is left of it; null without one.
  returned: always
  type: dict
  sample:
    {start: "2026-11-28T22:00:00+09:00", end: "2026-11-29T05:00:00+09:00", warn_minutes: 30, state: open, left_seconds: 24000}
runs:
  description: The runs that go on, or that cannot be seen from here (C(seen) false).
  returned: always
  type: list
  elements: dict
  sample: [{controller: relay1, process: 4711, user: sato, since: "2026-11-28T13:00:12Z", seen: true}]
stopped:
  description: Why the change is stopped; null where it is not.
  returned: always
  type: str
  sample: The help desk is flooded with calls; Sato, 2026-11-28T13:05:00Z
closed:
  description: Whether the change is closed.
  returned: always
  type: bool
  sample: false
refused:
  description: Why nothing may be done in this change (no approval, for one); null where it may.
  returned: always
  type: str
  sample: null
hosts:
  description:
    - Each host of the plan. C(status) is V(failed), V(interrupted), V(waiting), V(under_way), V(not_begun), V(left_alone),
      V(done) or V(nothing). V(interrupted), its run is gone.
    - C(rests), stopping is safe. C(to_rest), the seconds to the next resting point.
  returned: always
  type: list
  elements: dict
  sample:
    - host: xa01
      status: under_way
      wave: 2
      steps: 10
      steps_left: 5
      step: 06-install_hotfix
      number: 6
      title: {en: Install the hotfix, ja: Hotfix をインストールする}
      clause: [対策2-7]
      since: "2026-11-28T13:14:00Z"
      expected_end: "2026-11-28T13:24:00Z"
      latest_end: "2026-11-28T14:14:00Z"
      waits_for: null
      reason: null
      text: null
      rests: false
      to_rest: {resting_point: 11-enable_logons, expected: 660, longest: 9000}
text:
  description: What is printed.
  returned: always
  type: str
  sample: "Change CHG0042: 1 under way, 5 not begun, 3 done ..."
csv:
  description: The same as a table, one row a host.
  returned: always
  type: str
  sample: "host,status,wave,steps,..."
json_path:
  description: Where the result was written as JSON.
  returned: with O(files)
  type: str
  sample: /srv/legacyops-changes/CHG0042/status.json
csv_path:
  description: Where the table was written, for spreadsheets.
  returned: with O(files)
  type: str
  sample: /srv/legacyops-changes/CHG0042/status.csv
reason:
  description: Why the task failed.
  returned: when it failed
  type: str
  sample: change
"""
