# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: audit
short_description: Check that a host is still as the vendor's notices demand
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Reads the host with one PowerShell start, as M(legacyops.hotfix.assess) does, and fails if something is amiss,
    so that a scheduler sees it.
  - IMA verifies the signatures of its modules at every start, so the root certificate has to stay. This module
    finds "it runs now, but the next start will fail" before the next start does.
  - Changes nothing on the host, but see O(probe_chains).
attributes:
  check_mode:
    support: full
    details:
      - Reads the host in check mode too, but writes no file and lets the host build no chain.
  diff_mode:
    support: none
    details:
      - Nothing is changed, so there is nothing to show.
options:
  fail_on:
    description:
      - Severities of findings that make the task fail.
      - A host that cannot be read makes it fail whatever this says.
    type: list
    elements: str
    choices: [blocker, warning, info]
    default: [blocker, warning]
  probe_chains:
    description:
      - Let the host itself build the chains of its installed modules, and of the packages that are not in yet, for code
        signing. That tells what no certificate store shows, such as distrust by Microsoft's automatic list.
      - Building a chain may make Windows fetch a root certificate, or try to reach the Internet in vain for some seconds.
        So it is asked for by the site, and left out in check mode.
    type: bool
    default: false
  quiet:
    description:
      - Don't print the findings.
    type: bool
    default: false
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_host
  - legacyops.hotfix.procedure
  - legacyops.hotfix.procedure.advisories
"""

EXAMPLES = r"""
- name: Check that the root certificate is still there and IMA runs
  legacyops.hotfix.audit:
    change_id: audit

- name: Report, but fail only where nothing may be done before a person has looked
  legacyops.hotfix.audit:
    change_id: audit
    fail_on: [blocker]
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
      V(look) needs nothing of the procedure but something is amiss, V(fine), V(unreachable).
  returned: always
  type: str
  sample: fine
nodes:
  description: Whether the host is a system of several Windows.
  returned: always
  type: bool
  sample: false
counts:
  description: How many findings there are of each severity.
  returned: always
  type: dict
  sample: {blocker: 0, warning: 1, info: 0, good: 4}
audit_path:
  description: Where the findings were written on the controller.
  returned: when not in check mode
  type: str
  sample: /srv/legacyops-changes/audit/audit/xa01.json
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
