"""Leaflet's own files, from the package ``xstatic-leaflet``, ready to be laid into a page."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path
from typing import Final

IMAGE: Final = re.compile(r"url\(images/([\w.-]+\.png)\)")
# the library would link to its home page; a page that leads nowhere cannot betray its reader
HOME: Final = "https://leafletjs.com"
SOURCE_MAP: Final = re.compile(r"\n//# sourceMappingURL=\S+\s*$")
COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)

__all__ = ["leaflet_script", "leaflet_style"]


@cache
def leaflet_script() -> str:
    """Give Leaflet's script, without the addresses that lead out of the page.

    Returns
    -------
    str
        JavaScript; its copyright notice stays at the head.
    """
    script = (_folder() / "leaflet.js").read_text(encoding="utf-8")
    return SOURCE_MAP.sub("\n", script).replace(HOME, HOME.removeprefix("https://"))


@cache
def leaflet_style() -> str:
    """Give Leaflet's style sheet, with its images as data inside it.

    Returns
    -------
    str
        CSS that asks for no file.
    """
    style = (_folder() / "leaflet.css").read_text(encoding="utf-8")
    return IMAGE.sub(_inlined, COMMENT.sub("", style))


def _folder() -> Path:
    from xstatic.pkg import leaflet

    return Path(leaflet.BASE_DIR)


def _inlined(found: re.Match[str]) -> str:
    image = (_folder() / "images" / found[1]).read_bytes()
    return f"url(data:image/png;base64,{base64.b64encode(image).decode('ascii')})"
