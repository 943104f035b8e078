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
  - A new start is proven by two signs that no step of the node's clock can make - a newer start record in its System log
    (event 6009), and less time since its start. The relay refuses the restart when the node has a newer record by then.
  - It restarts nothing while an installer of this collection is at work on the node.
  - In a procedure the interlocks of the step say when a node may be restarted at all. The FTvirtual Server's restart is an
    outage; a CoServer's leaves the system without redundancy until its mirror copies are complete.
options:
  since:
    description:
      - Restart only if the node has not been started anew since this start, which M(legacyops.hotfix.node_info) returns as
        part C(system) of the node, and M(legacyops.hotfix.update_exe) as RV(legacyops.hotfix.update_exe#module:start).
      - Without it, the node is restarted each time the task runs.
    type: dict
  reason:
    description:
      - Why, for the event log of a Windows that is reached by WinRM.
    type: str
    default: Hotfix
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
  - Its own reasons are V(waiting_operator), V(installer_busy), V(wmi_fails), V(refused), V(unknown) and V(deadline).
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
before:
  description: The start of Windows before the restart, as O(since) names one.
  returned: when the relay reaches it
  type: dict
  sample: {start_record: 47903, last_boot: "2026-10-20T18:12:09Z", clock_utc: "2026-11-22T04:58:31Z"}
start:
  description: The last start of Windows now.
  returned: when the relay reaches it
  type: dict
  sample: {start_record: 48211, last_boot: "2026-11-22T05:00:00Z", clock_utc: "2026-11-22T05:04:10Z"}
already:
  description: Whether it had been restarted since O(since) already.
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
