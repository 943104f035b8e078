"""Fault-tolerant systems: PRIMERGY TX200FT with Marathon Endurance, as KB890859 meets them.

`physics` is pure; `system` puts the lab's clock around it; `bmc` makes the CoServers' power
reachable with IPMI (import it only where BMCs run).
"""

from .estate import load
from .physics import Action, Impossible
from .system import FtSystem

__all__ = ["Action", "FtSystem", "Impossible", "load"]
