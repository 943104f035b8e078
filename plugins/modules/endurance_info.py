# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: endurance_info
short_description: Read the states of Endurance's components of an FT system
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Reads what Endurance shows of CoServers, Virtual Servers, the FTvirtual Server, and whatever else the site names,
    by the driver of the C(endurance) part in O(ft_system). C(operator) (a person at Endurance Manager, the default),
    or C(command) (the site's own command).
  - It waits while a component is light green, as the notice says, up to O(deadline_seconds).
  - Changes nothing.
options:
  seen:
    description:
      - What a person has seen in Endurance Manager, by component. V(dark_green), V(light_green), V(failed),
        V(degraded), V(disabled) or V(offline). A component that is not named is unknown.
      - Needs O(confirmed_by).
    type: dict
  deadline_seconds:
    description:
      - Seconds to wait while a component is light green. V(0) reads once.
    type: int
    default: 0
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
extends_documentation_fragment:
  - legacyops.hotfix.ft
  - legacyops.hotfix.host.waiting
notes:
  - "Notice, 5.2, ⑱: all components are dark green; where one is light green, wait."
  - The driver C(command) has C(status), C(enable) and C(states), a pattern (and exit codes) for C(good),
    C(synchronising) and C(failed), and where the site tells them for C(degraded), C(disabled) and C(offline). With
    the placeholder C({component}) the status command runs once for each component; without it, once, and the
    patterns have the placeholder. C(components) names the components in the site's words, and adds more, such as
    mirror sets (names that begin with C(mirror)).
  - No pattern, or two of them, make a component unknown. Unknown is never good.
"""

EXAMPLES = r"""
- name: Wait until nothing is light green any more
  legacyops.hotfix.endurance_info:
    deadline_seconds: 14400

- name: Take what a person has seen
  legacyops.hotfix.endurance_info:
    seen:
      virtual_server1: dark_green
      virtual_server2: failed
    confirmed_by: Your name
"""

RETURN = r"""
source:
  description: Who says so, the driver or a person.
  returned: always, unless the settings are wrong
  type: str
  sample: command
components:
  description: Each component's colour, or a state of Endurance's guide; empty where it is unknown.
  returned: always, unless the settings are wrong
  type: dict
  sample: {virtual_server1: {colour: dark_green}, virtual_server2: {state: Failed}, ftvirtual: {}}
evidence:
  description: What was read, in the command's words.
  returned: success
  type: str
  sample: "virtual_server1: good; virtual_server2: failed"
healthy:
  description: Whether all components are dark green; null where that is unknown.
  returned: success
  type: bool
  sample: false
instruction:
  description: What a person is to look at.
  returned: when a person is to look
  type: dict
  sample: {en: See in Endurance Manager which colour each component has., ja: Endurance Manager 上で確認してください。}
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: waiting_operator
"""
