# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The traps on the way to a node, as far as the text of the relay's scripts tells of them.

That they run on a real relay is not shown here; see docs/first-run-on-real-hardware.md.
"""

from __future__ import annotations

import base64
import re

import pytest
from test_scripts import code_of, constant, read

RELAY = ["ft/common", "ft/act", "ft/observe"]
BOOT = constant(read("ft/common"), "NodeBoot")
WRAPPER = constant(read("ft/act"), "WrapperSource")
# The statements of the wrapper, without its blank lines.
STATEMENTS = [line.strip() for line in WRAPPER.splitlines() if line.strip()]


def body(name: str, function: str) -> str:
    """The code of one function of a script."""
    (found,) = re.findall(rf"(?ms)^function {function}\b.*?^\}}$", code_of(name))
    return found


def at(statement: str) -> int:
    """Where the one statement of the wrapper is that begins so."""
    (found,) = [i for i, line in enumerate(STATEMENTS) if line.startswith(statement)]
    return found


class TestPasswords:
    @pytest.mark.parametrize("name", RELAY)
    def test_no_program_gets_one_on_its_command_line(self, name: str) -> None:
        code = code_of(name)
        assert not re.search(r"(?i)\bnet use\b|WScript\.Network|MapNetworkDrive|PsExec|runas", code)
        assert not re.search(r"(?i)Invoke-Program|Win32_Process'?\)? 'Create'", code)

    def test_a_childs_command_line_is_constant(self) -> None:
        lines = re.findall(r"(?m)^.*\$start\.Arguments.*$", code_of("ft/common"))
        assert [line.strip() for line in lines] == [
            "$start.Arguments = '-NoProfile -NonInteractive -ExecutionPolicy Unrestricted "
            "-EncodedCommand ' + $command"
        ]
        (command,) = re.findall(r"(?m)^\s*\$command = (.*)$", code_of("ft/common"))
        assert re.findall(r"\$\w+", command) == ["$NodeBoot"]
        for name in RELAY:
            assert len(re.findall(r"Process\]::Start\(|ProcessStartInfo", code_of(name))) == (
                2 if name == "ft/common" else 0
            )

    def test_a_childs_command_line_is_short(self) -> None:
        encoded = base64.b64encode(BOOT.encode("utf-16-le")).decode()
        assert len(encoded) < 2047

    def test_they_reach_a_share_and_wmi_in_memory_only(self) -> None:
        uses = [
            line.strip()
            for name in RELAY
            for line in code_of(name).splitlines()
            if "'password'" in line
        ]
        assert sorted(uses) == [
            "$options.Password = [string]$Node['password']",
            "try { [LegacyOps.Share]::Open($share, $Type, [string]$Node['username'],"
            " [string]$Node['password']) }",
        ]
        source = constant(read("ft/common"), "ShareSource")
        assert "WNetAddConnection2W" in source


class TestAChildForEachNode:
    def test_its_boot_takes_no_data_into_its_code(self) -> None:
        assert BOOT.count("[scriptblock]::Create") == 1
        assert not re.search(r"(?i)Invoke-Expression|\biex\b|password", BOOT)
        for name in RELAY:
            assert len(re.findall(r"\$NodeBoot\b", read(name))) == (2 if name == "ft/common" else 0)

    def test_a_byte_order_mark_before_its_first_line_is_skipped(self) -> None:
        (pattern,) = re.findall(r"-match '\\A(.*)\\z'", BOOT)
        assert not re.fullmatch(pattern, "\ufeff")
        assert re.fullmatch(pattern, base64.b64encode(b"text").decode())
        assert body("ft/common", "Get-ChildInput").index('"`r`n"') < body(
            "ft/common", "Get-ChildInput"
        ).index("$Legacy.Code")

    @pytest.mark.parametrize("name", ["ft/act", "ft/observe"])
    def test_port_135_is_probed_before_it_is_started(self, name: str) -> None:
        parent = body("ft/act", "Invoke-Script") if name == "ft/act" else body(name, "Read-Nodes")
        started = "Start-NodeChild" if name == "ft/act" else "Start-NodeReading"
        assert parent.index("Complete-Probe") < parent.index(started)
        assert "135" in body("ft/common", "Start-Probe")

    @pytest.mark.parametrize("name", RELAY)
    def test_only_a_child_touches_wmi(self, name: str) -> None:
        """Get-WmiObject and the like have no limit of time, so the parent never calls them."""
        code = code_of(name)
        assert "Get-WmiObject" not in code
        callers = [
            function
            for function in re.findall(r"(?m)^function ([\w-]+)", code)
            if "Connect-Node " in body(name, function).split("{", 1)[1]
        ]
        assert callers == (["Invoke-NodeWork"] if name in ("ft/act", "ft/observe") else [])

    def test_it_is_killed_at_its_deadline_and_its_half_answer_is_no_answer(self) -> None:
        waiting = body("ft/common", "Wait-NodeChildren")
        assert re.search(
            r"TotalSeconds -ge \$child\.seconds\) \{ Stop-NodeChild \$child \}", waiting
        )
        answer = body("ft/common", "Get-NodeAnswer")
        assert answer.index("$Child.killed") < answer.index("[regex]::Match")
        # The number of bytes tells a cut answer from a whole one.
        assert "[string]$bytes.Length -eq $match.Groups[1].Value" in answer

    @pytest.mark.parametrize("name", RELAY)
    def test_nothing_else_is_ever_killed(self, name: str) -> None:
        code = code_of(name)
        assert not re.search(r"(?i)Stop-Process|\.Terminate|taskkill|'Terminate'", code)
        assert code.count(".Kill()") == (1 if name == "ft/common" else 0)


class TestScheduledJob:
    def test_it_starts_at_least_two_minutes_ahead_of_the_nodes_own_clock(self) -> None:
        register = body("ft/act", "Register-ScheduledJob")
        assert "$now = [string]$Context.os.LocalDateTime" in register
        (text,) = re.findall(r"\$begin = \$local(.*)", register)
        assert text == ".AddSeconds(-$local.Second).AddMinutes(3)"
        ahead = [3 * 60 - second for second in range(60)]
        assert min(ahead) > 120
        assert "RunRepeatedly = $false" in register

    def test_the_wrapper_looks_at_state_and_expiry_and_claims_before_it_runs_anything(self) -> None:
        order = [
            at('If shell.RegRead(key & "State") <> "waiting" Then WScript.Quit'),
            at('If UtcNow() > shell.RegRead(key & "Expires") Then'),
            at("Set claim = files.CreateTextFile("),
            at("If Err.Number <> 0 Then WScript.Quit 93"),
            at('shell.RegWrite key & "Started"'),
            at('shell.RegWrite key & "State", "running"'),
            at('code = shell.Run(shell.RegRead(key & "Command"), 0, True)'),
            at('shell.RegWrite key & "ExitCode"'),
            at('shell.RegWrite key & "State", "finished"'),
        ]
        assert order == sorted(order)
        assert WRAPPER.count("shell.Run(") == 1
        # CreateTextFile(name, overwrite): where the claim is there already, it fails.
        claim = STATEMENTS[at("Set claim = ")]
        assert claim.endswith('".claim"), False)')

    def test_the_wrapper_is_constant_text_that_runs_no_text(self) -> None:
        assert not re.search(r"(?i)\b(Execute|ExecuteGlobal|Eval|GetRef)\b", WRAPPER)
        assert "'" not in WRAPPER
        uses = re.findall(r"(?m)^.*\$WrapperSource.*$", code_of("ft/act"))
        assert len(uses) == 1
        assert re.search(r"GetBytes\(\$WrapperSource\.Replace\(", uses[0])
        assert WRAPPER.isascii()

    def test_the_wrapper_needs_nothing_that_windows_2000_lacks(self) -> None:
        assert set(re.findall(r'CreateObject\("([\w.]+)"\)', WRAPPER)) == {
            "WScript.Shell",
            "Scripting.FileSystemObject",
        }
        assert not re.search(r"(?i)\b(reg|sc|schtasks|wmic|powershell)(\.exe)?\s", WRAPPER)

    def test_its_blocks_are_closed(self) -> None:
        opened = [s for s in STATEMENTS if re.match(r"If .* Then$|Function \w+\(", s)]
        closed = [s for s in STATEMENTS if s in ("End If", "End Function")]
        assert len(opened) == len(closed) == 3
        for line in STATEMENTS:
            assert line.count('"') % 2 == 0
            assert line.count("(") == line.count(")")

    def test_one_that_has_not_begun_in_time_is_taken_out_and_looked_for_again(self) -> None:
        removal = body("ft/act", "Remove-ScheduledJobs")
        assert removal.count("Get-ScheduledJobs $Context $Name") == 2
        assert "Stop-Run 'refused'" in removal
        live = body("ft/act", "Get-LiveJob")
        assert live.index("Remove-ScheduledJobs") < live.index("Clear-JobRecord")
        # Its record goes last: as long as it is there, nothing is started anew.
        clear = body("ft/act", "Clear-JobRecord")
        assert clear.index("Remove-ScheduledJobs") < clear.index("'DeleteKey'")

    def test_its_state_is_written_last_when_it_is_made(self) -> None:
        made = re.findall(r"Set-JobValue \$Context \$name '(\w+)'", body("ft/act", "New-JobRecord"))
        assert made[-1] == "State"
        read_by_wrapper = re.findall(r'RegRead\(key & "(\w+)"\)', WRAPPER)
        assert set(read_by_wrapper) <= set(made)

    def test_the_command_lines_limit_of_windows_2000(self) -> None:
        line = body("ft/act", "Get-CommandLine")
        assert "2047" in line
        assert "StartsWith('5.0.')" in line
        assert "Stop-Run 'refused' ('the command line has '" in line

    def test_a_restart_and_a_shutdown_are_refused_while_a_job_is_at_work(self) -> None:
        down = body("ft/act", "Invoke-Win32Shutdown")
        assert (
            down.index("start_record") < down.index("Assert-NoJob") < down.index("'Win32Shutdown'")
        )


class TestReadings:
    def test_events_have_a_bound_in_time_and_number(self) -> None:
        assert "TimeGenerated >= '''" in body("ft/observe", "Find-NodeEvents")
        assert "$list.Count -ge 5000" in body("ft/common", "Get-NodeInstances")
        assert "$list.Count -lt 5000" in body("ft/observe", "Find-RpcEvents")

    def test_an_entrys_own_time_decides_whether_it_is_asked_for(self) -> None:
        """WQL may compare times as text; so it is asked for more, and each is looked at."""
        assert "$Since.AddDays(-1)" in body("ft/observe", "Find-NodeEvents")
        events = body("ft/observe", "Read-NodeEvents")
        assert events.index("$time -lt $since") < events.index("$entries.Add")
        assert "$cut = $more -or" in events

    @pytest.mark.parametrize("name", RELAY)
    def test_no_name_gets_into_a_query(self, name: str) -> None:
        queries = re.findall(r"'SELECT [^\n]*", code_of(name))
        assert {variable for text in queries for variable in re.findall(r"\+ (\$\w+)", text)} <= {
            "$bound"
        }

    @pytest.mark.parametrize("name", RELAY)
    def test_the_registry_is_read_without_tools(self, name: str) -> None:
        assert not re.search(r"(?i)reg\.exe|Start-Service|\.Start\(\)", code_of(name))

    def test_a_part_that_failed_is_null_and_says_why(self) -> None:
        part = body("ft/observe", "Read-NodePart")
        assert "$Data['errors'][$Part] = Get-ErrorText $_" in part
        assert "$Data[$Part] = $null" in part


class TestTheSecondWay:
    """Where WMI fails: .NET 2.0's classes over classic RPC, as the node's own account."""

    def test_only_a_child_goes_it(self) -> None:
        classes = r"OpenRemoteBaseKey|Diagnostics\.EventLog |ServiceController|Connect-NodeShare "
        inside = {"Open-RemoteRegistry", "Find-RpcEvents", "Read-ByRpc", "Open-NodeShare"}
        users = {
            function
            for name in RELAY
            for function in re.findall(r"(?m)^function ([\w-]+)", code_of(name))
            if re.search(classes, body(name, function).split("{", 1)[1])
        }
        assert users == inside
        (caller,) = re.findall(r"(?m)^.*Read-ByRpc .*$", code_of("ft/observe"))
        assert caller in body("ft/observe", "Invoke-NodeWork")

    def test_the_nodes_account_is_known_before_anything_is_asked(self) -> None:
        way = body("ft/observe", "Read-ByRpc")
        assert way.index("Assert-Address") < way.index("'IPC$'") < way.index("Open-RemoteRegistry")
        work = body("ft/observe", "Invoke-NodeWork")
        assert (
            work.index("Read-ByRpc") < work.index("Close-NodeShares") < work.index("Connect-Node ")
        )

    def test_an_account_that_wmi_refused_is_not_tried_again(self) -> None:
        assert "$said.StartsWith('access_denied:')) { return ,$open }" in body(
            "ft/observe", "Get-OpenParts"
        )

    def test_what_it_cannot_tell_stays_unknown(self) -> None:
        system = body("ft/observe", "Read-RpcSystem")
        for part in ("start_record", "last_boot", "machine_uuid", "clock_utc"):
            assert f"{part} = $null" in system
        job = body("ft/common", "Get-NodeJob")
        assert job.index("Test-SecondWay $Scope") < job.index("'ExitCode'")

    def test_a_registry_that_does_not_answer_costs_no_event(self) -> None:
        assert "($part -ne 'events')" in body("ft/observe", "Read-ByRpc")
        assert "RemoteRegistry" in body("ft/observe", "Open-RemoteRegistry")

    def test_values_are_read_as_they_stand(self) -> None:
        assert "DoNotExpandEnvironmentNames" in body("ft/common", "Get-RemoteValue")


class TestOwner:
    def test_a_record_is_read_and_written_under_one_exclusive_handle(self) -> None:
        assert "[System.IO.FileShare]::None" in body("common", "Open-Owner")
        act = body("owner", "Invoke-OwnerAct")
        assert act.index("Read-OwnerText $Stream") < act.index("Write-OwnerText")
        assert not re.search(r"(?i)File\]::(Delete|Move|WriteAll)", code_of("owner"))

    def test_a_new_record_is_cut_to_its_length_only_after_it_was_written(self) -> None:
        write = body("owner", "Write-OwnerText")
        assert write.index(".Write(") < write.index(".Flush()") < write.index("SetLength")

    def test_it_never_expires(self) -> None:
        assert not re.search(r"(?i)expire|LastWriteTime|AddMinutes|AddHours", code_of("owner"))
