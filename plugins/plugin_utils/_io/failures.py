# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the failures of a connection plugin.

By exception class, HTTP status and WS-Man fault code, and by the English texts of the controller's
own libraries (see connection_faults); never by the host's texts, which are localised.
"""

from __future__ import annotations

import os
import re
from typing import Final

from . import connection_faults
from .watchdog import DeadlineExceeded
from .winrm import SHELL_QUOTA
from .wire import RemoteError

# Codes of wsmerror.h.
_QUOTAS = {
    SHELL_QUOTA: "more shells than MaxShellsPerUser allows are open",
    0x803381A6: "more operations than MaxConcurrentOperationsPerUser allows are running",
    0x803381A7: "the user's quota of requests is used up",
    0x803381A8: "the whole service's quota of requests is used up",
    0x803381AB: "more users than MaxConcurrentUsers allows have a shell open",
    0x80338026: "a message is larger than MaxEnvelopeSizekb",
    0x80338035: "a message is larger than MaxEnvelopeSizekb",
}
_QUOTA_SUBCODES = ("QuotaLimit", "EncodingLimit")
_ACCESS_DENIED = 5
_OPERATION_TIMEOUT = 0x80338029
_PROXY_WANTS_LOGON = 407

_FAULT_CODE = re.compile(r"'wsmanfault_code': '?([0-9]+)")
_FAULT_SUBCODE = re.compile(r"'fault_subcode': '(?:\w+:)?(\w+)'")
_HTTP_CODE = re.compile(r"Code ([0-9]{3})\b")
# Not of an SSLError, whose number is OpenSSL's library and no error of the system.
_ERRNO = re.compile(r"(?:\[Errno |(?:OS|Timeout|Connection\w*)Error\()([0-9]+)")
# What ansible-core makes of a 401, after the transport that met it.
_REJECTED = re.compile(r"(\w+): the specified credentials were rejected", re.IGNORECASE)
_REJECTED_ALONE = re.compile(r"credentials were rejected", re.IGNORECASE)
_WITHOUT_NEGOTIATION = ("basic", "plaintext", "ssl")
_TIMED_OUT = re.compile(r"Read timed out|attempt timed out|Operation\s+timed\s+out", re.IGNORECASE)
# An error of krb5 within an error of GSSAPI, as pykerberos shows it: (text, number).
_KRB5_CODE = re.compile(r",\s*(-?[0-9]{6,})\)\)")
# Reasons that mean: this account with this password is wrong, wherever it is tried.
REFUSALS: Final = frozenset(
    {"authentication_refused", "account_locked", "password_expired", "share_refused"}
)


def connection_failure(failure: BaseException, seconds: float) -> RemoteError:
    """The RemoteError that says what an exception of the connection means.

    failure: what was raised. Its cause comes first in the verdict: tidying up on a dead
        line often raises something less telling over it.
    seconds: the deadline of the attempt.
    """
    chain = _chain(failure)
    if any(isinstance(link, DeadlineExceeded) for link in chain):
        return _timeout(f"gave no answer within {seconds:g} seconds")
    named = [verdict for verdict in map(_named, chain) if verdict is not None]
    # Every fault comes with HTTP status 500, which pywinrm raises first: alone it says nothing.
    telling = [v for v in named if v.detail.get("http_status") != 500 or v.detail.get("code")]
    if named:
        return (telling or named)[0]
    return RemoteError(
        "unreachable",
        f"No connection to the host's WinRM service{_system_error(failure)}.",
        "Check the host's power, network and WinRM service, then run again.",
        {"exception": type(failure).__name__, "said": _first_line(failure)},
    )


def _chain(failure: BaseException) -> list[BaseException]:
    """The exception and what led to it, the origin first."""
    links: list[BaseException] = []
    link: BaseException | None = failure
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links[::-1]


def _named(link: BaseException) -> RemoteError | None:
    """A verdict on one exception, or None where it does not say enough."""
    text = str(link).split("\nstdout:", maxsplit=1)[0]  # what follows is the host's
    name = type(link).__name__
    code = _number(_FAULT_CODE, text)
    subcode = _FAULT_SUBCODE.search(text)
    http = _number(_HTTP_CODE, text)
    if code in _QUOTAS or http == 413 or (subcode and subcode[1] in _QUOTA_SUBCODES):
        return _quota(code)
    if code == _OPERATION_TIMEOUT or name == "WinRMOperationTimeoutError":
        return _timeout("did not finish a WinRM operation in time")
    if code == _ACCESS_DENIED:
        return RemoteError(
            "not_administrator",
            "The host knows the account but denies it access.",
            "Make it an administrator there (a local one also needs LocalAccountTokenFilterPolicy"
            " 1 where its User Account Control filters remote tokens).",
        )
    rejected = _rejected(name, text, http)
    if rejected is not None:
        return rejected
    from_controller = code is None and http in (None, _PROXY_WANTS_LOGON)
    if from_controller and (fault := _fault(text)) is not None:
        return fault
    if code is not None or http is not None:
        return RemoteError(
            "unreachable",
            f"The host's WinRM service answers with {_fault_name(code, http)}.",
            "Look the code up in the host's WinRM event log.",
            {"code": code, "http_status": http},
        )
    if name == "ReadTimeout" or _TIMED_OUT.search(text):
        return _timeout("did not answer in time")
    return None


def _rejected(name: str, text: str, http: int | None) -> RemoteError | None:
    """The verdict on credentials that the host itself has rejected, or None."""
    transports = [transport.lower() for transport in _REJECTED.findall(text)]
    # A setting that pywinrm misses is raised as the same class, before anything is asked.
    by_class = name in ("InvalidCredentialsError", "BasicAuthDisabledError")
    said = transports or http == 401 or _REJECTED_ALONE.search(text)
    if not said and (not by_class or _fault(text) is not None):
        return None
    if transports and set(transports) == {"kerberos"}:
        return RemoteError(
            "ticket_refused",
            "The host rejects the Kerberos ticket.",
            "Look whether the host is in the domain and its clock is right, whether its SPN belongs"
            " to another account (setspn -L), and whether the account is an administrator there.",
        )
    if transports and set(transports) <= set(_WITHOUT_NEGOTIATION):
        return _refused(
            f"The host rejects the credentials, or the transport {transports[0]} (Basic), which"
            " hosts do not allow by default"
        )
    return _refused("The host rejects the credentials")


def _fault(text: str) -> RemoteError | None:
    """The verdict on what the controller's libraries say, or None."""
    krb5 = _krb5_code(text)
    for fault in connection_faults.EVERY:
        match = fault.match(text)
        if krb5 in fault.codes or match:
            said = (match.groupdict().get("said") if match else None) or "no more is said"
            sentence = fault.sentence.format(said=_line(said))
            return RemoteError(fault.reason, sentence, fault.remedy, {"said": _line(text)})
    return None


