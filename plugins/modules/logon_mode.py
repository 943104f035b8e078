# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: logon_mode
short_description: Take a XenApp server out of service for new logons, and back
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Drains or enables logons with C(change logon), and proves it by the number that is read back, not by a text.
  - XenApp's load balancing may ignore the drain. Where the site keeps users away by other means (a load evaluator), use
    O(method=external); then only the sessions are looked at.
  - Waits for sessions to end where it is told to. Nobody is logged off unless O(forced_logoff) says so.
options:
  state:
    description:
      - V(drained) refuses new logons until V(enabled). A drain that ends by itself at the next restart does not count, as
        it would readmit users before IMA is proven.
    type: str
    choices: [enabled, drained]
    required: true
  method:
    description:
      - V(change_logon) uses C(change.exe logon); V(external) leaves the mode alone.
    type: str
    choices: [change_logon, external]
    default: change_logon
  wait_for_sessions:
    description:
      - With O(state=drained), wait until no user session is left, disconnected ones included.
    type: bool
    default: false
  deadline_seconds:
    description:
      - Seconds to wait for the sessions to end.
    type: int
    default: 3600
  forced_logoff:
    description:
      - Log off who is left after O(deadline_seconds). Unsaved work is lost.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details:
      - Does not wait for sessions in check mode.
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.host
  - legacyops.hotfix.host.waiting
notes:
  - "Ours, not the notice's: a hotfix stops IMA, so users are kept away meanwhile."
  - Its own reasons are V(sessions_remain), V(not_verified) and V(unknown).
"""

EXAMPLES = r"""
- name: Let nobody log on any more
  legacyops.hotfix.logon_mode:
    state: drained

- name: Wait until everybody has gone, then log off who is left
  legacyops.hotfix.logon_mode:
    state: drained
    wait_for_sessions: true
    deadline_seconds: 20
    poll_seconds: 5
    forced_logoff: true

- name: Let users log on again
  legacyops.hotfix.logon_mode:
    state: enabled
"""

RETURN = r"""
before:
  description: The mode before.
  returned: success
  type: dict
  sample:
    drain_mode: 0
    logons_disabled: false
after:
  description: The mode after.
  returned: success
  type: dict
  sample:
    drain_mode: 2
    logons_disabled: false
sessions:
  description: The user sessions that are there.
  returned: always
  type: list
  elements: dict
  sample:
    - id: 3
      state: 4
      user: tanaka
      name: ""
logged_off:
  description: The sessions that were logged off by force.
  returned: success
  type: list
  elements: int
  sample: []
"""
