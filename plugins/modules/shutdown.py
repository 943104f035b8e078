# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: shutdown
short_description: Shut the Windows of a node of an FT system down, and wait until it is silent
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Shuts a CoServer or the FTvirtual Server down through its relay, without force, and waits until it does not answer any
    more. A node that only a person reaches is shut down by that person, and reported by name.
  - A silent node is not proven off; M(legacyops.hotfix.power) tells of that.
  - It shuts nothing down while an installer of this collection is at work on the node.
options:
  power_off:
    description:
      - Whether Windows switches the machine off as well. Otherwise it stops where it may be switched off.
    type: bool
    default: true
  node:
    description:
      - The Windows installation. Its C(access) in O(ft_system) says whether the relay reaches it or a person does it.
    type: str
    choices: [coserver1, coserver2, ftvirtual]
    required: true
  deadline_seconds:
    description:
      - Seconds to wait for it. What was begun goes on after them.
    type: int
    default: 3600
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.ft
  - legacyops.hotfix.ft.node
  - legacyops.hotfix.host.waiting
notes:
  - "Ours, not the notice's: a latent system is shut down cleanly before ① is begun."
  - Its own reasons are V(waiting_operator), V(installer_busy), V(wmi_fails), V(refused), V(not_verified) and
    V(deadline).
seealso:
  - module: legacyops.hotfix.power
"""

EXAMPLES = r"""
- name: Shut the FTvirtual Server down
  legacyops.hotfix.shutdown:
    node: ftvirtual
    deadline_seconds: 1800
"""

RETURN = r"""
node:
  description: The node.
  returned: always, unless the settings are wrong
  type: str
  sample: ftvirtual
evidence:
  description: What was done and seen, or who says so.
  returned: when it was done, or had been
  type: str
  sample: asked for the shutdown; FTvirtual Server is silent
elapsed:
  description: Seconds that it took.
  returned: when the relay reaches it
  type: int
  sample: 95
instruction:
  description: What a person is to do.
  returned: when a person is to do it
  type: dict
  sample: {en: "Shut the Windows of CoServer1 down.", ja: "CoServer1 の Windows をシャットダウンしてください。"}
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: deadline
"""
