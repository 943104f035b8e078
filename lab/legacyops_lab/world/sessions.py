"""Users of a host: they come while logons are on, and leave by themselves when drained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .machine import Machine

ALL, DRAIN_UNTIL_RESTART, DRAIN = 0, 1, 2
ACTIVE, CONNECTED, DISCONNECTED, LISTEN = 0, 1, 4, 6
RETURN_SECONDS = 300


@dataclass(frozen=True)
class User:
    """A user of the host; `minutes` is how long after the drain he stays (None: for ever)."""

    user: str
    minutes: float | None = 10
    state: int = ACTIVE


class Sessions:
    """Logon mode and sessions of one host.

    While logons are on, whoever leaves is replaced at once, so the number of users
    does not fall by itself: only a drain makes it fall.
    """

    def __init__(self, host: Machine, spec: dict[str, Any]) -> None:
        """Read `sessions`, `logon_mode` and `drain_ignored` of the estate's xenapp part."""
        self._host = host
        self._users = {entry["user"]: _user(entry) for entry in spec.get("sessions", ())}
        self.mode: int = spec.get("logon_mode", ALL)
        self._ignored: bool = spec.get("drain_ignored", False)
        self._ids = 1
        self.present: dict[str, int] = {}
        for user in self._users:
            self._arrive(user)

    def set_mode(self, mode: int) -> None:
        """Set the drain mode; users begin to leave, or to come back."""
        if mode == self.mode:
            return
        self.mode = mode
        self._host.cancel("user_leaves")
        self._host.cancel("user_comes")
        if mode == ALL:
            if not self._host.serves():
                self._host.violation("logons were enabled while IMAService was not running")
            self._call_back()
        elif not self._ignored:
            self._schedule_leaving()
        self._host.changed()

    def _schedule_leaving(self) -> None:
        """Let everybody who leaves by himself leave in time."""
        for user in self.present:
            minutes = self._users[user].minutes
            if minutes is not None:
                self._host.later(minutes * 60, "user_leaves", user=user)

    def begin(self) -> None:
        """Let users leave on a host that is drained from the start."""
        if self.mode != ALL and not self._ignored:
            self._schedule_leaving()

    def user_leaves(self, user: str) -> None:
        """Log a user off."""
        self.present.pop(user, None)

    def user_comes(self, user: str) -> None:
        """Log a user on where the host takes him; otherwise he tries again later."""
        if user in self.present or self.mode != ALL:
            return
        if self._host.serves():
            self._arrive(user)
        else:
            self._host.later(RETURN_SECONDS, "user_comes", user=user)

    def log_off(self, ids: list[int]) -> list[int]:
        """Log sessions off by force; return those that existed."""
        gone = [user for user, session in self.present.items() if session in ids]
        done = sorted(self.present.pop(user) for user in gone)
        if self.mode == ALL:
            self._call_back()
        return done

    def lose(self, why: str) -> None:
        """Take the sessions away from their users: a violation if there were any."""
        if self.present:
            count = len(self.present)
            self._host.violation(f"users lost their sessions ({count}): {why}")
        self.present = {}
        self._host.cancel("user_leaves")

    def after_boot(self) -> None:
        """Forget a drain that was set until the restart, let users in again."""
        if self.mode == DRAIN_UNTIL_RESTART:
            self.mode = ALL
        self._call_back()

    def come_back(self) -> None:
        """Let users who lost their sessions come back where logons are on."""
        self._call_back()

    def _call_back(self) -> None:
        """Let the absent users come in a while."""
        if self.mode != ALL:
            return
        for user in self._users:
            if user not in self.present:
                self._host.later(RETURN_SECONDS, "user_comes", user=user)

    def _arrive(self, user: str) -> None:
        """Give a user a session of his own number."""
        self._ids += 1
        self.present[user] = self._ids

    def record(self) -> dict[str, Any]:
        """Return logon mode and sessions as an observation shows them."""
        fixed = [
            {"id": 0, "state": DISCONNECTED, "user": "", "name": "Services"},
            {"id": 1, "state": CONNECTED, "user": "", "name": "Console"},
        ]
        users = [
            {
                "id": session,
                "state": self._users[user].state,
                "user": user,
                "name": f"ICA-TCP#{session}" if self._users[user].state == ACTIVE else "",
            }
            for user, session in sorted(self.present.items(), key=lambda entry: entry[1])
        ]
        listeners = [
            {"id": 65536, "state": LISTEN, "user": "", "name": "ICA-TCP"},
            {"id": 65537, "state": LISTEN, "user": "", "name": "RDP-Tcp"},
        ]
        return {**self.mode_record(), "list": [*fixed, *users, *listeners]}

    def mode_record(self) -> dict[str, Any]:
        """Return the logon mode alone."""
        return {"drain_mode": self.mode, "logons_disabled": False}

    def dump(self) -> dict[str, Any]:
        """Return what can change, as JSON data; `present` moves with time alone."""
        return {"mode": self.mode, "present": self.present, "ids": self._ids}

    def load(self, data: dict[str, Any]) -> None:
        """Take `dump` back; from a snapshot everybody is on who may be."""
        self.mode = data["mode"]
        self._ids = data.get("ids", self._ids)
        everybody = self.present if self.mode == ALL else {}
        self.present = dict(data.get("present", everybody))


def _user(entry: dict[str, Any]) -> User:
    """Return a user from the estate."""
    state = DISCONNECTED if entry.get("state") == "disconnected" else ACTIVE
    return User(entry["user"], entry.get("minutes", 10), state)
