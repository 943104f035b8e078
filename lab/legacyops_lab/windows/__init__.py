"""Servers that are nothing but one Windows."""

from .host import WindowsHost

__all__ = ["WindowsHost"]
