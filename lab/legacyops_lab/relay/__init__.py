"""Relays: management hosts through which the nodes of FT systems are reached.

`world` joins hosts and FT systems into one estate; `host` is a relay, `nodes` what it finds on the
network, and `observe`, `act` and `owner` play the scripts that run on it.
"""

from .world import EstateWorld

__all__ = ["EstateWorld"]
