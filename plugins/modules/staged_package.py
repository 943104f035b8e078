# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: staged_package
short_description: Have a package on a legacy Windows host, proven by its hash
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Has one file with the pinned SHA-256 at O(path) on the host. A file with that hash is left alone.
  - A file of the controller is pushed through the stdin of one PowerShell start, which works where Ansible's own file
    transfer does not (PowerShell 2.0, WinRM 2.0's envelope of 150 KB). That is slow, so it is for small packages.
  - A share or web address is pulled by the host itself, which is the better way for large ones.
  - What arrives with another hash never gets the name O(path).
options:
  path:
    description:
      - Where the file is to be on the host.
    type: str
    required: true
  sha256:
    description:
      - SHA-256 of the file, in hexadecimal digits.
    type: str
    required: true
  source:
    description:
      - Where it comes from when it is not there. A UNC path, an C(http) or C(https) address or a path with a drive is
        fetched by the host; anything else is a file on the controller, searched like that of C(copy).
      - Without it, a file that is not there is a failure (V(not_found)).
    type: str
  username:
    description:
      - The user for a UNC path. The host cannot hand its WinRM session's user on to another machine.
    type: str
  password:
    description:
      - The password of O(username). It travels in stdin, never on a command line.
    type: str
  push_limit_mb:
    description:
      - The largest file to push, in MiB.
    type: int
    default: 64
  deadline_seconds:
    description:
      - Seconds after which the transfer is given up.
    type: int
    default: 1800
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.host
notes:
  - "CTX130025, 対策2 step 7, needs the hotfix on the server: staging it before the window is ours."
  - Its own reasons are V(too_large), V(source_unreadable), V(bad_path) and V(bad_pin).
"""

EXAMPLES = r"""
- name: The hotfix is on the server, and is the vendor's own
  legacyops.hotfix.staged_package:
    path: "{{ legacyops_hotfixes[0].package }}"
    sha256: "{{ legacyops_hotfixes[0].sha256 }}"

- name: Push a small file that lies in files/ beside the playbook
  legacyops.hotfix.staged_package:
    path: C:\Hotfix\readme.txt
    source: readme.txt
    sha256: "{{ lookup('ansible.builtin.file', 'readme.txt', rstrip=false) | hash('sha256') }}"
"""

RETURN = r"""
path:
  description: Where the file is on the host.
  returned: success
  type: str
  sample: C:\Hotfix\XAE500R01W2K8X64.msp
sha256:
  description: Its SHA-256.
  returned: success
  type: str
  sample: 0CFC19DB681B014BFE3F23CB3A78B67208B4E3D8D7B6A7B1807F7CD6ECB2A54E
size:
  description: Its size in bytes; null where it is not known in check mode.
  returned: success
  type: int
  sample: 20971520
method:
  description: How it came there (V(none), V(push) or V(pull)).
  returned: success
  type: str
  sample: push
"""
