# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: ima_service
short_description: Have Citrix' IMA service running, and prove that it stays up
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Starts the Independent Management Architecture service of a XenApp server where it is stopped, waits for as long as
    IMA may need, and then watches that it stays up.
  - The service manager gives up on a start after six minutes, while IMA may still come up. So only a service without a
    process counts as failed, and O(deadline_seconds) is longer.
  - When it does not come up, Citrix' triage value tells which plug-in it was loading. Where it names none, the data store
    and the local host cache are known causes beside the signatures.
options:
  name:
    description:
      - The service's name.
    type: str
    default: IMAService
  state:
    description:
      - Whether the service is to run.
    type: str
    choices: [running, stopped]
    default: running
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
  - "CTX130025, Problem Cause: IMA checks the signatures of its modules at every start."
  - Its own reasons are V(service_not_running) and V(service_not_stopped).
"""

EXAMPLES = r"""
- name: IMA runs, and stays up for two minutes
  legacyops.hotfix.ima_service:
    stable_seconds: 120
    deadline_seconds: 2400
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
    account: NT AUTHORITY\NetworkService
    path: C:\Program Files (x86)\Citrix\System32\Citrix\IMA\ImaSrv.exe
    exit_code: 0
    process_id: 1432
currently_loading_plugin:
  description: The plug-in that IMA was loading; null where it runs or where that could not be read.
  returned: always
  type: str
  sample: null
elapsed:
  description: Seconds that the task took.
  returned: when not in check mode
  type: int
  sample: 95
"""
