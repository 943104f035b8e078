"""A simulated estate of legacy Windows hosts behind real WS-Management endpoints.

An independent model of the world: it imports nothing of the collection.
"""

from __future__ import annotations

__version__ = "0.1.0"
