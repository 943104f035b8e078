# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: owner
short_description: Say which change holds a server or an FT system, give it back, or break a dead hold
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - A change that begins on a host takes it, and keeps it until its plan is carried out. Of a server the record lies on
    the server itself (legacyops\owners\server.json below the Windows folder), whatever a controller calls it. Of a
    fault-tolerant system it lies on the system's relay. So every controller sees it. Where no node of a system is
    reached through a relay it is a file of this controller, and guards against this controller's other changes only.
  - A run that is refused before anything of its plan was begun gives the host back by itself.
  - A record never expires, because a start with chkdsk takes hours. Breaking one is a deliberate act, by name and for
    a reason, and only of the run that is named. It stands in the journal of the change that breaks it.
attributes:
  check_mode:
    support: full
    details:
      - Nothing is broken.
  diff_mode:
    support: full
    details:
      - The record before and after.
  platform:
    platforms: posix, windows
    details:
      - The controller, and the server or the relay.
options:
  state:
    description:
      - V(read) says who holds the host.
      - V(freed) gives back what this change holds (the run of its directory); another change's record stays.
      - V(broken) breaks the record of the run that is named.
    type: str
    choices: [read, freed, broken]
    default: read
  run:
    description:
      - The run whose record is to be broken, as the refusal named it.
    type: str
  name:
    description:
      - Who breaks it.
    type: str
  reason:
    description:
      - Why that run is certainly dead.
    type: str
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
  - legacyops.hotfix.procedure
"""

EXAMPLES = r"""
- name: See who holds the host
  legacyops.hotfix.owner:
    change_id: CHG0042
"""

RETURN = r"""
owner:
  description: The record that is there now; C(free) where nobody holds the host.
  returned: success
  type: dict
  sample:
    change: CHG0042
    run: "controller1:5f0c6a1e9b3d"
    user: operator
    controller: controller1
    utc: "2026-11-22T05:00:00Z"
"""
