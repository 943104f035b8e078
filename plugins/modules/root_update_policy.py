# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: root_update_policy
short_description: Allow or turn off Windows' automatic update of root certificates
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Sets or removes the policy value C(DisableRootAutoUpdate) of a legacy Windows host.
  - Allowing the update proves nothing. Whether Windows then fetches a root depends on its way to the internet and on
    Microsoft's current list, so prove it by the chain of the actual file afterwards.
  - Whether a group policy sets the value cannot be seen on the host. Where one does, its next refresh undoes the change;
    the module says so, and does not fight it.
options:
  state:
    description:
      - V(allowed) removes the value when it turns the update off; without it Windows updates its roots.
      - V(off) sets the value to 1.
    type: str
    choices: [allowed, "off"]
    required: true
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.host
notes:
  - "CTX130025, 対策1: let Windows update its root certificates by itself. 対策2 (M(legacyops.hotfix.root_certificate)) is
    the safe default, as this root was on Microsoft's disabled list for some time."
seealso:
  - module: legacyops.hotfix.root_certificate
"""

EXAMPLES = r"""
- name: Let Windows update its root certificates
  legacyops.hotfix.root_update_policy:
    state: allowed

- name: Would turning it off change anything?
  legacyops.hotfix.root_update_policy:
    state: "off"
  check_mode: true
  diff: true
"""

RETURN = r"""
key:
  description: The registry value.
  returned: success
  type: str
  sample: HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot\DisableRootAutoUpdate
before:
  description: The value before; null when there was none.
  returned: success
  type: int
  sample: 1
after:
  description: The value after; null when there is none.
  returned: success
  type: int
  sample: null
group_policy:
  description: Always V(unknown), as it cannot be seen on the host whether a group policy sets the value.
  returned: success
  type: str
  sample: unknown
"""
