# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: assess
short_description: Say what the vendor's notices mean for a host
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Reads the host with one PowerShell start and compares what it read with the notices (advisories) that the
    host's variable C(legacyops_advisories) names.
  - Changes nothing on the host. It reads stores, signatures and registry values; it builds no certificate chain
    there, because that may itself make Windows fetch a root certificate.
  - Prints what it found and writes it as JSON into the change directory.
  - What could not be read is reported as unknown, never taken as good.
  - A host that cannot be reached is a finding (V(unreachable)), not a failure of the run.
attributes:
  check_mode:
    support: full
    details:
      - Reads the host in check mode too, but writes no file.
  diff_mode:
    support: none
    details:
      - Nothing is changed, so there is nothing to show.
options:
  quiet:
    description:
      - Don't print the findings.
    type: bool
    default: false
  fail_on_mistakes:
    description:
      - Fail where the host's inventory has mistakes. Otherwise they are a result, with C(reason) V(mistake), which
        M(legacyops.hotfix.overview) tells once for all hosts.
    type: bool
    default: true
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_host
  - legacyops.hotfix.procedure
  - legacyops.hotfix.procedure.advisories
"""

EXAMPLES = r"""
- name: Say what the notices mean for the host
  legacyops.hotfix.assess:
    change_id: CHG0042

- name: Look only, and use the findings in the next task
  legacyops.hotfix.assess:
    change_id: CHG0042
    quiet: true
  register: assessed

- name: Name the hosts that need a person first
  ansible.builtin.debug:
    msg: "{{ assessed.findings | selectattr('severity', 'equalto', 'blocker') | map(attribute='id') }}"
"""

RETURN = r"""
reachable:
  description: Whether the host could be read.
  returned: always
  type: bool
  sample: true
findings:
  description: What was found, worst first.
  returned: always
  type: list
  elements: dict
  sample:
    - id: root_missing
      item: null
      clause: ["4"]
      severity: warning
      title:
        en: The root certificate is missing
        ja: ルート証明書がありません
      evidence: ["LocalMachine\\Root: 4EB6D578499B1CCF5F581EAD56BE3D9B6744A5E5 is not there"]
      remedy:
        en: Import the root certificate (step 1 of the plan)
        ja: ルート証明書をインポートします
standing:
  description:
    - What the host needs now. V(todo) has steps to carry out, V(person) is blocked until somebody has mended something,
      V(look) needs nothing of the procedure but something is amiss, V(fine), V(unreachable), V(mistake) in its inventory.
  returned: always
  type: str
  sample: todo
nodes:
  description: Whether the host is a system of several Windows.
  returned: when the inventory has no mistake
  type: bool
  sample: false
counts:
  description: How many findings there are of each severity.
  returned: always
  type: dict
  sample: {blocker: 0, warning: 1, info: 0, good: 4}
findings_path:
  description: Where the findings were written on the controller.
  returned: when not in check mode
  type: str
  sample: /srv/legacyops-changes/CHG0042/findings/xa01.json
observation_path:
  description: Where the observation was written on the controller.
  returned: when the host could be read, and not in check mode
  type: str
  sample: /srv/legacyops-changes/CHG0042/observations/xa01.json
reason:
  description: Why the host could not be read.
  returned: when the host could not be read
  type: str
  sample: unreachable
mistakes:
  description: What is wrong in the inventory, one sentence each. Nothing was contacted.
  returned: when the inventory has mistakes, with C(reason) V(mistake)
  type: list
  elements: str
  sample: ["legacyops_ft_system.model is not given: copy the model number from the type plate."]
"""
