# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: msp_patch
short_description: Install a Windows Installer patch once, detached from the session
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Installs a C(.msp) package with msiexec as a job of the host's Task Scheduler, and waits for its end.
  - The installer survives a lost connection, a killed controller and a passed deadline. The next run finds the job of
    this patch again and waits on. It is never started twice and never killed.
  - Windows Installer's own record of patches decides whether anything is to be done, before and after.
  - When it fails, the exit code and the matching lines of its log are explained, and the end of the log comes back.
options:
  package:
    description:
      - Path of the package on the host's own disk. A job that runs as SYSTEM sees no network shares.
    type: str
    required: true
  sha256:
    description:
      - SHA-256 of the package. The host computes it once more right before the start.
    type: str
    required: true
  patch_code:
    description:
      - The package's patch code, a GUID in braces, by which Windows Installer knows the patch.
    type: str
    required: true
  run_as:
    description:
      - Whether the installer runs as SYSTEM or as the connection's user.
    type: str
    choices: [system, user]
    default: system
  retry:
    description:
      - Start the installer anew although an earlier run of it has failed. Set it only after a person has found and
        removed the cause. Where the rollback failed too, another start may make it worse.
      - Otherwise the earlier failure is reported again.
    type: bool
    default: false
  deadline_seconds:
    description:
      - Seconds to wait for the installer. Afterwards it goes on, and the task fails with reason V(deadline).
      - Make it longer than IMA's slowest start, which may take more than six minutes and happens within it.
    type: int
    default: 3600
attributes:
  check_mode:
    support: full
    details:
      - Also refuses in check mode what it would refuse otherwise, such as a package with another hash.
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.host
  - legacyops.hotfix.host.waiting
notes:
  - "CTX130025, 対策2 step 7: install the hotfix, after the root certificate was proven."
  - "CTX130025, Symptoms: error 26005 means that IMA did not start. The certificate is one cause of several, so only a
    chain that really fails proves it."
  - A restart that the patch needs is reported, never made. See M(legacyops.hotfix.restart).
  - Another installation on the host is waited for, at most five minutes, before and where msiexec ends with 1618.
  - Its own reasons are V(deadline), V(not_started), V(job_gone), V(installer_busy), V(installer_failed), V(disk_full),
    V(ima_not_started), V(not_verified), V(unknown), V(bad_path), V(bad_pin) and V(bad_patch_code).
seealso:
  - module: legacyops.hotfix.staged_package
  - module: legacyops.hotfix.restart
"""

EXAMPLES = r"""
- name: Put the root certificate there first
  legacyops.hotfix.root_certificate:
    sha256: 9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF

- name: Install the hotfix
  legacyops.hotfix.msp_patch:
    package: "{{ legacyops_hotfixes[0].package }}"
    sha256: "{{ legacyops_hotfixes[0].sha256 }}"
    patch_code: "{{ legacyops_hotfixes[0].patch_code }}"
  register: hotfix

- name: Restart where the hotfix asks for it
  legacyops.hotfix.restart:
    reason: The hotfix asks for a restart
  when: hotfix.reboot_required
"""

RETURN = r"""
patch_code:
  description: The patch code as Windows Installer writes it.
  returned: success
  type: str
  sample: "{5A1B6C3D-0001-4E2F-8A00-0123456789AB}"
job:
  description: The job's name in the Task Scheduler's folder legacyops.
  returned: success
  type: str
  sample: msp-5A1B6C3D00014E2F8A000123456789AB
exit_code:
  description: The exit code of msiexec; null when it did not have to run.
  returned: always
  type: int
  sample: 3010
explanation:
  description: What the exit code means, in both languages.
  returned: when msiexec has ended
  type: dict
  sample:
    en: Installed; a restart is needed.
    ja: インストールに成功しました。再起動が必要です。
symptoms:
  description:
    - The notices' symptoms that the log shows. A notice's cause is given as the cause only where it is proven on this
      host; for CTX130025, where the package's signature does not reach a trusted root now.
  returned: when msiexec has ended
  type: list
  elements: dict
  sample:
    - id: ima_26005
      clause: [症状]
      title:
        en: "Error 26005: IMA did not start during the installation"
        ja: "エラー26005: インストール中に IMA サービスを起動できませんでした"
      text:
        en: The package's chain does not reach a trusted root on this server.
        ja: このサーバーではパッケージの証明書チェーンが信頼されたルートに到達しません。
      line: Error 26005. Could not start IMA Service in CTX_IMA_StartIMAService State = 1
      cause_proven: true
reboot_required:
  description:
    - Whether the installation asks for a restart that is not proven to have been since, or left something behind that
      waits for one; null where that could not be read.
  returned: success
  type: bool
  sample: true
found:
  description: Whether the installer had been started by an earlier run.
  returned: when msiexec has ended
  type: bool
  sample: false
connection_losses:
  description: How often the connection was lost during the wait.
  returned: when msiexec has ended
  type: int
  sample: 0
started:
  description: When the installer was started, by the host's clock.
  returned: when msiexec has ended
  type: str
  sample: "2026-11-22T05:00:00Z"
ended:
  description: Always null, because the Task Scheduler does not keep it.
  returned: when msiexec has ended
  type: str
  sample: null
start:
  description:
    - The start of Windows in which the installer was told to run; null where that could not be read. Give it to
      M(legacyops.hotfix.restart) as O(legacyops.hotfix.restart#module:since), so that the host is restarted once however often
      both tasks are run.
  returned: when the installer has ended
  type: dict
  sample: {start_record: 47903, last_boot: "2026-10-20T18:12:09Z", clock_utc: "2026-11-22T04:58:31Z"}
log:
  description: The installer's log.
  returned: when msiexec has ended
  type: dict
  contains:
    exists:
      description: Whether there is a log.
      returned: when msiexec has ended
      type: bool
      sample: true
    size:
      description: Its size in bytes.
      returned: when msiexec has ended
      type: int
      sample: 148212
    matches:
      description: Its lines that matter.
      returned: when msiexec has ended
      type: list
      elements: str
      sample: []
    tail:
      description: Its end.
      returned: when msiexec has ended
      type: str
      sample: "MSI (s) (A4:D0): MainEngineThread is returning 0"
elapsed:
  description: Seconds that the task took.
  returned: when msiexec has ended well
  type: int
  sample: 412
"""
