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
  - The time of its last start is a token. The host itself refuses the restart when it has another one by then, so a task
    that is run again after it was cut off does not restart it twice.
  - C(ansible.windows.win_reboot) needs PowerShell 3; this needs 2.0.
options:
  boot_token:
    description:
      - Restart only if the host has not been started since it had this token, which M(legacyops.hotfix.node_info)
        returns as RV(legacyops.hotfix.node_info#module:observation.data).system.boot_token.
      - Without it, the host is restarted each time the task runs.
    type: str
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
  - O(poll_seconds) is the first interval; it doubles up to six times as much.
  - Its own reasons are V(deadline) and V(unknown).
"""

EXAMPLES = r"""
- name: Remember when the host was started
  legacyops.hotfix.node_info:
    gather_subset: [system]
  register: before

- name: Restart it once, however often this task is run
  legacyops.hotfix.reboot:
    boot_token: "{{ before.observation.data.system.boot_token }}"
    reason: The hotfix asks for a restart
"""

RETURN = r"""
boot_token_before:
  description: The token before the restart.
  returned: success
  type: str
  sample: "20261122020000.000000+540"
boot_token:
  description: The token now.
  returned: success
  type: str
  sample: "20261122140000.000000+540"
last_boot:
  description: When the host was started last, by its own clock.
  returned: when not in check mode
  type: str
  sample: "2026-11-22T05:00:00Z"
already:
  description: Whether the host had been restarted since O(boot_token) already.
  returned: success
  type: bool
  sample: false
elapsed:
  description: Seconds that the restart took.
  returned: success
  type: int
  sample: 241
"""
