# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: runbook
short_description: Write the runbook of a plan, or read its results back
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Writes the plan as a printable checklist, one self-contained HTML page, into the change directory. It is the copy
    in hand for the night on which controller or relay fail.
  - For each step it has the machine with its chassis label and serial number, the notice's words, what should be
    seen, what to do otherwise, expected and longest duration, the way back or that there is none, whom to call, and
    boxes for the worker and the checker. It ends with the acceptance check by the owner of the applications.
  - Beside it lies a results form, C(runbook-results-DIGEST.yml). Filled in, O(results) reads it back. Each row becomes an
    entry of the host's journal that is marked as transcribed, and answers a step that waits for a person.
  - A transcribed row proves nothing about a host. The next run still looks, and decides by what it sees.
  - Works on the controller. No host is contacted.
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written. With O(results) the form is judged as without check mode.
  diff_mode:
    support: none
    details:
      - The runbook is a page of its own.
  platform:
    details:
      - Works on the controller.
options:
  results:
    description:
      - The filled-in results form on the controller, YAML or JSON. Without it the runbook is written.
      - A form with a mistake, or of another plan, is refused as a whole. What was read back before is not written
        twice.
    type: path
  time_zone:
    description:
      - The time zone of the page and of the form's times, such as V(Asia/Tokyo).
      - If empty, it is the controller's.
    type: str
    default: ""
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
  - legacyops.hotfix.procedure.advisories
notes:
  - O(language) is also the language of the page. The notice's words are there in the original in any case.
  - The inventory variables C(legacyops_chassis), C(legacyops_contacts) and C(legacyops_acceptance_checks) fill in what
    the plan does not know. See C(docs/reports.md) in this collection.
"""

EXAMPLES = r"""
- name: Write the runbook in Japanese
  legacyops.hotfix.runbook:
    change_id: CHG0042
    language: ja
    time_zone: Asia/Tokyo
  run_once: true

- name: Read back what was written on paper
  legacyops.hotfix.runbook:
    change_id: CHG0042
    results: runbook-results-3ae2f10e.yml
  run_once: true
"""

RETURN = r"""
path:
  description: Where the page was written on the controller.
  returned: when a runbook was written
  type: str
  sample: /srv/legacyops-changes/CHG0042/runbook-ja.html
form_path:
  description: The results form that belongs to it. One that is there already stays as it is.
  returned: when a runbook was written
  type: str
  sample: /srv/legacyops-changes/CHG0042/runbook-results-3ae2f10e.yml
steps:
  description: How many steps each host has.
  returned: when a runbook was written
  type: dict
  sample: {ft03: 37}
transcribed:
  description: How many new entries each host's journal got.
  returned: when results were read back
  type: dict
  sample: {ft03: 12}
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: form
"""
