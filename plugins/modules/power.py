# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: power
short_description: Switch a CoServer of an FT system on or off by its power driver
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Switches one CoServer on or off, or reads its power, by the driver of its C(power) part in O(ft_system).
    C(operator) (a person and the machine's button, the default), C(ipmi) (a management board, IPMI over LAN), or
    C(command) (the site's own commands).
  - Off is believed only when the driver reads it. That the node does not answer any more is the step's to see.
  - It cuts nothing as long as nothing proves which machine the driver switches, nor where the peer is not as
    O(peer_state) says. Whatever it does, a peer whose power changed meanwhile makes it fail.
  - Where the relay reaches the node (C(access=relay)), its Windows is asked through the relay to shut down (V(shutdown)),
    or to restart into the BIOS setup that the driver has asked the board for (V(bios_setup)); a person is asked only for
    the rest. A node that does not answer is left alone.
  - In a procedure the interlocks of the step say when power may be cut at all; a cut by hand has nothing but what is
    written here.
options:
  coserver:
    description:
      - The CoServer.
    type: str
    choices: [coserver1, coserver2]
    required: true
  state:
    description:
      - What its power is to be. V(status) only reads.
    type: str
    choices: ["on", "off", status]
    default: status
  way:
    description:
      - How it is to go off; required with O(state=off).
      - V(at_post) is the notice's way, at the POST screen after a restart. No network sees POST, so only an operator
        can. The operator also restarts the machine, being at its screen by then.
      - V(bios_setup) makes the next start end in the BIOS setup and waits for a person who sees that on the screen
        (O(confirmed_by)); then it cuts.
      - V(shutdown) cuts nothing and waits until Windows, which the relay or something else shuts down, has switched the
        machine off. That proves the driver's wiring passively.
      - V(cut) cuts at once, for a machine at a STOP screen, or one that hangs by a person's word.
    type: str
    choices: [at_post, bios_setup, shutdown, cut]
  peer_state:
    description:
      - What the peer's power must be for a cut. Where it is not, or cannot be read, nothing is cut.
    type: str
    choices: ["on", "off"]
  wiring_proven:
    description:
      - Whether it is proven otherwise which machine the driver switches. A board with the machine's UUID needs no
        such word; a UUID of another machine is refused all the same.
    type: bool
    default: false
  machine_uuid:
    description:
      - The UUID that the machine's SMBIOS tells. The CoServer's C(uuid) in C(legacyops_ft_system) is the default.
    type: str
  peer_uuid:
    description:
      - The same of the other CoServer. A board's UUID proves nothing while only one of the two machines' is known.
    type: str
  deadline_seconds:
    description:
      - Seconds to wait until the driver reads the state.
    type: int
    default: 600
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.ft
  - legacyops.hotfix.host.waiting
notes:
  - "Notice, 5.2: ① (CoServer2 off), ⑥ (off at POST), ⑧ (both on)."
  - Its own reasons are V(waiting_operator), V(unknown), V(peer_state), V(peer_changed), V(wiring_wrong),
    V(wiring_unproven), V(not_verified), V(not_possible), V(installer_busy), V(power_timeout), V(power_busy) and
    V(power_refused).
  - A management board that is busy (completion code 0xC0, no room for a session) is asked again for 75 seconds where it
    is read, and for ten where it is to act; it has executed nothing.
  - The driver C(command) has C(status), C(on), C(off) and, for V(bios_setup), C(boot_setup), each a list of words with
    the placeholders C({coserver}), C({name}) and C({address}). The status command prints C(on) or C(off), unless
    C(states) gives a pattern (and exit codes) for each.
  - The driver C(ipmi) needs the Python library pyghmi on the controller.
"""

EXAMPLES = r"""
- name: See whether CoServer1 has power
  legacyops.hotfix.power:
    coserver: coserver1

- name: Cut CoServer1 at its STOP screen, while CoServer2 is off; a shutdown has proven the wiring
  legacyops.hotfix.power:
    coserver: coserver1
    state: "off"
    way: cut
    peer_state: "off"
    wiring_proven: true
"""

RETURN = r"""
power:
  description: V(on), V(off) or V(unknown).
  returned: always, unless the settings are wrong
  type: str
  sample: "off"
evidence:
  description: In whose words.
  returned: always, unless the settings are wrong
  type: str
  sample: the board 192.0.2.11 port 623 says off
driver:
  description: The driver.
  returned: always, unless the settings are wrong
  type: str
  sample: ipmi
peer:
  description: The same of the other CoServer.
  returned: always, unless the settings are wrong
  type: dict
  sample: {state: "on", evidence: the board 192.0.2.12 port 623 says on}
wiring:
  description: What shows which machine the driver switches. V(proven), V(wrong) or V(unknown), and why.
  returned: success, or when a cut was refused for it
  type: dict
  sample: {result: proven, evidence: "own driver: on → off; peer's driver: on → on"}
instruction:
  description: What a person is to do.
  returned: when a person is to do it
  type: dict
  sample: {en: Switch CoServer1 on with the power button of the machine., ja: CoServer1 の電源を、サーバ本体の電源ボタンから入れてください。}
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: waiting_operator
"""
