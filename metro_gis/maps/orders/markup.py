"""XML by the standard library's writer: whatever a name holds arrives as text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["add", "degrees", "to_bytes"]


def add(parent: ET.Element, tag: str, words: str | None = None, **attributes: str) -> ET.Element:
    """Add an element.

    Parameters
    ----------
    parent
        Where it is added.
    tag
        Its name.
    words
        Its text; free of control characters, which XML cannot hold.
    **attributes
        Its attributes.

    Returns
    -------
    Element
        The new element.
    """
    element = ET.SubElement(parent, tag, attributes)
    element.text = words
    return element


def degrees(lon: float, lat: float) -> Mapping[str, str]:
    """Write a point as attributes.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees (EPSG:4326).

    Returns
    -------
    dict
        ``lat`` and ``lon`` as the shortest decimals that are read back as the same numbers.
    """
    return {"lat": plain(lat), "lon": plain(lon)}


def plain(value: float) -> str:
    """Write a number as XML Schema's decimal, which knows no exponent.

    Parameters
    ----------
    value
        Degrees or minutes.

    Returns
    -------
    str
        The shortest decimal that is read back as the same number.
    """
    short = repr(float(value))
    return f"{value:.15f}".rstrip("0") if "e" in short else short


def to_bytes(root: ET.Element) -> bytes:
    """Write a document.

    Parameters
    ----------
    root
        Its root.

    Returns
    -------
    bytes
        UTF-8 with a declaration, indented.
    """
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
