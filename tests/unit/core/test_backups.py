# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup counts only with a date that can be checked."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.legacyops.hotfix.plugins.plugin_utils._core import (
    backups,
    schema,
    settings,
)

NOW = datetime.fromisoformat("2026-11-29T12:00:00+09:00")


def server(taken: object, **more: object) -> dict[str, object]:
    return {"data_store_backup": {"taken": taken, "by": "Sato", "where": "tape 7"}, **more}


@pytest.mark.parametrize("taken", ["2026-11-21", "2026-11-21 20:00", "20261121T200000Z"])
def test_a_date_is_a_date(taken):
    assert schema.judged(server(taken)) == []
    assert backups.wrong_ages(server(taken), NOW) == []


@pytest.mark.parametrize("taken", ["yesterday", "21.11.2026", "1", "last night, before the change"])
def test_what_is_no_date_is_refused_where_it_stands(kit, taken):
    wrong = settings.validate_settings(kit.settings(**server(taken)))
    assert wrong == [
        "legacyops_data_store_backup.taken is no date: write it as 2026-11-21T20:00:00+09:00 "
        "(or 2026-11-21)."
    ]
    form = kit.ft_form()
    form["backups"]["coserver2"] = {"taken": taken, "by": "Sato", "where": "tape 7"}
    (sentence,) = settings.validate_settings({"ft_system": form})
    assert sentence.startswith("legacyops_ft_system.backups.coserver2.taken is no date")


def test_the_future_is_refused():
    (sentence,) = backups.wrong_ages(server("2026-11-29T12:01:00+09:00"), NOW)
    assert "in the future" in sentence
    assert backups.wrong_ages(server("2026-11-29T03:00:00Z"), NOW) == []


def test_an_age_is_judged_where_the_site_names_one():
    old = server("2026-11-01T12:00:00+09:00")
    assert backups.wrong_ages(old, NOW) == []
    assert backups.wrong_ages({**old, "backup_max_days": 28}, NOW) == []
    (sentence,) = backups.wrong_ages({**old, "backup_max_days": 27}, NOW)
    assert "more than 27 days ago (legacyops_backup_max_days): make a new backup" in sentence


def test_an_ft_systems_backups_are_judged_each(kit):
    form = kit.ft_form()
    form["backups"]["ftvirtual"] = {"taken": "2027-01-01", "by": "Sato", "where": "tape 7"}
    (sentence,) = backups.wrong_ages({"ft_system": form}, NOW)
    assert sentence.startswith("legacyops_ft_system.backups.ftvirtual.taken is 2027-01-01")


@pytest.mark.parametrize("days", [0, -1, 4000, "many", True])
def test_an_age_that_cannot_be_meant(kit, days):
    wrong = settings.validate_settings(kit.settings(backup_max_days=days))
    assert wrong == [f"legacyops_backup_max_days is {days!r}: it must be 1 to 3650."]