def no_password() -> RemoteError:
    """The verdict on an empty password: sent, it would be a bad logon."""
    fault = connection_faults.NO_PASSWORD
    return RemoteError(fault.reason, fault.sentence, fault.remedy)


def _krb5_code(text: str) -> int | None:
    """The error number of krb5, which some builds show unsigned."""
    match = _KRB5_CODE.search(text)
    if match is None:
        return None
    number = int(match[1]) & 0xFFFFFFFF
    return number - 2**32 if number >= 2**31 else number


def wrong_connection(transport: str) -> RemoteError:
    """The verdict on a connection plugin that is not winrm.

    transport: its own name.
    """
    why = {
        "ssh": " (Ansible's own choice where nothing is set)",
        "psrp": " (PowerShell remoting, which this collection does not use)",
    }
    return RemoteError(
        "wrong_connection",
        f"The connection is {transport}{why.get(transport, '')}, and only winrm reaches such a"
        " host.",
        "Set ansible_connection: winrm.",
        {"transport": transport},
    )


def _quota(code: int | None) -> RemoteError:
    what = _QUOTAS.get(code or 0, "a message or a count is above a quota of the service")
    return RemoteError(
        "winrm_quota",
        f"WinRM refuses: {what}.",
        "Wait until other sessions have ended, or raise that quota in winrm/config.",
        {"code": code},
    )


def _refused(what: str) -> RemoteError:
    return RemoteError(
        "authentication_refused",
        f"{what}.",
        "Check ansible_user, ansible_password and ansible_winrm_transport (ntlm or kerberos),"
        " and that the account is an administrator there.",
    )


def _timeout(what: str) -> RemoteError:
    return RemoteError(
        "timeout",
        f"The host {what}.",
        "Look whether it hangs or is very busy, then run again.",
    )


def _system_error(failure: BaseException) -> str:
    """The controller's own error number in words, where the text carries one."""
    text = str(failure)
    match = _ERRNO.search(text)
    if match:
        return f" ({os.strerror(int(match[1]))})"
    return " any more (it was cut)" if "Connection aborted" in text else ""


def _fault_name(code: int | None, http: int | None) -> str:
    return f"fault 0x{code:08X}" if code is not None else f"HTTP status {http}"


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.search(text)
    return int(match[1]) if match else None


def _first_line(failure: BaseException) -> str:
    """The beginning of an exception's text, as part of a sentence."""
    return _line(str(failure)) or type(failure).__name__


def _line(text: str) -> str:
    """The beginning of a library's text, as part of a sentence."""
    text = " ".join(text.split())
    return "".join(c for c in text if c.isprintable())[:300].rstrip(".")


def is_passing(error: RemoteError) -> bool:
    """Whether the same question, asked again later, may well be answered.

    Not refused credentials: asking again locks the account.
    """
    passing: Final = {
        "unreachable",
        "timeout",
        "winrm_quota",
        "output_truncated",
        "output_foreign",
        "memory_quota",
    }
    return error.reason in passing or error.reason in connection_faults.PASSING


def is_unclear(error: RemoteError) -> bool:
    """Whether what was asked for may have happened all the same."""
    return is_passing(error) or error.reason in ("node_unreachable", "deadline")
