# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: virtual_server
short_description: Have a Virtual Server of an FT system enabled
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Enables Virtual Server1 or Virtual Server2 by the driver of the C(endurance) part in O(ft_system), unless it is dark
    or light green already. C(operator) (a person at Endurance Manager, the default), or C(command) (the site's own
    command).
  - What the command says is not believed; the component's state is.
  - Starting without the quorum is never offered, and a command that speaks of the quorum is refused.
  - In a procedure the interlocks of the step say when a Virtual Server may be enabled at all.
options:
  name:
    description:
      - The Virtual Server.
    type: str
    choices: [virtual_server1, virtual_server2]
    required: true
  state:
    description:
      - What it is to be.
    type: str
    choices: [enabled]
    default: enabled
  deadline_seconds:
    description:
      - Seconds to wait until it is dark or light green.
    type: int
    default: 1800
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.ft
  - legacyops.hotfix.host.waiting
notes:
  - "Notice, 5.2: ⑪ (Virtual Server1, the FTvirtual Server on the left) and ⑰ (Virtual Server2, the one on the right)."
  - Its own reasons are V(waiting_operator), V(not_verified), V(endurance_timeout) and V(endurance_refused).
seealso:
  - module: legacyops.hotfix.endurance_info
"""

EXAMPLES = r"""
- name: Virtual Server1 is enabled
  legacyops.hotfix.virtual_server:
    name: virtual_server1
"""

RETURN = r"""
driver:
  description: The driver.
  returned: always, unless the settings are wrong
  type: str
  sample: command
component:
  description: Its colour or state; empty where it is unknown.
  returned: always, unless the settings are wrong
  type: dict
  sample: {colour: light_green}
evidence:
  description: What was read, in the command's words.
  returned: success
  type: str
  sample: "virtual_server1: synchronising"
instruction:
  description: What a person is to do.
  returned: when a person is to do it
  type: dict
  sample:
    en: In Endurance Manager right-click "Virtual Server1" (the FTvirtual Server on the left) and click Enable.
    ja: "Endurance Manager 上の \u201cVirtual Server1\u201d (左側の FTvirtual Server) を右クリックし、「有効化(E)」をクリックしてください。"
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: waiting_operator
"""
