# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report and runbook of a change: pure documents from what the change directory holds.

What is read comes in as :class:`sources.Sources`; what goes out is a plain dictionary (the JSON)
and a page made of it. Nothing here reads or writes a file of a change.
"""
