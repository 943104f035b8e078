# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: reboot
short_description: Restart a legacy Windows host once, and wait until it is back
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Restarts the host and waits until it answers again and says that it has started anew.
  - A new start is proven by two signs that no step of the host's clock can make - a newer start record in its System log
    (event 6009), and less time since its start. The time of the last start alone proves nothing, since it moves
    whenever the clock is set.
  - The host itself refuses the restart when it has a newer start record by then, so a task that is run again after it was
    cut off does not restart it twice.
  - Where the System log cannot be read, nothing is restarted, because it could not be told afterwards.
  - C(ansible.windows.win_reboot) needs PowerShell 3; this needs 2.0.
options:
  since:
    description:
      - Restart only if the host has not been started anew since this start, which M(legacyops.hotfix.node_info) returns as
        RV(legacyops.hotfix.node_info#module:observation.data).system, and M(legacyops.hotfix.msp_patch) as
        RV(legacyops.hotfix.msp_patch#module:start).
      - Where that cannot be told, the task fails and nothing is restarted.
      - Without it, the host is restarted each time the task runs.
    type: dict
  reason:
    description:
      - Why, for the host's event log.
    type: str
    default: Hotfix
  deadline_seconds:
    description:
      - Seconds to wait for the host. A disk check at the start can take hours.
    type: int
    default: 3600
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.host
  - legacyops.hotfix.host.waiting
notes:
  - "Ours, not the notice's: exit codes 3010 and 1641 of a hotfix ask for a restart."
  - File renames that wait again after the start are a warning. Antivirus and spoolers put theirs back at each start.
  - O(poll_seconds) is the first interval; it doubles up to six times as much.
  - Its own reasons are V(deadline), V(refused) and V(unknown).
"""

EXAMPLES = r"""
- name: Remember when the host was started
  legacyops.hotfix.node_info:
    gather_subset: [system]
  register: before

- name: Restart it once, however often this task is run
  legacyops.hotfix.reboot:
    since: "{{ before.observation.data.system }}"
    reason: The hotfix asks for a restart
"""

RETURN = r"""
before:
  description: The start of Windows before the restart, as O(since) names one.
  returned: success
  type: dict
  sample: {start_record: 47903, last_boot: "2026-10-20T18:12:09Z", clock_utc: "2026-11-22T04:58:31Z"}
start:
  description: The last start of Windows now.
  returned: success
  type: dict
  sample: {start_record: 48211, last_boot: "2026-11-22T05:00:00Z", clock_utc: "2026-11-22T05:04:10Z"}
evidence:
  description: What proves the new start.
  returned: when it was started anew
  type: str
  sample: start record 48211 of the System log, 47903 before, up for 251 seconds, 2889982 before
already:
  description: Whether the host had been restarted since O(since) already.
  returned: success
  type: bool
  sample: false
elapsed:
  description: Seconds that the restart took.
  returned: success
  type: int
  sample: 241
"""
