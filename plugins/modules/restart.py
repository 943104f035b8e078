# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: restart
short_description: Restart a legacy Windows once, and wait until it is back
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Restarts the host, or a node of an FT system through its relay, and waits until it answers again and says that it has
    started anew. A node that only a person reaches is restarted by that person, and reported by name.
  - A new start is proven by two signs that no step of the clock can make - a newer start record in the System log
    (event 6009), and less time since the start. The time of the last start alone proves nothing, since it moves
    whenever the clock is set.
  - Windows itself is asked to refuse the restart when it has a newer start record by then, so a task that is run again after
    it was cut off does not restart it twice.
  - Where the System log cannot be read, nothing is restarted, because it could not be told afterwards.
  - It restarts no node while an installer of this collection is at work on it. In a procedure the interlocks of the step
    say when a node may be restarted at all. The FTvirtual Server's restart is an outage; a CoServer's leaves the system
    without redundancy until its mirror copies are complete.
  - C(ansible.windows.win_reboot) needs PowerShell 3; this needs 2.0.
options:
  node:
    description:
      - The node of the FT system whose Windows is meant. Its C(access) in O(ft_system) says whether the relay reaches it or a
        person does it.
      - Without it, the host's own Windows is; of an FT system a node must be named.
    type: str
    choices: [coserver1, coserver2, ftvirtual]
  since:
    description:
      - Restart only if Windows has not been started anew since this start, which M(legacyops.hotfix.node_info) returns as
        RV(legacyops.hotfix.node_info#module:observation.data).system (of a node as its part C(system)),
        M(legacyops.hotfix.msp_patch) as RV(legacyops.hotfix.msp_patch#module:start), and M(legacyops.hotfix.update_exe) as
        RV(legacyops.hotfix.update_exe#module:start).
      - Where that cannot be told, the task fails and nothing is restarted.
      - Without it, Windows is restarted each time the task runs.
    type: dict
  reason:
    description:
      - Why, for the event log of a host that is reached by WinRM.
    type: str
    default: Hotfix
  deadline_seconds:
    description:
      - Seconds to wait for it. A disk check at the start can take hours. What was begun goes on after them.
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
  - legacyops.hotfix.host
  - legacyops.hotfix.host.waiting
notes:
  - "Ours, not the notice's: exit codes 3010 and 1641 of a hotfix ask for a restart."
  - File renames that wait again after the start are a warning. Antivirus and spoolers put theirs back at each start.
  - O(poll_seconds) is the first interval; it doubles up to six times as much.
  - Its own reasons are V(waiting_operator), V(installer_busy), V(wmi_fails), V(refused), V(unknown) and V(deadline).
seealso:
  - module: legacyops.hotfix.power
"""

EXAMPLES = r"""
- name: Remember when the host was started
  legacyops.hotfix.node_info:
    gather_subset: [system]
  register: before

- name: Restart it once, however often this task is run
  legacyops.hotfix.restart:
    since: "{{ before.observation.data.system }}"
    reason: The hotfix asks for a restart

- name: Restart the FTvirtual Server
  legacyops.hotfix.restart:
    node: ftvirtual
"""

RETURN = r"""
node:
  description: The node.
  returned: when a node is named
  type: str
  sample: ftvirtual
before:
  description: The start of Windows before the restart, as O(since) names one.
  returned: success, unless a person does it
  type: dict
  sample: {start_record: 47903, last_boot: "2026-10-20T18:12:09Z", clock_utc: "2026-11-22T04:58:31Z"}
start:
  description: The last start of Windows now.
  returned: success, unless a person does it
  type: dict
  sample: {start_record: 48211, last_boot: "2026-11-22T05:00:00Z", clock_utc: "2026-11-22T05:04:10Z"}
evidence:
  description: What was done and what proves the new start, or who says so.
  returned: when it was started anew
  type: str
  sample: asked for the restart; start record 48211 of the System log, 47903 before, up for 251 seconds, 2889982 before
already:
  description: Whether it had been restarted since O(since) already.
  returned: success, unless a person does it
  type: bool
  sample: false
elapsed:
  description: Seconds that the restart took.
  returned: success, unless a person does it
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
