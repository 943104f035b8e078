# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: journal
short_description: Verify the journals of a change, or close it
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Verifies that every entry of every journal is as it was written, that none is missing between the first and the
    last, and none was added or moved.
  - While a change is open, nothing in its directory can prove that nothing was cut off the end of a journal. That is
    said for each one, with the hash of its last entry, to be compared with a record kept elsewhere (O(heads)).
  - Closing writes down where each journal ends, and the hash of its whole file. From then on nothing is done in the
    change any more, and whatever was altered, added, moved or cut off is found.
  - Contacts no host.
attributes:
  check_mode:
    support: full
    details:
      - The journals are verified. Nothing is written, and nothing is signed.
  diff_mode:
    support: none
    details:
      - The record of the closing is in the result.
options:
  state:
    description:
      - V(verified) verifies.
      - V(closed) closes the change if it is open, and verifies. It waits for workers that still act on a host.
    type: str
    choices: [verified, closed]
    default: verified
  closed_by:
    description:
      - Who closes the change. With a signature it is the name (principal) that the list of allowed signers has.
      - Required with O(state=closed).
    type: str
  comment:
    description:
      - Anything that belongs to the closing. With O(unfinished) it says what becomes of those systems, and is required.
    type: str
    default: ""
  unfinished:
    description:
      - Close the change although hosts have not reached the end of their plans. Each of them is named, and its journal
        keeps an entry C(closed_unfinished) with where it stood. The playbook C(legacyops.hotfix.close) then gives them
        back with M(legacyops.hotfix.owner).
    type: bool
    default: false
  signing_key:
    description:
      - Sign the record of the closing with this key, as with M(legacyops.hotfix.approve).
    type: path
  heads:
    description:
      - For each host the hash of the last entry of its journal, as it is known from elsewhere.
    type: dict
    default: {}
  closing_digest:
    description:
      - The digest that was printed when the change was closed. Proves, also without a signature, that the record of
        the closing is the same.
    type: str
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
notes:
  - Its own reasons are V(journal_altered), V(not_done) and V(not_signed).
  - A signature is verified where C(legacyops_allowed_signers) is set.
"""

EXAMPLES = r"""
- name: Verify the journals
  legacyops.hotfix.journal:
    change_id: CHG0042

- name: Close the change
  legacyops.hotfix.journal:
    change_id: CHG0042
    state: closed
    closed_by: Your name
    unfinished: true
    comment: An example that carried out one step.
"""

RETURN = r"""
journals:
  description:
    - For each host what was found. C(ok) says that nothing is altered, C(proven) that nothing can be missing either,
      C(torn_lines) which lines a crash has cut short.
  returned: always
  type: dict
  sample:
    xa01:
      ok: true
      proven: true
      entries: 14
      torn_lines: []
      problems: []
      head: sha256:7c1d20e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d40
      note: ""
closed:
  description: Whether the change is closed.
  returned: always
  type: bool
  sample: true
closing:
  description: The record of the closing.
  returned: always
  type: dict
  sample: null
digest:
  description: The digest of that record.
  returned: always
  type: str
  sample: sha256:3ae2f10e7a0c0a4b5fd0ab8cd1e2a0ab5b19a9d3f6f7c4bb0d7a4b6f9c7a1d20
signed_by:
  description: By whom it is signed, by a key that counts.
  returned: always
  type: str
  sample: null
unfinished:
  description:
    - For each host that has not reached the end of its plan C(status), C(remaining) (the ids of its steps), and
      C(rests), whether it was where stopping is safe.
  returned: always
  type: dict
  sample:
    xa02:
      status: failed
      remaining: [09-enable_logons]
      rests: false
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: journal_altered
"""
