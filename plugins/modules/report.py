# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: report
short_description: Write the report of a change
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Puts what the change directory holds - plan, journals, findings before and after, confirmations, approval - into
    one self-contained HTML page for people and one JSON file for programs, both in the change directory.
  - The page loads nothing and runs nothing, and prints on A4. It has a summary for the change manager, the plan
    against what happened step by step with clauses, a timeline, the time without service as far as the journal
    proves it, Endurance's board before and after, the confirmations, all hashes, and every deviation in red.
  - Works on the controller. No host is contacted. It may be run at any time; what has not happened yet is told so.
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written.
  diff_mode:
    support: none
    details:
      - The report is a page of its own.
  platform:
    details:
      - Works on the controller.
options:
  time_zone:
    description:
      - The time zone of the page, such as V(Asia/Tokyo). The JSON file has UTC.
      - If empty, it is the controller's.
    type: str
    default: ""
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
  - legacyops.hotfix.procedure.advisories
notes:
  - O(language) is also the language of the page. Run it once for each language that is wanted.
  - A journal that was altered does not stop it; that it was altered then stands in red.
  - C(docs/report.schema.json) of this collection is the schema of the JSON file, and C(docs/reports.md) the guide.
"""

EXAMPLES = r"""
- name: Write the report of the change
  legacyops.hotfix.report:
    change_id: CHG0042
  run_once: true
  register: reported

- name: The same in Japanese
  legacyops.hotfix.report:
    change_id: CHG0042
    language: ja
    time_zone: Asia/Tokyo
  run_once: true
"""

RETURN = r"""
path:
  description: Where the page was written on the controller.
  returned: success
  type: str
  sample: /srv/legacyops-changes/CHG0042/report-en.html
json_path:
  description: Where the JSON file was written on the controller.
  returned: success
  type: str
  sample: /srv/legacyops-changes/CHG0042/report.json
junit_path:
  description: Where the JUnit file was written on the controller.
  returned: success
  type: str
  sample: /srv/legacyops-changes/CHG0042/report.junit.xml
outcome:
  description:
    - How the change stands, V(completed), V(completed_with_deviations), V(not_completed), V(not_begun) or
      V(nothing_to_do).
  returned: success
  type: str
  sample: completed
summary:
  description: The figures of the report's head.
  returned: success
  type: dict
  sample: {planned: 8, done: 8, steps: 64, steps_over: 64, deviations: 0}
"""
