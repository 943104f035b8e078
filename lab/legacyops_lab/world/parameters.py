"""Parameters of a script, out of the XML that came over the wire."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any


def parse_parameters(text: str) -> dict[str, Any]:
    """Return the parameters of a script; ValueError for XML of another form."""
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    value = _value(root)
    if not isinstance(value, dict):
        raise ValueError("the parameters are not an object")
    return value


def _value(element: ET.Element) -> Any:
    """Return the value of one element."""
    content = element.text or ""
    match element.tag:
        case "s":
            return content
        case "i":
            return int(content)
        case "b":
            return content == "true"
        case "z":
            return None
        case "l":
            return [_value(child) for child in element]
        case "o":
            return {child.attrib["n"]: _value(child) for child in element}
    raise ValueError(f"unknown element {element.tag}")
