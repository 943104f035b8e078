"""What happens on a way through the model: one thing at a time, and what people read of it."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    """One thing that happens.

    what: a key of words.EVENTS. step: the id of the step that it is about. about: what a person
    does, or what is wrong around the system. detail: why. by_hand: somebody carried the step out.
    """

    what: str
    step: str = ""
    about: str = ""
    detail: str = ""
    by_hand: bool = False

    def __str__(self) -> str:
        said = " ".join(filter(None, (self.step, self.what.replace("_", " "), self.about)))
        said += f": {self.detail}" if self.detail else ""
        return f"by hand {said}" if self.by_hand else said
