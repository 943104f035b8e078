# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: update_exe
short_description: Install or remove a Windows update, or install a vendor's fix, on a node of an FT system
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Installs a package of the update.exe family (a hotfix of Microsoft for Windows 2000 or Server 2003) or removes it by its
    own uninstall program; or installs a vendor's package with switches that a person has given. It works through the
    relay, on a node without PowerShell and WinRM. A node that only a person reaches is left to that person, and reported by
    name.
  - The installer runs on the node as SYSTEM, from a copy on the node's own disk, detached from every session. It is started
    at most once and never ended. A run that was cut off is simply run again, finds it, and waits for its end.
  - It never restarts the node; that is a step of its own (M(legacyops.hotfix.restart)). A C(KB) is always given
    C(/norestart).
  - A package whose SHA-256 is another one is refused, on the relay and again on the node when the start is asked for.
  - It begins two to three minutes after it was asked for, by the node's own clock. What has not begun ten minutes later
    never begins.
options:
  operation:
    description:
      - What to do.
    type: str
    choices: [install, uninstall]
    required: true
  update:
    description:
      - The update's own name, such as V(KB890859), or another word for a vendor's package.
      - Only a C(KB) and its number is of the update.exe family for certain. It alone gets a log, and runs with C(/quiet)
        where O(switches) is not given. A C(Q) and its number may be a package of the older hotfix.exe, which does not know
        these switches.
    type: str
    required: true
  package:
    description:
      - The package on the relay, an C(.exe) or C(.msi) file with its full path; required with O(operation=install).
    type: str
  sha256:
    description:
      - Its SHA-256, 64 hexadecimal digits; required with O(operation=install).
    type: str
  switches:
    description:
      - Its switches, one a word. C(/nobackup), which takes the way back away, C(/forcerestart) and C(/extract) are refused.
      - A vendor's package and a C(Q) need them, by their own readme, for O(operation=uninstall) too. They must not restart
        the node by themselves.
    type: list
    elements: str
  uninstaller:
    description:
      - The update's uninstall program on the node, which may begin with C(%windir%); required with
        O(operation=uninstall).
    type: str
  by:
    description:
      - Who does it. Without it, the relay where it reaches the node, else a person.
    type: str
    choices: [relay, operator]
  node:
    description:
      - The Windows installation. Its C(access) in O(ft_system) says whether the relay reaches it or a person does it.
    type: str
    choices: [coserver1, coserver2, ftvirtual]
    required: true
  deadline_seconds:
    description:
      - Seconds to wait for it. What was begun goes on after them.
    type: int
    required: true
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - legacyops.hotfix.ft
  - legacyops.hotfix.ft.node
  - legacyops.hotfix.host.waiting
notes:
  - "Notice, 5.2: ②–④, ⑬–⑮ (uninstall), ⑲ (install)."
  - The exit codes 0 and 3010 are success; 1618 says that another installation runs, and that nothing was done. Anything
    else is a failure, with the end of the log as evidence; the next run starts it anew.
  - An update counts as there already by its key below C(HotFix) in the registry, and as gone where its uninstall program is
    missing as well. A vendor's package is run each time.
  - Its own reasons are V(waiting_operator), V(refused), V(bad_pin), V(bad_path), V(not_found), V(hash_mismatch),
    V(not_possible), V(installer_busy), V(installer_failed), V(not_started), V(job_gone) and V(deadline).
seealso:
  - module: legacyops.hotfix.restart
"""

EXAMPLES = r"""
- name: Remove KB890859 from the FTvirtual Server
  legacyops.hotfix.update_exe:
    node: ftvirtual
    operation: uninstall
    update: KB890859
    uninstaller: '%windir%\$NtUninstallKB890859$\spuninst\spuninst.exe'
    deadline_seconds: 3600

- name: Apply it again, once the fix is on all three nodes
  legacyops.hotfix.update_exe:
    node: ftvirtual
    operation: install
    update: KB890859
    package: "{{ legacyops_ft_system.windows_update.package }}"
    sha256: "{{ legacyops_ft_system.windows_update.sha256 }}"
    deadline_seconds: 3600
"""

RETURN = r"""
node:
  description: The node.
  returned: always, unless the arguments are wrong
  type: str
  sample: coserver1
update_id:
  description: The update.
  returned: success
  type: str
  sample: KB890859
operation:
  description: What was done.
  returned: success
  type: str
  sample: uninstall
job:
  description: The name of its job on the node.
  returned: when the relay does it
  type: str
  sample: uninstall-KB890859-0f343b0931126a20f133d67c
exit_code:
  description: The installer's exit code; null where it was not run, or the node was restarted in the middle of it.
  returned: when the relay does it
  type: int
  sample: 3010
explanation:
  description: What the exit code means, in both languages; empty where the node was restarted in the middle of it.
  returned: when the installer has ended
  type: dict
  sample:
    en: Installed; a restart is needed.
    ja: インストールに成功しました。再起動が必要です。
reboot_required:
  description: Whether the installer asked for a restart by its exit code; null where it was not run.
  returned: when the relay does it
  type: bool
  sample: true
found:
  description: Whether it had been there before this run asked for it.
  returned: when the installer has ended
  type: bool
  sample: false
started:
  description: When it began, by the node's clock.
  returned: when the installer has ended
  type: str
  sample: "2026-11-22T14:03:00Z"
ended:
  description: When it ended, by the node's clock.
  returned: when the installer has ended
  type: str
  sample: "2026-11-22T14:04:12Z"
start:
  description:
    - The start of Windows in which the installer was told to run; null where that could not be read. Give it to
      M(legacyops.hotfix.restart) as O(legacyops.hotfix.restart#module:since), so that the node is restarted once however often
      both tasks are run.
  returned: when the installer has ended
  type: dict
  sample: {start_record: 47903, last_boot: "2026-10-20T18:12:09Z", clock_utc: "2026-11-22T04:58:31Z"}
connection_losses:
  description: How often the relay or the node did not answer meanwhile.
  returned: when the installer has ended
  type: int
  sample: 0
log:
  description: The installer's log; null where there is none or it could not be read.
  returned: when the installer has ended
  type: dict
  contains:
    exists:
      description: Whether there is a log.
      returned: when the installer has ended
      type: bool
      sample: true
    size:
      description: Its size in bytes.
      returned: when the installer has ended
      type: int
      sample: 18212
    matches:
      description: Always empty.
      returned: when the installer has ended
      type: list
      elements: str
      sample: []
    tail:
      description: Its end.
      returned: when the installer has ended
      type: str
      sample: "0.500: KB890859 Uninstallation finished"
evidence:
  description: Who says that it is done.
  returned: when a person did it
  type: str
  sample: Sato says so
elapsed:
  description: Seconds that it took.
  returned: when the installer has ended
  type: int
  sample: 231
instruction:
  description: What a person is to do.
  returned: when a person is to do it
  type: dict
  sample:
    en: Apply WindowsServer2003-KB890859-x86-JPN.exe to CoServer1; its SHA-256 must be 0F34….
    ja: CoServer1 に WindowsServer2003-KB890859-x86-JPN.exe を適用してください(SHA-256 が 0F34… であることを確認)。
reason:
  description: Why it failed.
  returned: when it failed
  type: str
  sample: installer_failed
"""
