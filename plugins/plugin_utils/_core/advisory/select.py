# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which advisories are about a host: by its product, or by the model of a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..kind import Kind
from ..kinds import kind_of
from ..model import CoreError
from .advisory import Advisory
from .check import kind_of_notice, listed


def select_advisories(
    advisories: Mapping[str, Advisory], settings: Mapping[str, Any]
) -> list[Advisory]:
    """Return every advisory that is about a server's product or model. Raises CoreError.

    The setting advisories names the one to take of several editions of one document; what other
    documents say of the same host is judged all the same.
    """
    named = settings.get("advisories") or []
    for name in named:
        if name not in advisories:
            raise CoreError(f"There is no advisory {name}; there are {listed(advisories)}.")
    fits = [name for name in sorted(advisories) if _is_about(advisories[name], settings)]
    mine = [name for name in fits if name in named]
    if not fits or (named and not mine):
        raise CoreError(_about_nothing(advisories, named or sorted(advisories), settings))
    documents: dict[str, list[str]] = {}
    for name in fits:
        documents.setdefault(_document(advisories[name]), []).append(name)
    chosen = []
    for document, editions in documents.items():
        taken = [name for name in editions if name in named] or editions
        if len(taken) > 1:
            raise CoreError(
                f"Several advisories are editions of one notice, {document}, and about this host "
                f"({listed(taken)}); name one in legacyops_advisories."
            )
        chosen += taken
    # What the inventory names comes first.
    return [advisories[name] for name in sorted(chosen, key=lambda name: (name not in mine, name))]


def _is_about(advisory: Advisory, settings: Mapping[str, Any]) -> bool:
    return _has_product(advisory, settings) and kind_of(settings).is_of(_kind(advisory).name)


def _has_product(advisory: Advisory, settings: Mapping[str, Any]) -> bool:
    if _is_named_by_model(settings):
        return advisory.product(settings) is not None
    return settings.get("product") in advisory.data["applies_to"]["products"]


def _kind(advisory: Advisory) -> Kind:
    return kind_of_notice(advisory.data)


def _is_named_by_model(settings: Mapping[str, Any]) -> bool:
    return kind_of(settings).named_by_model and settings.get("product") is None


def _document(advisory: Advisory) -> str:
    source = advisory.data["source"]
    return f"{source['vendor']} {source['document']}"


def _about_nothing(
    advisories: Mapping[str, Advisory], wanted: Sequence[str], settings: Mapping[str, Any]
) -> str:
    """Return that no advisory is about a host, and what they are about."""
    of_others = [n for n in wanted if _has_product(advisories[n], settings)]
    if of_others:
        theirs = _kind(advisories[of_others[0]]).name
        return (
            f"{of_others[0]} is about hosts of the kind {theirs}, and this one is of the kind "
            f"{kind_of(settings).name}: correct legacyops_kind or legacyops_product."
        )
    products = {
        n: f for w in wanted for n, f in advisories[w].data["applies_to"]["products"].items()
    }
    if _is_named_by_model(settings):
        kind = kind_of(settings)
        model = (kind.form(settings) or {}).get("model")
        known = listed({m for facts in products.values() for m in facts.get("models", ())})
        return (
            f"legacyops_{kind.setting}.model is {model!r}, which no advisory is about; "
            f"they are about {known or 'no model'}. Copy the number from the type plate, or leave "
            "the system out."
        )
    return (
        f"legacyops_product is {settings.get('product')!r}, which no advisory is about; "
        f"they are about {listed(products)}."
    )
