# Copyright (c) 2026 legacyops.hotfix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: advisory
short_description: Tell all that is wrong with advisories
version_added: 0.1.0
author: legacyops.hotfix contributors (!UNKNOWN)
description:
  - Judges advisories, which are vendors' notices as data, as every run does, and tells all faults at once, each with file and
    line and the nearest right word.
  - An error is what no run takes, among it what could only surprise in the change window, such as conditions that contradict
    each other, or a step that is never done. A warning is what may be meant, such as a clause that nothing cites.
  - On request it also has a model explore each advisory's procedures, and tells every way to harm that it finds.
  - Fails where there is an error, or a way to harm was found. Works on the controller and contacts no host.
  - On request it also writes each advisory as a page for review, clause by clause, beside the vendor's words.
attributes:
  check_mode:
    support: full
    description: Says what it would do, and changes nothing.
    details:
      - It writes no pages.
  diff_mode:
    support: none
    details:
      - It changes nothing.
extends_documentation_fragment:
  - legacyops.hotfix.procedure.on_controller
options:
  advisory_paths:
    description:
      - Folders with advisories; one advisory's, or of many. They are read beside the bundled ones.
      - If empty, those that the hosts of the inventory name in C(legacyops_advisory_paths).
    type: list
    elements: path
    default: []
  language:
    description:
      - The language of what is found when O(prove) is true.
    type: str
    choices: [en, ja]
    default: en
  prove:
    description:
      - Whether a model explores the procedures; every way to carry them out, cut short at every point, with faults, and any step by
        hand at any time.
      - It explores the advisories of O(advisory_paths), or else the bundled ones. It fails where no model of their kind is
        installed; that of FT systems comes with the lab. It takes about half a minute on two processors.
      - In check mode it does the same.
    type: bool
    default: false
  review_dir:
    description:
      - A folder on the controller, in which the pages for review are written, C(review-ID-LANGUAGE.html), in English and Japanese.
      - Each page has the notice's clauses in the vendor's words and beside them all that cites them, and each procedure as a graph.
      - If empty, none is written.
    type: path
"""

EXAMPLES = r"""
- name: Lint the advisories of the site
  legacyops.hotfix.advisory:
    advisory_paths: [advisories]
  run_once: true

- name: Write the pages for their review, too
  legacyops.hotfix.advisory:
    advisory_paths: [advisories]
    review_dir: review
  run_once: true

- name: Explore them for ways to harm
  legacyops.hotfix.advisory:
    advisory_paths: [advisories]
    prove: true
  run_once: true
"""

RETURN = r"""
advisories:
  description: The advisories without an error, the bundled ones among them.
  returned: always
  type: list
  elements: str
  sample: [ctx130025, example, kb890859_tx200ft]
errors:
  description: What no run takes.
  returned: always
  type: list
  elements: dict
  contains: &fault
    file:
      description: The file.
      returned: always
      type: str
      sample: /srv/advisories/mine/logic.yml
    line:
      description: The line; V(0) where it is of the whole file.
      returned: always
      type: int
      sample: 57
    text:
      description: What is wrong, and what to do.
      returned: always
      type: str
      sample: ft_power is never of; did you mean off?
  sample:
    - {file: /srv/advisories/mine/logic.yml, line: 57, text: "ft_power is never of; did you mean off?"}
warnings:
  description: What may be meant, and may be a mistake.
  returned: always
  type: list
  elements: dict
  contains: *fault
  sample:
    - {file: /srv/advisories/mine/notice.yml, line: 12, text: nothing cites clause ⑲; cite it where it is carried out}
proofs:
  description: For each advisory how much was explored, and every way to harm that was found.
  returned: when O(prove) is true
  type: dict
  sample: {example: {starts: 399, states: 164049, transitions: 320491, by_hand: 14123, found: []}}
reviews:
  description: The pages that were written.
  returned: when O(review_dir) is given and no advisory has an error
  type: list
  elements: str
  sample: [review/review-example-en.html, review/review-example-ja.html]
reason:
  description: Why the task failed; V(mistake) or V(harm).
  returned: when it failed
  type: str
  sample: mistake
"""
