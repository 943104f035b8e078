# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: service
short_description: Have a service of Windows running, and prove that it stays so; or have it stopped
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Starts or stops a service of the host, waits for the state, and watches for a while that a service which is to run stays
    up with the same process.
  - The service manager gives up on a start after six minutes, while the service may still come up. So only a service
    without a process counts as failed.
options:
  name:
    description:
      - The service's name, not its display name.
    type: str
    required: true
  state:
    description:
      - Whether the service is to run.
    type: str
    choices: [running, stopped]
    required: true
  stable_seconds:
    description:
      - For how long the service must stay up, with the same process, before it is believed.
    type: int
    default: 60
  deadline_seconds:
    description:
      - Seconds to wait for the state.
    type: int
    default: 1800
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.host
  - legacyops.hotfix.host.waiting
notes:
  - How the service starts with Windows is left as it is.
  - Its own reasons are V(not_found), V(service_not_running) and V(service_not_stopped).
seealso:
  - module: legacyops.hotfix.ima_service
"""

EXAMPLES = r"""
- name: The update service is stopped
  legacyops.hotfix.service:
    name: wuauserv
    state: stopped
"""

RETURN = r"""
service:
  description: The service as Windows describes it.
  returned: success
  type: dict
  sample:
    exists: true
    state: Running
    start_mode: Auto
    account: LocalSystem
    path: C:\Windows\system32\svchost.exe -k netsvcs
    exit_code: 0
    process_id: 1432
elapsed:
  description: Seconds that the task took.
  returned: when not in check mode
  type: int
  sample: 95
"""
