# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity."""

from __future__ import annotations


def test_sanity_finds_nothing(finds_nothing):
    finds_nothing(["tools/sanity.sh"])
