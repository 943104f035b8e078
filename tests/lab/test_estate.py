"""Estate files: defaults, addresses, the inventory, and mistakes with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from legacyops_lab import estate, inventory

GOOD = """\
estate:
  name: small
  users: {operator: one}
vars: {legacyops_farm: lab}
groups:
  xenapp: {legacyops_product: xenapp_5.0_x64}
hosts:
  xa01:
    address: 127.9.9.1
    groups: [xenapp]
    users: {Administrator: two}
    vars: {legacyops_silo: office}
  xa02:
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "estate.yml"
    path.write_text(text, "utf-8")
    return path


def test_an_estate_and_its_inventory(tmp_path: Path) -> None:
    data = estate.load(write(tmp_path, GOOD))
    estate.assign_addresses(data, {"xa02": "127.9.9.7"})
    assert data["hosts"]["xa02"]["address"] == "127.9.9.7"
    top = yaml.safe_load(inventory.as_yaml(data))["all"]
    assert top["vars"]["legacyops_farm"] == "lab"
    assert top["vars"]["ansible_winrm_transport"] == ["ntlm"]
    assert top["hosts"]["xa01"]["ansible_user"] == "Administrator"
    assert top["hosts"]["xa02"]["ansible_password"] == "one"
    assert top["hosts"]["xa01"]["legacyops_silo"] == "office"
    assert top["children"]["xenapp"] == {
        "vars": {"legacyops_product": "xenapp_5.0_x64"},
        "hosts": {"xa01": {}},
    }


def test_chosen_addresses_are_loopback_and_distinct(tmp_path: Path) -> None:
    hosts = "".join(f"  h{number}:\n" for number in range(300))
    data = estate.load(write(tmp_path, f"estate: {{name: many}}\nhosts:\n{hosts}"))
    estate.assign_addresses(data, {})
    addresses = {host["address"] for host in data["hosts"].values()}
    assert len(addresses) == 300
    assert all(address.startswith("127.") for address in addresses)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("address:", "adress:", ":9: hosts.xa01: adress is not known here; known are address, "),
        ("127.9.9.1", "10.0.0.1", ":9: hosts.xa01.address: '10.0.0.1' does not fit: A loopback"),
        ("name: small", "nam: small", ":1: estate: 'name' is a required property"),
        ("  xa02:", "  xa02: {address: 127.9.9.1}", ":13: hosts.xa02.address: xa01 has it too"),
        ("  xa02:", "  xa01:", ":13: xa01 is there twice"),
        ("  xa02:", "  xa02: {winrm: {quotas: {max_envelope_kb: 1}}}", ":13: hosts.xa02.winrm"),
        ("  xa02:", "  xa02: [", "is not YAML"),
        (GOOD, "", ":1: the file is empty"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(estate.EstateError) as caught:
        estate.load(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


FT = """\
estate: {name: systems}
hosts:
  RELAY01: {kind: relay}
  xa01:
ft_systems:
  ft01: {model: m, type: windows_2003, relay: RELAY01}
  ft02: {model: m, type: windows_2000}
"""


def test_ft_systems_get_names_addresses_and_boards_of_their_own(tmp_path: Path) -> None:
    data = estate.load(write(tmp_path, FT))
    known = estate.assign_addresses(data, {"ft01.ftvirtual": "127.8.8.8"})
    assert data["ft_systems"]["ft01"]["ftvirtual"]["address"] == "127.8.8.8"
    assert len(set(known.values())) == len(known) == 2 + 2 * 5
    first, second = (data["ft_systems"][name] for name in ("ft01", "ft02"))
    assert first["coserver1"]["windows"]["computer_name"] == "FT01-CS1"
    uuids = {part[c]["bmc"]["uuid"] for part in (first, second) for c in ("coserver1", "coserver2")}
    assert len(uuids) == 4
    again = estate.load(write(tmp_path, FT))
    assert estate.assign_addresses(again, known) == known


def test_long_names_of_systems_make_different_computer_names(tmp_path: Path) -> None:
    text = FT.replace("ft01:", "ft-machine-room-1:").replace("ft02:", "ft-machine-room-2:")
    systems = estate.load(write(tmp_path, text))["ft_systems"].values()
    names = {system["ftvirtual"]["computer_name"] for system in systems}
    assert len(names) == 2
    assert all(len(name) <= 15 for name in names)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("relay: RELAY01", "relay: xa01", ":6: ft_systems.ft01.relay: there is no host xa01 of"),
        ("relay: RELAY01", "relay: RELAY9", ":6: ft_systems.ft01.relay: there is no host RELAY9"),
        ("ft02:", "xa01:", ":7: ft_systems.xa01: a host has the same name"),
        ("xa01:", "xa01: {relay: {smb1: false}}", ":4: hosts.xa01.relay: a host of kind xenapp"),
        ("{kind: relay}", "{kind: relay, xenapp: {}}", ":3: hosts.RELAY01.xenapp: a host of kind"),
        ("{kind: relay}", "{kind: router}", ":3: hosts.RELAY01.kind: 'router' is not one of"),
        ("windows_2000", "windows_xp", ":7: ft_systems.ft02.type: 'windows_xp' is not one of"),
        (
            "windows_2000}",
            "windows_2000, ftvirtual: {computer_name: FT01-VS}}",
            ":7: ft_systems.ft02: ftvirtual: ftvirtual of ft01 is called FT01-VS too",
        ),
        (
            "hosts:\n  RELAY01: {kind: relay}\n  xa01:\nft_systems:",
            "systems:",
            "systems is not known",
        ),
    ],
)
def test_mistakes_in_ft_systems(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, FT.replace(old, new))
    with pytest.raises(estate.EstateError) as caught:
        estate.load(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(estate.EstateError, match="cannot be read"):
        estate.load(tmp_path / "none.yml")
