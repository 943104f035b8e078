# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: package
short_description: Install a package of a Windows update once, detached from the session
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Installs a C(.msu) package with wusa.exe as a job of the host's Task Scheduler, and waits for its end.
  - The job runs as SYSTEM, because in a remote session wusa is refused (Microsoft's KB2773898). That it works as such a
    job on a real Windows Server 2008 was not proven here.
  - The installer survives a lost connection, a killed controller and a passed deadline. The next run finds the job of
    this update again and waits on. It is never started twice and never killed.
  - The state of the update decides whether anything is to be done, before and after. It is read by two signs of Windows
    (C(Win32_QuickFixEngineering), and the states of its packages in component based servicing); where they disagree, it
    is unknown, and nothing is done. The exit code alone proves nothing; wusa of Windows Server 2008 ends with 1 both
    where an update is in already and where it does not apply.
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
  update:
    description:
      - The update's number, as Windows records it, such as V(KB4474419).
    type: str
    required: true
  restart:
    description:
      - When the update asks for a restart. With V(always) it does whatever its exit code and Windows' own signs say, as
        where a source says that it takes effect with the next start only.
      - A restart is reported, never made. See M(legacyops.hotfix.restart).
    type: str
    choices: [when_asked, always]
    default: when_asked
  retry:
    description:
      - Start the installer anew although an earlier run of it has failed. Set it only after a person has found and
        removed the cause.
      - Otherwise the earlier failure is reported again.
    type: bool
    default: false
  deadline_seconds:
    description:
      - Seconds to wait for the installer. Afterwards it goes on, and the task fails with reason V(deadline).
      - No source gives durations. wusa may search for long where the service wuauserv reaches no server.
    type: int
    default: 7200
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
  - Its own reasons are V(deadline), V(not_started), V(job_gone), V(installer_busy), V(installer_failed),
    V(not_verified), V(not_possible), V(unknown), V(bad_path), V(bad_pin) and V(bad_update).
seealso:
  - module: legacyops.hotfix.staged_package
  - module: legacyops.hotfix.restart
"""

EXAMPLES = r"""
- name: Install the support of SHA-2, which takes effect with the next start
  legacyops.hotfix.package:
    package: C:\Updates\KB4474419.msu
    sha256: "{{ kb4474419_sha256 }}"
    update: KB4474419
    restart: always
  register: update

- name: Restart the host
  legacyops.hotfix.restart:
    since: "{{ update.start }}"
    reason: KB4474419
  when: update.reboot_required
"""

RETURN = r"""
update_id:
  description: The update's number.
  returned: success
  type: str
  sample: KB4474419
job:
  description: The job's name in the Task Scheduler's folder legacyops.
  returned: success
  type: str
  sample: msu-KB4474419
state:
  description: What the update is afterwards, V(installed), V(superseded) or V(install_pending).
  returned: when wusa has ended
  type: str
  sample: installed
exit_code:
  description: The exit code of wusa, unsigned; null when it did not have to run.
  returned: always
  type: int
  sample: 3010
explanation:
  description: What the exit code means, in both languages.
  returned: when wusa has ended
  type: dict
  sample:
    en: Installed; a restart is needed.
    ja: インストールに成功しました。再起動が必要です。
reboot_required:
  description:
    - Whether the installation asks for a restart that is not proven to have been since, or left something behind that
      waits for one; null where that could not be read.
  returned: success
  type: bool
  sample: true
found:
  description: Whether the installer had been started by an earlier run.
  returned: when wusa has ended
  type: bool
  sample: false
connection_losses:
  description: How often the connection was lost during the wait.
  returned: when wusa has ended
  type: int
  sample: 0
started:
  description: When the installer was started, by the host's clock.
  returned: when wusa has ended
  type: str
  sample: "2026-11-22T05:00:00Z"
ended:
  description: Always null, because the Task Scheduler does not keep it.
  returned: when wusa has ended
  type: str
  sample: null
start:
  description:
    - The start of Windows in which the installer was told to run; null where that could not be read. Give it to
      M(legacyops.hotfix.restart) as O(legacyops.hotfix.restart#module:since).
  returned: when the installer has ended
  type: dict
  sample: {start_record: 47903, last_boot: "2026-10-20T18:12:09Z", clock_utc: "2026-11-22T04:58:31Z"}
log:
  description: Always null, because wusa of Windows Server 2008 writes no log of its own.
  returned: when wusa has ended
  type: dict
  sample: null
elapsed:
  description: Seconds that the task took.
  returned: when wusa has ended well
  type: int
  sample: 412
"""
