"""Requests that no client of ours sends, and what they are answered."""

from __future__ import annotations

import asyncio
from typing import Any
from xml.etree import ElementTree

import pytest
from fake_world import FakeHost
from legacyops_lab import wsman
from legacyops_lab.clock import Clock
from legacyops_lab.faults import WireFaults
from legacyops_lab.service import WsmanService
from legacyops_lab.shells import Quotas


def envelope(action: str, body: str = "", uri: str = wsman.CMD_SHELL, header: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{wsman.SOAP}" xmlns:a="{wsman.ADDRESSING}" xmlns:w="{wsman.WSMAN}"'
        f' xmlns:rsp="{wsman.SHELL}"><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:1</a:MessageID><w:ResourceURI>{uri}</w:ResourceURI>{header}"
        f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault_of(message: bytes, quotas: Quotas | None = None) -> tuple[str, int]:
    host: Any = FakeHost("XA01", "127.0.0.1")

    async def ask() -> tuple[int, bytes]:
        service = WsmanService(host, quotas or Quotas(), Clock(), WireFaults())
        return await service.handle(message, "administrator")

    status, reply = asyncio.run(ask())
    assert status == 500
    root = ElementTree.fromstring(reply)
    detail = root.find(f".//{{{wsman.FAULT}}}WSManFault")
    assert detail is not None
    assert detail.get("Machine") == "XA01"
    return root.findtext(f".//{{{wsman.SOAP}}}Subcode/{{{wsman.SOAP}}}Value", ""), int(
        detail.get("Code", "0")
    )


SELECTOR = '<w:SelectorSet><w:Selector Name="ShellId">ABC</w:Selector></w:SelectorSet>'


@pytest.mark.parametrize(
    ("message", "subcode"),
    [
        (b"not xml", "w:SchemaValidationError"),
        (b"<!DOCTYPE x><x/>", "w:SchemaValidationError"),
        (b"<x/>", "w:SchemaValidationError"),
        (envelope(""), "a:MessageInformationHeaderRequired"),
        (envelope("urn:other"), "a:ActionNotSupported"),
        (envelope(wsman.CREATE, uri="urn:powershell"), "a:DestinationUnreachable"),
        (envelope(wsman.COMMAND, header=SELECTOR), "w:InvalidSelectors"),
        (
            envelope(wsman.CREATE, header="<w:OperationTimeout>soon</w:OperationTimeout>"),
            "w:SchemaValidationError",
        ),
    ],
)
def test_faults(message: bytes, subcode: str) -> None:
    assert fault_of(message)[0] == subcode


def test_a_foreign_shell_has_the_code_clients_look_for() -> None:
    assert fault_of(envelope(wsman.RECEIVE, header=SELECTOR))[1] == 2150858843


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT20S", 20), ("PT1M0.5S", 60.5), ("P1DT1H", 90000), ("PT0S", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert wsman.seconds(text) == seconds


def test_text_in_a_fault_is_escaped() -> None:
    reply = wsman.fault(wsman.shell_not_found("<&>"), "<", 'a"b')
    assert ElementTree.fromstring(reply) is not None
