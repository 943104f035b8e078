# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a connection fails before a host's WinRM service has said anything of its own: as data.

Each fault knows what the controller's libraries say of it, and its reason, sentence and remedy.
The texts are those of pywinrm 0.5, requests 2.34 with urllib3 2.8, ansible-core 2.16 to 2.21,
OpenSSL 1.1.1 to 3.0 and pykerberos 1.2.4 over MIT Kerberos 1.20, as they were met; none of them is
localised (ansible-core starts kinit without any locale). The order matters: the first one counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    says: a regular expression on the exception's text; its group ``said`` may be quoted.
    reason: one word for programs.
    sentence: for people; ``{said}`` is the library's own word.
    remedy: for people: what to do about it.
    passing: whether the same attempt may well succeed later, with nothing changed.
    codes: error codes of krb5 (krb5.h) that mean this.
    """

    says: str
    reason: str
    sentence: str
    remedy: str
    passing: bool = False
    codes: frozenset[int] = field(default_factory=frozenset)

    def match(self, text: str) -> re.Match[str] | None:
        """Where the text says this, or None."""
        return re.search(self.says, text, re.IGNORECASE)


_ENCRYPTED_HTTP = (
    "ansible_winrm_scheme http (port 5985) with ansible_winrm_transport ntlm or kerberos, which"
    " encrypt their messages themselves"
)
_VERIFY = r"CERTIFICATE_VERIFY_FAILED\W+certificate verify failed: (?P<said>[^(]*{}[^(]*?)\.? *\("

NO_PASSWORD = Fault(
    r"requires a password|No username or password was specified",
    "no_password",
    "No password is given for this host, so it was not asked.",
    "Set ansible_password (from a vault), or use Kerberos with a ticket"
    " (ansible_winrm_transport: kerberos).",
)

SETTINGS = (
    NO_PASSWORD,
    Fault(
        r"requires a username",
        "no_user",
        "No user is given for this host, so it was not asked.",
        "Set ansible_user, as DOMAIN\\user, or .\\user for an account of the host itself.",
    ),
    Fault(
        r"python kerberos library is not installed|pykerberos is not installed",
        "kerberos_missing",
        "The controller's Python has no Kerberos library.",
        "Install it with the extra kerberos (pip install 'legacyops-hotfix[kerberos]'; it is built"
        " on the spot and needs gcc and libkrb5-dev or krb5-devel), or use"
        " ansible_winrm_transport ntlm.",
    ),
    Fault(
        r"requests-credssp is not installed",
        "credssp_missing",
        "The controller's Python has no CredSSP library.",
        "Install it with the extra credssp (pip install 'legacyops-hotfix[credssp]'), or use"
        " ansible_winrm_transport ntlm; nothing here needs the delegation that CredSSP is for.",
    ),
    Fault(
        r"is set to 'always' but the selected auth method (?P<said>\w+)",
        "transport_unencrypted",
        "The transport {said} cannot encrypt messages, and they have to be.",
        "Use ansible_winrm_transport ntlm or kerberos.",
    ),
    Fault(
        r"(?P<said>(?:invalid server_cert_validation mode|invalid message_encryption arg|both"
        r" cert_pem and|cert_(?:key_)?pem file not found|Could not find a suitable TLS CA"
        r" certificate bundle|Could not find the TLS|invalid truth value)[^,]*)",
        "connection_setting",
        "A setting of the connection is wrong: {said}.",
        "Correct that ansible_winrm_ variable.",
    ),
    Fault(
        r"does not support transport|No transport found|unsupported auth method",
        "transport_unknown",
        "The controller's pywinrm has no such transport.",
        "Set ansible_winrm_transport to ntlm or kerberos.",
    ),
    Fault(
        r"(?P<said>\w+)(?: or \w+)* is not installed",
        "controller",
        "The controller's Python lacks {said}, which the connection needs.",
        "Install it into the Python that runs this ansible-playbook.",
    ),
)

# The proxy comes first: what is wrong with the way to it is not wrong with the host.
NETWORK = (
    Fault(
        r"ProxyError|Unable to connect to proxy|Tunnel connection failed|Code 407\b",
        "proxy",
        "The controller asks through a proxy, which does not lead to the host.",
        "Take the host out with no_proxy, or unset http_proxy and https_proxy for this run;"
        " ansible_winrm_proxy names another one.",
    ),
    Fault(
        r"NameResolutionError|Failed to resolve|gaierror|Name or service not known|"
        r"Temporary failure in name resolution|No address associated|nodename nor servname",
        "name_unresolved",
        "The controller cannot resolve the host's name.",
        "Correct ansible_host (or the inventory name), or look at the controller's name service.",
        passing=True,  # a name service that is down comes back
    ),
)

TLS = (
    Fault(
        r"WRONG_VERSION_NUMBER|\[SSL: HTTP_REQUEST\]|\[SSL\] record layer failure",
        "https_to_http",
        "The host's port speaks http, and was asked in https.",
        "Set ansible_winrm_scheme: http (every port but 5985 means https without it), or the port"
        " of the https listener.",
    ),
    Fault(
        r"UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|\[SSL: UNKNOWN_PROTOCOL\]",
        "tls_too_old",
        "The host speaks no TLS that this controller's OpenSSL and urllib3 still do: 1.2 or later.",
        f"Use {_ENCRYPTED_HTTP}; or bring TLS 1.2 to the host (Windows Server 2008 SP2: KB4019276"
        " and its registry values).",
    ),
    Fault(
        r"\[SSL: (?P<said>SSLV3_ALERT_HANDSHAKE_FAILURE|UNSAFE_LEGACY_RENEGOTIATION_DISABLED|"
        r"DH_KEY_TOO_SMALL|NO_SHARED_CIPHER|WRONG_SIGNATURE_TYPE|WRONG_CIPHER_RETURNED|"
        r"LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED|INSUFFICIENT_SECURITY|"
        r"UNEXPECTED_EOF_WHILE_READING|EE_KEY_TOO_SMALL)|SSLEOFError",
        "tls_refused",
        "Host and controller find no TLS that both of them do ({said}).",
        "Look whether a certificate is bound to the listener and which cipher suites the host has;"
        f" or use {_ENCRYPTED_HTTP}.",
    ),
    Fault(
        _VERIFY.format("has expired"),
        "certificate_expired",
        "The certificate of the host's https listener has expired.",
        f"Give the listener a new one, or use {_ENCRYPTED_HTTP}.",
    ),
    Fault(
        _VERIFY.format("not yet valid"),
        "certificate_not_yet_valid",
        "The certificate of the host's https listener is not valid yet.",
        "Look at the controller's clock first, then at the certificate.",
    ),
    Fault(
        _VERIFY.format(r"(?:too weak|too small|md too weak)"),
        "certificate_weak",
        "The certificate of the host's https listener is too weak for this controller's OpenSSL"
        " ({said}).",
        "Give the listener one with a key of 2048 bits and a signature with SHA-256, or use"
        f" {_ENCRYPTED_HTTP}.",
    ),
    Fault(
        _VERIFY.format("mismatch"),
        "certificate_name",
        "The certificate of the host's https listener is not for the name that was asked ({said}).",
        "Set ansible_host to a name that stands in the certificate.",
    ),
    Fault(
        r"CERTIFICATE_VERIFY_FAILED(?:\W+certificate verify failed: (?P<said>[^(]*?)\.? *\()?",
        "certificate_untrusted",
        "The controller does not trust the certificate of the host's https listener ({said}).",
        "Set ansible_winrm_ca_trust_path to the certificate (or its authority's) in PEM, after"
        f" comparing it on the host; or use {_ENCRYPTED_HTTP}.",
    ),
    Fault(
        r"SSLError|\[SSL[:\]]",
        "tls_refused",
        "The TLS handshake with the host failed.",
        f"Look at the result's detail; or use {_ENCRYPTED_HTTP}.",
    ),
)

KERBEROS = (
    Fault(
        r"credentials have been revoked",
        "account_locked",
        "The domain has locked or disabled the account.",
        "Have it unlocked, and find out what locked it, before anything is asked with it again.",
        codes=frozenset({-1765328366}),
    ),
    Fault(
        r"Password has expired|Cannot read password while getting initial credentials",
        "password_expired",
        "The account's password has expired.",
        "Set a new one, and ansible_password with it.",
        codes=frozenset({-1765328361}),
    ),
    Fault(
        r"Clock skew too great",
        "kerberos_clock_skew",
        "The clocks of controller, domain controller and host are too far apart for Kerberos.",
        "Set the clock that is wrong; Kerberos allows five minutes.",
        codes=frozenset({-1765328347, -1765328351}),
    ),
    Fault(
        r"Ticket expired",
        "kerberos_ticket_expired",
        "The Kerberos ticket has expired.",
        "Get a new one (kinit), or set ansible_password so that each connection gets its own.",
        codes=frozenset({-1765328352}),
    ),
    Fault(
        r"Can't find client principal|No Kerberos credentials|No credentials cache|"
        r"No credentials were supplied",
        "kerberos_no_ticket",
        "There is no Kerberos ticket of this account on the controller.",
        "Get one (kinit USER@REALM), as the user that runs ansible-playbook, or set"
        " ansible_password so that each connection gets its own.",
        codes=frozenset({-1765328243, -1765328189}),
    ),
    Fault(
        r"Client '?[^']*'? not found in Kerberos database",
        "authentication_refused",
        "The domain does not know the account.",
        "Correct ansible_user: user@REALM, the realm in capitals.",
        codes=frozenset({-1765328378}),
    ),
    Fault(
        r"Server \S+ not found in Kerberos database|Server not found in Kerberos database",
        "kerberos_spn",
        "The domain has no service principal (SPN) for the name under which the host was asked.",
        "Set ansible_host to the host's full name in the domain, or"
        " ansible_winrm_kerberos_hostname_override to the name in its SPN (setspn -L HOST).",
        codes=frozenset({-1765328377}),
    ),
    Fault(
        r"no support for encryption type|supported encryption types|Bad encryption type",
        "kerberos_encryption",
        "Controller and domain find no Kerberos encryption type that both of them allow.",
        "Allow AES for the account and the host; a domain from before Windows Server 2008 has RC4"
        " and DES only, which today's krb5.conf has to permit (permitted_enctypes).",
        codes=frozenset({-1765328370, -1765328234, -1765328196, -1765328184}),
    ),
    Fault(
        r"Cannot contact any KDC",
        "kerberos_kdc",
        "No domain controller (KDC) of the Kerberos realm answers the controller.",
        "Look at the network to it (port 88), and at [realms] in krb5.conf.",
        passing=True,
        codes=frozenset({-1765328228}),
    ),
    Fault(
        r"Cannot find KDC|Cannot resolve network address for KDC|Cannot determine realm",
        "kerberos_realm",
        "The controller does not know the Kerberos realm.",
        "Write the realm in capitals (user@EXAMPLE.COM), and name its KDC in krb5.conf or DNS.",
        codes=frozenset({-1765328230, -1765328164}),
    ),
    Fault(
        r"when calling kinit cmd",
        "kinit_missing",
        "The controller has no kinit.",
        "Install krb5-user (Debian) or krb5-workstation (Red Hat), or set"
        " ansible_winrm_kinit_cmd to where it is.",
    ),
    Fault(
        r"Password incorrect|Preauthentication failed|integrity check failed",
        "authentication_refused",
        "The domain rejects the account's password.",
        "Correct ansible_user and ansible_password.",
        codes=frozenset({-1765328360, -1765328353}),
    ),
    Fault(
        r"(?:Kerberos auth failure[^:]*: |authGSSClient\w+\(\) failed: |MutualAuthentication"
        r"|Unable to authenticate )(?P<said>.*)",
        "kerberos",
        "Kerberos failed: {said}.",
        "Try kinit and kvno http/HOST on the controller; they say the same with less around it.",
    ),
)

EVERY = (*SETTINGS, *NETWORK, *KERBEROS, *TLS)
PASSING = frozenset(fault.reason for fault in EVERY if fault.passing)
