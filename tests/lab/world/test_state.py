"""Snapshots, continuing a world, and the certificates' true values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

from fake_clock import FakeClock
from legacyops_lab.world import World
from legacyops_lab.world.certificates import catalogue
from legacyops_lab.world.images import Image, recognise

from .conftest import PACKAGE, PATCH, Terminal, host_spec

Make = Callable[..., Terminal]


def test_snapshot_is_the_same_at_another_time(make: Make) -> None:
    lab = make(XA01=host_spec(sessions=[{"user": "sato"}]))
    asyncio.run(lab.install("XA01"))
    before = json.dumps(lab.world.snapshot(), sort_keys=True)
    lab.clock.pass_minutes(600)
    assert json.dumps(lab.world.snapshot(), sort_keys=True) == before


def test_world_continues_exactly_where_it_was(clock: FakeClock) -> None:
    estate = {"hosts": {"XA01": host_spec()}}
    first = World(estate, clock)
    first.hosts["XA01"].launch("msiexec.exe", f"/p {PACKAGE} /qn")
    clock.pass_minutes(3)
    kept = json.loads(json.dumps(first.state()))
    second = World(estate, clock, state=kept)
    assert second.state() == first.state()
    clock.pass_minutes(30)
    assert second.state() == first.state()
    assert second.ledger() == first.ledger()


def test_world_continues_from_a_snapshot(clock: FakeClock) -> None:
    estate = {"hosts": {"XA01": host_spec(sessions=[{"user": "sato"}])}}
    first = World(estate, clock)
    first.hosts["XA01"].launch("msiexec.exe", f"/p {PACKAGE} /qn")
    clock.pass_minutes(60)
    snapshot = json.loads(json.dumps(first.snapshot()))
    second = World(estate, clock, state=snapshot)
    assert second.snapshot()["hosts"] == first.snapshot()["hosts"]
    assert second.status()["XA01"]["users_on"] == 1


def test_real_certificates_have_their_real_values() -> None:
    known = catalogue()
    g5, cross = known["g5"], known["g5_cross"]
    assert g5.thumbprint == "4EB6D578499B1CCF5F581EAD56BE3D9B6744A5E5"
    assert g5.sha256 == "9ACFAB7E43C8D880D06B262A94DEEEE4B4659989C3D0CAF19BAF6405E41AB7DF"
    assert g5.serial == "18DAD19E267DE8BB4A2158CDCC6B3B4A"
    assert g5.not_after == "2036-07-16T23:59:59Z"
    assert (cross.subject_hash, cross.key_id) == (g5.subject_hash, g5.key_id)
    assert known["code_signing_2010"].issuer == g5.subject
    assert not known["code_signing_2010"].valid_at(datetime(2026, 1, 1, tzinfo=UTC))
    assert [name for name, c in known.items() if not c.invented] == [
        "g5",
        "g5_cross",
        "code_signing_2010",
    ]
    assert "invented" not in known["citrix_2011"].record()


def test_lab_file_describes_itself() -> None:
    image = Image("msp", "X", 8192, "citrix_2011", PATCH, ("xenapp_5.0_x64",), ("ImaSrv.exe",))
    content = image.content()
    assert len(content) == 8192
    assert recognise(content[:4096]) == image
    assert recognise(b"something else") is None
    assert image.sha256(tampered=True) != image.sha256()
