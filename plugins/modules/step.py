# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: step
short_description: Carry out one step of an approved plan on a host
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Reads the step from the plan in the change directory and the host's real state with one PowerShell start.
  - A step whose goal is reached already is left as it is. A step that has to wait for an earlier one, or whose
    interlocks do not all hold by that fresh observation, is refused.
  - Otherwise it writes its intent into the journal, carries out the step's module, verifies by another observation
    that the expected state is there, and writes the result into the journal.
  - While it acts it holds a lock on the host, so that a second run waits for it, also for one that was orphaned.
  - Called by hand it meets the same interlocks.
attributes:
  check_mode:
    support: full
    details:
      - The interlocks are evaluated on a fresh observation. Nothing is written, neither on the host nor in the
        change directory.
  diff_mode:
    support: full
    details:
      - The diff is that of the step's module.
options:
  step:
    description:
      - The id of the step in the plan, such as V(03-import_root).
    type: str
    required: true
  approved_digest:
    description:
      - The digest of the plan that was approved, as M(legacyops.hotfix.plan) printed it.
    type: str
    default: ""
  approve_plan:
    description:
      - Approve whatever plan is in the change directory. For labs.
    type: bool
    default: false
  predict:
    description:
      - In check mode, tell what the plan says of this step without reading the host. For steps that come after
        one that check mode has not carried out.
    type: bool
    default: false
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_host
  - legacyops.hotfix.procedure
"""

EXAMPLES = r"""
- name: Carry out one step of the approved plan
  legacyops.hotfix.step:
    step: 03-import_root
    change_id: CHG0042
    approve_plan: true
"""

RETURN = r"""
step:
  description: The step's id.
  returned: always
  type: str
  sample: 03-import_root
outcome:
  description:
    - V(done) when the step was carried out, V(already) when its goal was reached before, V(skipped) when its
      condition does not hold, V(possible) and V(predicted) in check mode, V(refused) or V(failed).
  returned: always
  type: str
  sample: done
clause:
  description: The clauses of the notice that the step carries out.
  returned: always
  type: list
  elements: str
  sample: [対策2-4]
interlocks:
  description:
    - Each interlock with whether it holds (null is unknown) and the evidence. After a refusal only those that do not.
  returned: when the step was carried out or refused
  type: list
  elements: dict
  sample:
    - ref: {check: logons_drained, is: true}
      holds: true
      evidence: TSServerDrainMode is 2
result:
  description: What the step's module returned. After a failure it is in the journal.
  returned: when the step was carried out
  type: dict
  sample: {changed: true}
reason:
  description: Why the step failed or was refused.
  returned: when it failed
  type: str
  sample: interlock
remaining:
  description: The ids of the steps that remain on the host, this one included.
  returned: when it failed
  type: list
  elements: str
  sample: [03-import_root, 06-install_hotfix]
journal:
  description: The host's journal on the controller, with every observation's digest, decision and result.
  returned: when it failed
  type: str
  sample: /srv/legacyops-changes/CHG0042/journal/xa01.jsonl
"""
