# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: confirm
short_description: Record that a person has done or seen what a waiting step asked for
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Writes one record into the change directory, which the waiting step finds at its next look, or at the next run.
  - A step that does not wait is refused, and so is an answer that lacks what the step asks for. What was confirmed
    once stays as it is.
  - The step itself verifies what can be observed, and writes the confirmation into the journal.
  - Contacts no host.
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written.
  diff_mode:
    support: full
    details:
      - The new record.
options:
  step:
    description:
      - The id of the step that waits, as the run printed it.
    type: str
    required: true
  name:
    description:
      - The name of the person who confirms.
    type: str
    required: true
  second_name:
    description:
      - The name of a second person, where the step asks for two.
    type: str
  saw:
    description:
      - What the person saw, where the step asks for that, in one of the words that it offers.
    type: str
  note:
    description:
      - Anything that is to be remembered with it.
    type: str
    default: ""
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
notes:
  - Its own reasons are V(not_waiting), V(name_missing), V(second_name_missing), V(saw_missing) and
    V(already_confirmed).
"""

EXAMPLES = r"""
- name: Virtual Server1 was enabled
  legacyops.hotfix.confirm:
    change_id: CHG0042
    step: 11-enable_virtual_server1
    name: Your name
"""

RETURN = r"""
confirmation:
  description: The record. C(request) names the wait that it answers.
  returned: success
  type: dict
  sample:
    request: 5f0c6a1e9b3d2c47
    host: ft03
    step: 11-enable_virtual_server1
    name: Your name
    second_name: null
    saw: null
    note: ""
    utc: "2026-11-22T05:00:00Z"
reason:
  description: Why it was refused.
  returned: when it was refused
  type: str
  sample: not_waiting
"""
