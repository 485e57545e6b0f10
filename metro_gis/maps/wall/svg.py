"""SVG by the standard library's XML writer: whatever a name holds arrives as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from metro_gis.maps.wall.widths import BASELINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VOCABULARY: Final = "http://www.w3.org/2000/svg"

Style = dict[str, str | float]
"""Attributes of an element; numbers are millimetres."""

__all__ = ["VOCABULARY", "Style", "add", "letters", "mm", "polygon", "to_bytes"]


def mm(value: float) -> str:
    """Write a length.

    Parameters
    ----------
    value
        Millimetres.

    Returns
    -------
    str
        Hundredths of a millimetre at most, no zeros to no purpose.

    Examples
    --------
    >>> mm(12.5), mm(3.0), mm(-0.001)
    ('12.5', '3', '0')
    """
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def add(parent: ET.Element, tag: str, **attributes: str | float) -> ET.Element:
    """Add an element.

    Parameters
    ----------
    parent
        Where it is added.
    tag
        Its name.
    **attributes
        Its attributes; an underscore stands for a dash, numbers are millimetres.

    Returns
    -------
    Element
        The new element.
    """
    written = {
        name.rstrip("_").replace("_", "-"): value if isinstance(value, str) else mm(value)
        for name, value in attributes.items()
    }
    return ET.SubElement(parent, tag, written)


def letters(
    parent: ET.Element,
    words: str,
    x: float,
    middle_y: float,
    size_mm: float,
    **attributes: str | float,
) -> ET.Element:
    """Add a line of text.

    Parameters
    ----------
    parent
        Where it is added.
    words
        The text, free of control characters, which XML cannot hold.
    x, middle_y
        Where it starts (or what ``text_anchor`` says), and the middle of its line, mm.
    size_mm
        Size of the letters, mm.
    **attributes
        Further attributes.

    Returns
    -------
    Element
        The new element.
    """
    drawn = add(
        parent, "text", x=x, y=middle_y + BASELINE * size_mm, font_size=size_mm, **attributes
    )
    drawn.text = words
    return drawn


def polygon(corners: Iterable[Sequence[float]], x: float = 0.0, y: float = 0.0) -> str:
    """Write the corners of a polygon.

    Parameters
    ----------
    corners
        Pairs of mm.
    x, y
        Where their origin lies, mm.

    Returns
    -------
    str
        For the attribute ``points``.
    """
    return " ".join(f"{mm(x + across)},{mm(y + down)}" for across, down in corners)


def to_bytes(root: ET.Element) -> bytes:
    """Write a drawing.

    Parameters
    ----------
    root
        Its root.

    Returns
    -------
    bytes
        UTF-8 with a declaration.
    """
    ET.indent(root, space="")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
