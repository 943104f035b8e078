"""Write the pages of docs/ that are made of records: `make docs`."""

from __future__ import annotations

import checks_page
import roles_page
import settings_page

PAGES = (settings_page, checks_page)

if __name__ == "__main__":
    for each in PAGES:
        each.PAGE.write_text(each.page(), encoding="utf-8")
        print(f"{each.PAGE.relative_to(settings_page.ROOT)} is written.")
    for path in roles_page.FILES:
        path.write_text(roles_page.content(path), encoding="utf-8")
        print(f"{path.relative_to(settings_page.ROOT)} is written.")
