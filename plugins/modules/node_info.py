# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: node_info
short_description: Read a legacy Windows host with one PowerShell start
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Reads everything that is asked for with one start of PowerShell, which is what an observation costs on these hosts.
  - Changes nothing. What could not be read is C(null), with the reason in C(errors); it is never guessed.
  - For each file whose signature was asked for it computes on the controller whether the signature links to a root
    that the machine trusts. The host builds no chain for that, because building one may itself make Windows fetch a
    root. O(probe_chains) does build chains, and is therefore an act of its own.
options:
  gather_subset:
    description:
      - The parts to read. V(stores) and V(clock) are added where a signature is asked for.
    type: list
    elements: str
    choices:
      - system
      - clock
      - stores
      - root_update
      - root_update_events
      - products
      - patches
      - sessions
      - pending_restart
      - installer
      - ima
      - disk
    default:
      - system
      - clock
      - stores
      - root_update
      - root_update_events
      - products
      - patches
      - sessions
      - pending_restart
      - installer
      - ima
      - disk
  services:
    description:
      - Names of services to describe.
    type: list
    elements: str
    default: []
  files:
    description:
      - Files to look at.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description:
          - The file's path on the host; V(*) and V(?) may stand in every part of it.
        type: str
        required: true
      hash:
        description:
          - Whether to compute its SHA-256.
        type: bool
        default: true
      signature:
        description:
          - Whether to read its signature and the certificates in it.
        type: bool
        default: true
  service_modules:
    description:
      - Names of services whose executable is read as a file with its signature.
    type: list
    elements: str
    default: []
  probe_chains:
    description:
      - Paths of files whose signer's chain Windows is to build on the host, in the machine's context.
      - This may trigger the automatic root update, so it is left out in check mode.
    type: list
    elements: str
    default: []
  deadline_seconds:
    description:
      - Seconds after which the attempt is given up.
    type: int
    default: 300
attributes:
  check_mode:
    support: partial
    details:
      - Reads the same in check mode, but builds no chain.
  diff_mode:
    support: none
    details:
      - Nothing is changed, so there is nothing to show.
extends_documentation_fragment:
  - legacyops.hotfix.host
notes:
  - "CTX130025, steps 1 to 4 of checking the root certificate: RV(signatures) answers their question."
seealso:
  - module: legacyops.hotfix.assess
"""

EXAMPLES = r"""
- name: Read everything about a host
  legacyops.hotfix.node_info:
    services: [IMAService]
    service_modules: [IMAService]
  register: node

- name: Is the package signed, and is its root there?
  legacyops.hotfix.node_info:
    gather_subset: [system]
    files:
      - path: "{{ legacyops_hotfixes[0].package }}"
  register: package

- name: Show what its signature is worth
  ansible.builtin.debug:
    msg: "{{ package.signatures }}"
"""

RETURN = r"""
observation:
  description: What was read, when and how.
  returned: success
  type: dict
  contains:
    host:
      description: The inventory name.
      returned: success
      type: str
      sample: xa01
    taken:
      description: The controller's time of the reading, in UTC.
      returned: success
      type: str
      sample: "2026-11-22T05:00:00Z"
    source:
      description: How the host was reached.
      returned: success
      type: str
      sample: winrm
    data:
      description: One member for each part that was asked for; C(null) means unknown, and C(errors) says why.
      returned: success
      type: dict
      sample:
        system:
          computer_name: XA01
          version: 6.0.6002
          architecture: x64
          start_record: 48211
          last_boot: "2026-11-22T05:00:00Z"
          clock_utc: "2026-11-22T05:04:10Z"
        root_update:
          policy_value: 1
    change:
      description: Always null here. A step of a procedure puts the state of its change there.
      returned: success
      type: dict
      sample: null
signatures:
  description:
    - For each file whose signature was read, what it is worth on this machine. The value is V(trusted), V(root_missing),
      V(expired), V(tampered), V(unsigned), V(disallowed), V(file_missing) or V(unknown).
  returned: success
  type: dict
  sample:
    C:\Hotfix\XAE500R01W2K8X64.msp:
      value: root_missing
      evidence: no path from Citrix Systems, Inc to a root
"""
