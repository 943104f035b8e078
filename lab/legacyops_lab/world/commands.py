"""Command lines of a remote shell, and what the host says to those that it does not know."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncIterator
from xml.sax.saxutils import escape

from legacyops_lab import wrapper

from . import known, scripts
from .console import Console, Write, remember
from .host import OUT_OF_MEMORY_EXITS, Host
from .services import IMA
from .texts import text
from .updates import DENIED

POWERSHELL_START_SECONDS = 1.0
POWERSHELL_MB = 60
NOT_FOUND = 1
TOO_OLD_MARK, TOO_OLD_CODE = "LEGACYOPS-POWERSHELL-TOO-OLD\r\n", 91

_POWERSHELL = re.compile(r'(?i)^"?(?:\S*\\)?powershell(?:\.exe)?"?(?:\s|$)')
_ENCODED = re.compile(r"(?i)\s[-/]e(?:ncodedcommand|nc|c)?\s+(\S+)")
_CMD = re.compile(r'(?i)^"?(?:\S*\\)?cmd(?:\.exe)?"?\s+/[ck]\s+(.*)$', re.DOTALL)
_MSIEXEC = re.compile(r'(?i)^(?:&\s*)?"?(?:[^"\s]*\\)?msiexec(?:\.exe)?"?\s+(.*)$', re.DOTALL)
_WUSA = re.compile(r'(?i)^(?:&\s*)?"?(?:[^"\s]*\\)?wusa(?:\.exe)?"?(?:\s|$)')
_EXIT = re.compile(r"(?i)^exit(?:\s+/b)?(?:\s+(-?\d+))?\s*;?$")
_ECHO = re.compile(r"(?i)^(?:echo|write-output)\s+(.*)$", re.DOTALL)
_SC = re.compile(r'(?i)^sc(?:\.exe)?\s+query\s+"?([\w$]+)"?$')
_SC_STATES = {
    "Stopped": (1, "STOPPED"),
    "Start Pending": (2, "START_PENDING"),
    "Stop Pending": (3, "STOP_PENDING"),
    "Running": (4, "RUNNING"),
}


async def run(host: Host, line: str, stdin: AsyncIterator[bytes], write: Write) -> int:
    """Run a command line; return its exit code."""
    console = Console(host, write)
    line = line.strip()
    if _POWERSHELL.match(line):
        return await _powershell(host, line, stdin, console)
    return await _cmd(host, line, console)


async def _powershell(host: Host, line: str, stdin: AsyncIterator[bytes], console: Console) -> int:
    """Start PowerShell, if there is one, with an encoded command."""
    if host.powershell is None:
        console.error(text("not_cmd", host.language, name=_first_word(line)))
        return NOT_FOUND
    host.counters["powershell_starts"] += 1
    await host.pause(POWERSHELL_START_SECONDS)
    if (code := _out_of_memory(host, console)) is not None:
        return code
    command = _decode(line)
    if known.known().get(known.hash_boot(command)) == known.BOOT:
        if host.powershell.startswith("1."):
            console.out(TOO_OLD_MARK)
            return TOO_OLD_CODE
        return await scripts.boot(host, stdin, console)
    answer = wrapper.answer(command, host)
    if answer is not None:
        out, error, code = answer
        console.write("stdout", out)
        console.write("stderr", error)
        return code
    return await _powershell_text(host, command, console)


def _out_of_memory(host: Host, console: Console) -> int | None:
    """Return how PowerShell ends where its shell gives it no more memory, None where it does (H40).

    The fault's `how` is exit (the runtime's exception), startup (a DLL does not load) or message.
    """
    fault = host.take_fault("out_of_memory")
    if fault is None:
        return None if host.shell_memory_mb >= POWERSHELL_MB else OUT_OF_MEMORY_EXITS["exit"]
    how = str(fault.get("how", "exit"))
    if how == "message":
        console.error(text("out_of_memory", host.language))
        return 1
    return OUT_OF_MEMORY_EXITS[how]


def _decode(line: str) -> str:
    """Return the text of an encoded command, or of a plain -Command."""
    match = _ENCODED.search(line)
    if match:
        try:
            return base64.b64decode(match[1], validate=True).decode("utf-16-le")
        except (binascii.Error, UnicodeDecodeError):
            return line
    return re.sub(r"(?i)^.*?\s-c(?:ommand)?\s+", "", line)


async def _powershell_text(host: Host, command: str, console: Console) -> int:
    """Run a PowerShell command that the lab knows."""
    line = known.normalised(command)
    inner = _CMD.match(line)
    if inner:
        return await _cmd(host, inner[1].strip().strip("\"'"), console)
    echoed = _ECHO.match(line)
    if echoed:
        words = [
            quoted or bare for quoted, bare in re.findall(r"[\"']([^\"']*)[\"']|(\S+)", echoed[1])
        ]
        console.out("".join(f"{word}\r\n" for word in words))
        return 0
    if _first_word(line).lower() == "ver":
        code = None
    else:
        code = await _known(host, line, console)
    if code is None:
        remember(host, f"PowerShell: {line}")
        console.error(powershell_error(host, _first_word(line)))
        return 1
    return code


async def _cmd(host: Host, line: str, console: Console) -> int:
    """Run a command of cmd.exe that the lab knows."""
    inner = _CMD.match(line)
    if inner:
        return await _cmd(host, inner[1].strip(), console)
    echoed = _ECHO.match(line)
    if echoed:
        console.out(f"{echoed[1]}\r\n")
        return 0
    if line.lower() == "ver":
        console.out(text("version", host.language))
        return 0
    code = await _known(host, line, console)
    if code is None:
        remember(host, f"cmd: {line}")
        console.error(text("not_cmd", host.language, name=_first_word(line)))
        return NOT_FOUND
    return code


async def _known(host: Host, line: str, console: Console) -> int | None:
    """Run a command that is the same in both shells; None for an unknown one."""
    ended = _EXIT.match(line)
    if ended:
        return int(ended[1] or 0)
    if line.lower() in ("hostname", "hostname.exe"):
        console.out(f"{host.name}\r\n")
        return 0
    if line.lower() in ("whoami", "whoami.exe"):
        user = next(iter(host.users), "administrator")
        console.out(f"{host.name}\\{user.rsplit(chr(92), 1)[-1]}\r\n".lower())
        return 0
    queried = _SC.match(line)
    if queried:
        return _sc_query(host, queried[1], console)
    if _WUSA.match(line):
        return DENIED  # in a remote session (KB2773898)
    patched = _MSIEXEC.match(line)
    if patched:
        return await host.foreground("msiexec", patched[1])
    return None


def _sc_query(host: Host, name: str, console: Console) -> int:
    """Answer `sc query`."""
    service = host.services.get(name)
    if service is None:
        console.out(text("no_service", host.language))
        return 1060
    number, word = _SC_STATES[service.state]
    rows = (
        f"SERVICE_NAME: {IMA if name.lower() == IMA.lower() else name}",
        "        TYPE               : 10  WIN32_OWN_PROCESS  ",
        f"        STATE              : {number}  {word} ",
        f"        WIN32_EXIT_CODE    : {service.exit_code}  (0x{service.exit_code:x})",
        "        SERVICE_EXIT_CODE  : 0  (0x0)",
        "        CHECKPOINT         : 0x0",
        "        WAIT_HINT          : 0x0",
    )
    console.out("\r\n" + "".join(f"{row}\r\n" for row in rows))
    return 0


def powershell_error(host: Host, name: str) -> str:
    """Return what PowerShell says about a name that it does not know, as CLIXML."""
    lines = (
        text("not_powershell", host.language, name=name),
        text("line", host.language),
        f"+ {name} <<<< ",
        f"    + CategoryInfo          : ObjectNotFound: ({name}:String) [], "
        "CommandNotFoundException",
        "    + FullyQualifiedErrorId : CommandNotFoundException",
        " ",
    )
    body = "".join(f'<S S="Error">{escape(line)}_x000D__x000A_</S>' for line in lines)
    return (
        '#< CLIXML\r\n<Objs Version="1.1.0.1" '
        f'xmlns="http://schemas.microsoft.com/powershell/2004/04">{body}</Objs>'
    )


def _first_word(line: str) -> str:
    """Return the name of the command of a line."""
    words = line.split()
    return words[0].strip('"') if words else ""
