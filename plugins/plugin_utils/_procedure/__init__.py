# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the procedure modules (assess, plan, change, step, audit) share on the controller.

Private to the collection. Imports run one way: action plugins, then this package, then
``_io``, then ``_core``.
"""
