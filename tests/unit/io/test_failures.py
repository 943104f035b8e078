# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller's libraries say, word by word, and what it is told as.

Those that need a Kerberos realm were recorded from pywinrm 0.5.0 and pykerberos 1.2.4 over MIT
Kerberos 1.20.1, with a real KDC on a loopback address (tests/integration/test_kerberos.py does so
where these are installed); tests/integration/test_connections.py meets the others for real.
"""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.connection_faults import EVERY
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._io.failures import (
    REFUSALS,
    connection_failure,
    is_passing,
    wrong_connection,
)
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError, WSManFaultError

GSS = "kerberos: authGSSClient{}() failed: (('{}', {}), ({!r}, {}))"
UNSPECIFIED = "Unspecified GSS failure.  Minor code may provide more information"
NONE_GIVEN = "No credentials were supplied, or the credentials were unavailable or inaccessible"


def step(text: str, code: int) -> str:
    return GSS.format("Step", UNSPECIFIED, 851968, text, code)


def kinit(text: str) -> str:
    return f"Kerberos auth failure for principal bob@LAB.TEST: kinit: {text}"


def initial(text: str) -> str:
    return kinit(f"{text} while getting initial credentials")


def https(text: str, kind: str = "SSLError") -> str:
    pool = "ntlm: HTTPSConnectionPool(host='192.0.2.1', port=5986): Max retries exceeded"
    return f"{pool} with url: /wsman (Caused by SSLError({kind}(1, '{text} (_ssl.c:1020)')))"


def verify(text: str) -> str:
    failed = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {text}"
    return https(failed, "SSLCertVerificationError")


KERBEROS = [
    (step("Server HTTP/x@LAB.TEST not found in Kerberos database", -1765328377), "kerberos_spn"),
    (
        step("Server krbtgt/EXAMPLE.ORG@LAB.TEST not found in Kerberos database", -1765328377),
        "kerberos_spn",
    ),
    (step("Ticket expired", -1765328352), "kerberos_ticket_expired"),
    (step("Clock skew too great", -1765328347), "kerberos_clock_skew"),
    (
        step("No credentials found with supported encryption types (filename: /x)", -1765328184),
        "kerberos_encryption",
    ),
    (step("KDC has no support for encryption type", -1765328370), "kerberos_encryption"),
    (
        GSS.format(
            "Init", NONE_GIVEN, 458752, "Can't find client principal a@B in cache", -1765328243
        ),
        "kerberos_no_ticket",
    ),
    # The number decides, whatever language its text is in, and some builds show it unsigned.
    (step("Uhrzeitabweichung zu gross", -1765328347), "kerberos_clock_skew"),
    (step("x", 2529638949), "kerberos_clock_skew"),
    (step("something new", -1765328000), "kerberos"),
    (initial("Password incorrect"), "authentication_refused"),
    (initial("Preauthentication failed"), "authentication_refused"),
    (initial("Client 'bob@LAB.TEST' not found in Kerberos database"), "authentication_refused"),
    (initial("Client's credentials have been revoked"), "account_locked"),
    (initial("Cannot read password"), "password_expired"),
    (initial("KDC has no support for encryption type"), "kerberos_encryption"),
    (initial("Clock skew too great"), "kerberos_clock_skew"),
    (initial("Cannot contact any KDC for realm 'LAB.TEST'"), "kerberos_kdc"),
    (initial('Cannot find KDC for realm "LAB.TEST"'), "kerberos_realm"),
    (
        "Kerberos auth failure when calling kinit cmd 'kinit': [Errno 2] No such file or directory",
        "kinit_missing",
    ),
    ("kerberos: the specified credentials were rejected by the server", "ticket_refused"),
    (
        "kerberos: the specified credentials were rejected by the server,"
        " ntlm: the specified credentials were rejected by the server",
        "authentication_refused",
    ),
]
CONTROLLER = [
    ("ntlm: auth method ntlm requires a password", "no_password"),
    ("ntlm: auth method ntlm requires a username", "no_user"),
    (
        "WinRM Kerberos authentication requested but the python kerberos library is not"
        " installed. Please install the pykerberos library, set a different authentication"
        " method with ansible_winrm_transport, or use a local user account to connect using"
        " basic authentication.",
        "kerberos_missing",
    ),
    (
        "credssp: requests auth method is credssp, but requests-credssp is not installed",
        "credssp_missing",
    ),
    (
        "plaintext: message encryption is set to 'always' but the selected auth method plaintext"
        " does not support it",
        "transport_unencrypted",
    ),
    ("ntlm: invalid server_cert_validation mode: perhaps", "connection_setting"),
    (
        "ntlm: Could not find a suitable TLS CA certificate bundle, invalid path: /none.pem",
        "connection_setting",
    ),
    (
        "The installed version of WinRM does not support transport(s) ['magic']",
        "transport_unknown",
    ),
]
NETWORK = [
    (
        "ntlm: HTTPConnectionPool(host='none.invalid', port=5985): Max retries exceeded with url:"
        " /wsman (Caused by NameResolutionError(\"HTTPConnection(host='none.invalid', port=5985):"
        " Failed to resolve 'none.invalid' ([Errno -2] Name or service not known)\"))",
        "name_unresolved",
    ),
    (
        "ntlm: HTTPConnectionPool(host='127.0.0.1', port=1): Max retries exceeded with url:"
        " http://127.0.0.2:5985/wsman (Caused by ProxyError('Unable to connect to proxy',"
        " NewConnectionError(\"HTTPConnection(host='127.0.0.1', port=1): Failed to establish a new"
        ' connection: [Errno 111] Connection refused")))',
        "proxy",
    ),
    (https("[SSL: WRONG_VERSION_NUMBER] wrong version number"), "https_to_http"),
    # Windows answers with its own version, OpenSSL's servers with an alert (ansible#52316).
    (https("[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol"), "tls_too_old"),
    (https("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version"), "tls_too_old"),
    (https("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure"), "tls_refused"),
    (
        https("[SSL: UNSAFE_LEGACY_RENEGOTIATION_DISABLED] unsafe legacy renegotiation disabled"),
        "tls_refused",
    ),
    (https("[SSL: SOMETHING_NEW] something new"), "tls_refused"),
    (verify("self-signed certificate"), "certificate_untrusted"),
    (verify("self signed certificate"), "certificate_untrusted"),
    (verify("unable to get local issuer certificate"), "certificate_untrusted"),
    (verify("Missing Authority Key Identifier"), "certificate_untrusted"),
    (verify("certificate has expired"), "certificate_expired"),
    (verify("certificate is not yet valid"), "certificate_not_yet_valid"),
    (verify("EE certificate key too weak"), "certificate_weak"),
    (verify("CA signature digest algorithm too weak"), "certificate_weak"),
    (
        verify("Hostname mismatch, certificate is not valid for \\'xa01\\'."),
        "certificate_name",
    ),
    (verify("IP address mismatch, certificate is not valid for \\'::1\\'."), "certificate_name"),
]


@pytest.mark.parametrize(("text", "reason"), [*KERBEROS, *CONTROLLER, *NETWORK])
def test_what_the_libraries_say(text: str, reason: str) -> None:
    for kind in (AnsibleConnectionFailure, AnsibleError):
        error = connection_failure(kind(text), 30)
        assert error.reason == reason
        assert "{" not in error.message + error.remedy
        assert "Operation not permitted" not in error.message
        assert "No such file" not in error.message


def test_what_is_missed_before_anything_is_asked_is_no_refusal() -> None:
    error = connection_failure(InvalidCredentialsError("auth method ntlm requires a password"), 30)
    assert error.reason == "no_password"
    assert connection_failure(InvalidCredentialsError("x"), 30).reason == "authentication_refused"


def test_a_host_cannot_put_words_into_the_controllers_mouth() -> None:
    said = "Ticket expired, SSLError, ProxyError: x is not installed"
    fault = WSManFaultError(500, "Bad HTTP response", "", said, "s:Receiver", None, 0x80338000)
    assert (
        connection_failure(AnsibleConnectionFailure(f"ntlm: {fault}"), 30).reason == "unreachable"
    )
    failure = AnsibleError(f"winrm send_input failed; \nstdout: {said}\nstderr {said}")
    assert connection_failure(failure, 30).reason == "unreachable"
    page = WinRMTransportError("http", 503, said)
    assert connection_failure(page, 30).reason == "unreachable"
    assert connection_failure(WinRMTransportError("http", 407, ""), 30).reason == "proxy"


@pytest.mark.parametrize("text", ["basic: the specified credentials were rejected by the server"])
def test_basic_may_be_what_is_refused(text: str) -> None:
    error = connection_failure(AnsibleConnectionFailure(text), 30)
    assert error.reason == "authentication_refused"
    assert "Basic" in error.message


def test_no_wrong_credential_ticket_or_certificate_passes() -> None:
    passing = {fault.reason for fault in EVERY if fault.passing}
    assert passing == {"name_unresolved", "kerberos_kdc"}
    texts = [text for text, reason in [*KERBEROS, *CONTROLLER, *NETWORK] if reason not in passing]
    assert not any(is_passing(connection_failure(AnsibleError(text), 30)) for text in texts)
    assert {reason for _, reason in KERBEROS} >= REFUSALS - {"share_refused"}


@pytest.mark.parametrize("transport", ["ssh", "psrp", "local", "paramiko"])
def test_another_connection_is_named(transport: str) -> None:
    error = wrong_connection(transport)
    assert transport in error.message
    assert error.remedy == "Set ansible_connection: winrm."
    assert not is_passing(error)
