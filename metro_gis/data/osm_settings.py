"""Sets OSMnx up for one call and puts everything back."""

from __future__ import annotations

import math
import socket
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from metro_gis.data.osm_profile import NODE_TAGS, WAY_TAGS
from metro_gis.data.road_files import shown
from metro_gis.workspace import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER_LIMIT_BYTES: Final = 1024**3
_PIECE: Final = 1024**2
_OK: Final = 200


class AnswerError(Exception):
    """A server answered, but not with what was asked for."""


@contextmanager
def osmnx_settings(
    *,
    nominatim_url: str | None = None,
    overpass_url: str | None = None,
    timeout_s: float = 60.0,
    cache_folder: Path | None = None,
) -> Iterator[Any]:
    """Set OSMnx up for one source, and restore what was there, whatever happens.

    OSMnx keeps its settings in a module, replaces ``socket.getaddrinfo``, asks a public resolver
    where a name is not found, and waits 55 seconds before it asks a busy server again, for ever.

    Parameters
    ----------
    nominatim_url, overpass_url
        Servers to ask; None for OSMnx's own.
    timeout_s
        Longest wait for an answer, seconds.
    cache_folder
        Folder for answers; None keeps none.

    Yields
    ------
    module
        ``osmnx``.
    """
    import osmnx

    settings = osmnx.settings
    chosen = _own_settings(timeout_s)
    chosen["use_cache"] = cache_folder is not None
    if nominatim_url is not None:
        chosen["nominatim_url"] = nominatim_url
    if overpass_url is not None:
        chosen["overpass_url"] = overpass_url
    if cache_folder is not None:
        make_folder(Path(cache_folder))
        chosen["cache_folder"] = str(cache_folder)
    before = {name: getattr(settings, name) for name in chosen}
    resolver = socket.getaddrinfo
    try:
        for name, value in chosen.items():
            setattr(settings, name, value)
        with warnings.catch_warnings():
            # a subdivided area warns of its many requests; progress is told elsewhere
            warnings.filterwarnings("ignore", category=UserWarning, module="osmnx")
            yield osmnx
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
        socket.getaddrinfo = resolver


def _own_settings(timeout_s: float) -> dict[str, Any]:
    return {
        "all_oneway": False,
        "bidirectional_network_types": ["walk"],
        "cache_only_mode": False,
        "default_crs": "epsg:4326",
        "doh_url_template": None,
        "log_console": False,
        "log_file": False,
        "overpass_rate_limit": False,
        "requests_kwargs": {"hooks": {"response": _check_answer}, "stream": True},
        # overpass takes whole seconds only
        "requests_timeout": max(1, math.ceil(timeout_s)),
        "useful_tags_node": list(NODE_TAGS),
        "useful_tags_way": list(WAY_TAGS),
    }


def _check_answer(response: Any, *_: object, **__: object) -> Any:  # noqa: ANN401 - requests' own
    """Refuse an answer that is of no use before OSMnx sees it."""
    # requests keeps what it has read under this name
    response._content = _read_answer(response)  # noqa: SLF001
    try:
        answer = response.json()
    except ValueError as error:
        message = f"no JSON, it begins with {shown(response.content)}"
        raise AnswerError(message) from error
    if response.url.split("?")[0].endswith("/interpreter"):
        _check_overpass(answer)
    elif not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        message = "no list of places"
        raise AnswerError(message)
    return response


def _read_answer(response: Any) -> bytes:  # noqa: ANN401 - requests' own
    pieces, size = [], 0
    try:
        if response.status_code != _OK:
            message = f"{response.status_code} {response.reason}"
            raise AnswerError(message)
        for piece in response.iter_content(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > ANSWER_LIMIT_BYTES:
                message = f"more than {ANSWER_LIMIT_BYTES // 1024**2} MB"
                raise AnswerError(message)
    finally:
        response.close()
    return b"".join(pieces)


def _check_overpass(answer: object) -> None:
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        message = "no list of elements"
        raise AnswerError(message)
    # a query that ran out of time or memory answers 200 with a part of the roads
    remark = str(answer.get("remark", ""))
    if "error" in remark:
        raise AnswerError(remark)
