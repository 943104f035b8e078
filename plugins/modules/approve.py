# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: approve
short_description: Approve the plan of a change, by name and, if wanted, by signature
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Writes C(approval.json) into the change directory, in canonical JSON (RFC 8785). C(legacyops.hotfix.apply) carries
    out the plan that was approved, and no other.
  - The approver gives the digest of the plan that was looked at. If the plan that is there is another one, nothing is
    approved.
  - A new approval replaces the one before it, and its signature.
  - Contacts no host.
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written, and nothing is signed.
  diff_mode:
    support: full
    details:
      - The approval before and after.
  platform:
    details:
      - It works on the controller. To sign it needs C(ssh-keygen) of OpenSSH 8.2 or later.
options:
  digest:
    description:
      - The digest of the plan that is approved, as M(legacyops.hotfix.plan) printed it.
    type: str
    required: true
  approved_by:
    description:
      - Who approves. With a signature it is the name (principal) that the list of allowed signers has for the key.
    type: str
    required: true
  approved_at:
    description:
      - When it was approved, in ISO 8601 with time zone. Default is now.
      - The same approval given again without it stays as it is.
    type: str
  comment:
    description:
      - Anything that belongs to the approval.
    type: str
    default: ""
  window:
    description:
      - The window that the plan is approved for. If given, it is the window of the change.
    type: dict
    suboptions:
      start:
        description:
          - Date and time in ISO 8601, with its offset from UTC unless O(window.time_zone) is given.
        type: str
        required: true
      end:
        description:
          - As O(window.start).
        type: str
        required: true
      time_zone:
        description:
          - A name of the IANA time zone database, such as V(Asia/Tokyo).
        type: str
      warn_minutes:
        description:
          - How long before the end of the window it warns. If not given, 30.
        type: int
  signing_key:
    description:
      - Sign with this key. A private key without passphrase, or a public key whose private one an SSH agent has.
      - If not given, the approval can be signed by hand, C(ssh-keygen -Y sign -n legacyops-hotfix -f KEY approval.json).
    type: path
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
notes:
  - Its own reasons are V(not_approved), V(not_signed) and V(bad_change_id).
"""

EXAMPLES = r"""
- name: Read the digest of the plan that was looked at
  ansible.builtin.set_fact:
    plan_digest: "{{ (lookup('ansible.builtin.file', 'legacyops-changes/CHG0042/plan.json') | from_json).digest }}"

- name: Approve the plan
  legacyops.hotfix.approve:
    change_id: CHG0042
    digest: "{{ plan_digest }}"
    approved_by: Your name
    window:
      start: "2026-11-28T22:00:00+09:00"
      end: "2026-11-29T05:00:00+09:00"
"""

RETURN = r"""
path:
  description: Where the approval is.
  returned: success
  type: str
  sample: /srv/legacyops-changes/CHG0042/approval.json
approval:
  description: The approval.
  returned: success
  type: dict
  sample:
    format: 1
    change: CHG0042
    digest: sha256:3ae2f10e7a0c0a4b5fd0ab8cd1e2a0ab5b19a9d3f6f7c4bb0d7a4b6f9c7a1d20
    approved_by: Your name
    approved_at: "2026-11-28T09:00:00+09:00"
    comment: ""
    window: null
approved:
  description:
    - What is approved, as data; it is printed as well. C(hosts) has for each host its packages, how often it
      is restarted and switched off, whether users are logged off by force, whether it is the only server of its silo,
      what is done otherwise than the notice says, its recorded backups, and the seconds that its steps are reckoned
      with (C(to_rest) is the longest time to its first resting point).
    - C(seconds) are of the whole plan, wave after wave. C(window_seconds) is none without a window.
  returned: success
  type: dict
  sample:
    hosts:
      xa01:
        packages: [{id: XA500W2K8X64021, path: 'C:\Hotfix\XA500W2K8X64021.msp', sha256: "9ACFAB7E43C8…"}]
        restarts: 1
        power_offs: 0
        forced_logoff: false
        outage: false
        otherwise: []
        backups: {legacyops_data_store_backup: {taken: "2026-11-21T20:00:00+09:00", by: Sato, where: tape 7}}
        seconds: {expected: 2760, longest: 21600, to_rest: 18000}
    seconds: {expected: 2760, longest: 21600}
    window_seconds: 25200
signed:
  description: Whether there is a signature beside it.
  returned: success
  type: bool
  sample: false
reason:
  description: Why it was refused.
  returned: when it was refused
  type: str
  sample: not_approved
"""
