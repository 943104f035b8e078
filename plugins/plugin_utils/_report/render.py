# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages: one self-contained HTML file each, that runs nothing and asks nobody for anything.

Autoescaped; a Content-Security-Policy besides lets a page load nothing and apply only its own
style sheet, whatever a text may contain.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import tzinfo
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

# ansible-test imports every plugin file without third-party libraries.
try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
except ImportError:  # pragma: no cover
    Environment = None  # type: ignore[assignment,misc]

from .history import OVER, step_names
from .labels import took, word
from .sheets import Sheets
from .texts import when
from .timeline import expected_timeline, timeline

TEMPLATES: Final = Path(__file__).parent / "templates"


def report_page(report: Mapping[str, Any], language: str, zone: tzinfo | None) -> str:
    """Return the report as HTML.

    language: en or ja.
    zone: of the times that are shown; None: the controller's.
    """
    names = {host: step_names(record["steps"]) for host, record in report["hosts"].items()}
    return _page(
        "report.html.j2",
        language,
        zone,
        _sheets("report", report, language),
        report=report,
        names=names,
        timeline=timeline(report),
    )


def runbook_page(runbook: Mapping[str, Any], language: str, zone: tzinfo | None) -> str:
    """Return the runbook as HTML."""
    names = {f"system-{n}": each["host"] for n, each in enumerate(runbook["systems"], 1)}
    sheets = _sheets("runbook", runbook, language, names)
    return _page(
        "runbook.html.j2",
        language,
        zone,
        sheets,
        runbook=runbook,
        timeline=expected_timeline(runbook),
    )


def review_page(review: Mapping[str, Any], language: str) -> str:
    """Return the review of a notice as HTML."""
    version = f"{review['version']} {review['sha256'][:8]}"
    sheets = Sheets(word("review", language), review["id"], version)
    return _page("review.html.j2", language, None, sheets, review=review)


def results_form(runbook: Mapping[str, Any], language: str, offset: str) -> str:
    """Return the empty results form of a runbook as YAML.

    offset: of the times that are filled in, as +09:00.
    """
    form: str = (
        _environment(html=False)
        .get_template("results.yml.j2")
        .render(
            language=language,
            w=partial(word, language=language),
            say=partial(_say, language=language),
            change=runbook["change"],
            plan=runbook["plan"],
            systems=runbook["systems"],
            offset=offset,
        )
    )
    return form


def _sheets(
    document: str, made: Mapping[str, Any], language: str, systems: Mapping[str, str] | None = None
) -> Sheets:
    """Return what the margins of a change's document say."""
    plan = f"{word('plan', language)} {made['plan'].partition(':')[2][:8]}"
    return Sheets(word(document, language), made["change"], plan, systems or {})


def _page(template: str, language: str, zone: tzinfo | None, sheets: Sheets, **content: Any) -> str:
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8") + sheets.style(language)
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    page: str = (
        _environment(html=True)
        .get_template(template)
        .render(
            language=language,
            style=style,
            style_hash=f"sha256-{digest}",
            over=OVER,
            w=partial(word, language=language),
            say=partial(_say, language=language),
            at=partial(_at, zone=zone),
            took=partial(took, language=language),
            **content,
        )
    )
    return page


@cache
def _environment(html: bool) -> Any:
    """Return the templates' environment; html: everything is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = json.dumps  # a text of JSON is one of YAML
    return environment


def _say(value: Any, language: str) -> str:
    """Return a text of two languages in one of them."""
    if isinstance(value, Mapping):
        return str(value.get(language) or value.get("en") or "")
    return "" if value is None else str(value)


def _at(utc: Any, form: str = "%Y-%m-%d %H:%M:%S", *, zone: tzinfo | None) -> str:
    """Return a moment in the page's time zone; what is no moment, as it is."""
    moment = when(utc)
    if moment is None:
        return "" if utc is None else str(utc)
    return moment.astimezone(zone).strftime(form)
