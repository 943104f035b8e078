# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: node_restart
short_description: Restart the Windows of a node of an FT system once, and wait until it answers again
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Restarts a CoServer or the FTvirtual Server through its relay, and waits until its Windows answers and says that it
    has started anew. A node that only a person reaches is restarted by that person, and reported by name.
  - The time of its last start is a token. The relay refuses the restart when the node has another one by then.
  - It restarts nothing while an installer of this collection is at work on the node.
  - In a procedure the interlocks of the step say when a node may be restarted at all. The FTvirtual Server's restart is an
    outage; a CoServer's leaves the system without redundancy until its mirror copies are complete.
options:
  boot_token:
    description:
      - Restart only if the node has not been started since it had this token.
      - Without it, the node is restarted each time the task runs.
    type: str
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
  - "Notice, 5.2: ⑤ and ⑯ (there the wizard's button restarts it)."
  - Its own reasons are V(waiting_operator), V(installer_busy), V(wmi_fails), V(refused) and V(deadline).
seealso:
  - module: legacyops.hotfix.power
"""

EXAMPLES = r"""
- name: Restart the FTvirtual Server
  legacyops.hotfix.node_restart:
    node: ftvirtual
    deadline_seconds: 3600
"""

RETURN = r"""
node:
  description: The node.
  returned: always, unless the settings are wrong
  type: str
  sample: ftvirtual
boot_token_before:
  description: The token before the restart.
  returned: when the relay reaches it
  type: str
  sample: "20261122200000.000000+540"
boot_token:
  description: The token now.
  returned: when the relay reaches it
  type: str
  sample: "20261122230000.000000+540"
last_boot:
  description: When its Windows was started last, by its own clock.
  returned: when it was restarted, or had been
  type: str
  sample: "2026-11-22T14:00:00Z"
already:
  description: Whether it had been restarted since O(boot_token) already.
  returned: when the relay reaches it
  type: bool
  sample: false
evidence:
  description: What was done, or who says so.
  returned: when it was done
  type: str
  sample: asked for the restart
elapsed:
  description: Seconds that it took.
  returned: when the relay reaches it
  type: int
  sample: 241
instruction:
  description: What a person is to do.
  returned: when a person is to do it
  type: dict
  sample: {en: "Restart the Windows of CoServer1.", ja: "CoServer1 の Windows を再起動してください。"}
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: deadline
"""
