# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: root_certificate
short_description: Put a pinned root certificate into the machine's trusted roots
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Puts one root certificate into the store LocalMachine\Root of a legacy Windows host, or takes it out.
  - The certificate is always named by its SHA-256. Certificates of the same name and key exist (the G5 root and its
    cross-certificate), so names prove nothing.
  - Refuses a certificate that is not self-signed, not valid at the host's time, or in the host's store Disallowed,
    unless O(allow) says that it is meant.
  - The certificate's signature over itself is not verified, because Python's cryptography refuses the SHA-1 signatures
    that old roots carry. Issuer and subject are compared; the trust comes from O(sha256).
options:
  state:
    description:
      - Whether the certificate is to be in the store.
    type: str
    choices: [present, absent]
    default: present
  source:
    description:
      - Where the certificate comes from when O(state=present). V(bundled_g5) is the VeriSign Class 3 Public Primary
        Certification Authority - G5 that comes with this collection, as its publisher's download is gone.
      - Anything else is the path of a PEM or DER file on the controller, searched like that of C(copy).
    type: str
    default: bundled_g5
  sha256:
    description:
      - SHA-256 of the certificate, in hexadecimal digits.
      - Compare it with what the certificate's publisher says, not with the file that it was downloaded with.
    type: str
    required: true
  allow:
    description:
      - Objections that are known and accepted.
    type: list
    elements: str
    choices: [not_self_signed, expired, disallowed]
    default: []
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.host
notes:
  - "CTX130025, 対策2 steps 1 to 5: the store is LocalMachine\\Root, which the certificate manager shows as Trusted Root
    Certification Authorities, physical store Local Computer."
  - "CTX130025, Problem Cause: IMA verifies signatures at every start, so the certificate must stay after the hotfix."
seealso:
  - module: legacyops.hotfix.root_update_policy
  - module: legacyops.hotfix.node_info
"""

EXAMPLES = r"""
- name: Put the VeriSign G5 root into the machine's trusted roots
  legacyops.hotfix.root_certificate:
    source: bundled_g5
    sha256: 9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF

- name: Say what taking it out would change
  legacyops.hotfix.root_certificate:
    state: absent
    sha256: 9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF
  check_mode: true
  diff: true
"""

RETURN = r"""
sha256:
  description: SHA-256 of the certificate.
  returned: success
  type: str
  sample: 9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF
thumbprint:
  description: Its SHA-1, which is Windows' name for it; null when it is absent already.
  returned: success
  type: str
  sample: 4EB6D578499B1CCF5F581EAD56BE3D9B6744A5E5
subject:
  description: Its subject; null when it is absent already.
  returned: success
  type: str
  sample: CN=VeriSign Class 3 Public Primary Certification Authority - G5,O=VeriSign\, Inc.,C=US
not_after:
  description: Until when it is valid.
  returned: when O(state=present)
  type: str
  sample: "2036-07-16T23:59:59Z"
self_signature:
  description: Always V(not_checked). See the description.
  returned: when O(state=present)
  type: str
  sample: not_checked
other_stores:
  description: Other root stores of the machine that hold the certificate too.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [auth_root]
"""
