"""Street names of the modelled city.

**Modelled: not for operations.** The names are such as most Indonesian towns have (flowers in one
district, birds in the next); which street bears which is invented.
"""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from metro_gis.data.sample_arterials import Street
    from metro_gis.data.sample_city import GroundPlan

NAMED_M: Final = 330.0  # shorter streets have no name in the file

_WORDS: Final = {
    "Metro Pusat": (
        "Mawar Melati Kenanga Anggrek Cempaka Kamboja Dahlia Teratai Flamboyan Bougenville Seroja "
        "Tanjung Kemuning Wijaya-Kusuma Sedap-Malam Alamanda Soka Nusa-Indah Kantil Lavender"
    ),
    "Metro Timur": (
        "Cendana Jati Mahoni Meranti Akasia Beringin Pinus Cemara Damar Gaharu Kenari Ketapang "
        "Sengon Sonokeling Trembesi Ulin Waru Randu Bungur Angsana"
    ),
    "Metro Barat": (
        "Merpati Rajawali Cendrawasih Kutilang Garuda Elang Kasuari Murai Nuri Kepodang Perkutut "
        "Jalak Walet Camar Bangau Gelatik Pipit Punai Cucakrawa Merak"
    ),
    "Metro Utara": (
        "Krakatau Merapi Semeru Rinjani Kerinci Bromo Galunggung Merbabu Slamet Tambora Dempo "
        "Pesagi Tanggamus Rajabasa Seminung Sindoro Sumbing Lawu Ciremai Kelud"
    ),
    "Metro Selatan": (
        "Mangga Rambutan Manggis Durian Nangka Salak Sawo Jambu Belimbing Kelapa Duku Langsat "
        "Sirsak Srikaya Pepaya Alpukat Kedondong Markisa Delima Jeruk"
    ),
}
_ROMAN: Final = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def name_streets(streets: list[Street], plan: GroundPlan) -> None:
    """Name the collectors and the longer streets, in place.

    Parameters
    ----------
    streets
        As drawn.
    plan
        The ground plan, for the kecamatan of a street.
    """
    used: dict[str, int] = {}
    for street in streets:
        if street.name or street.highway in {"track", "living_street", "service"}:
            continue
        pieces = zip(street.points, street.points[1:], strict=False)
        length = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pieces)
        middle = street.points[len(street.points) // 2]
        cell = plan.cell_at(*middle)
        if cell < 0 or (length < NAMED_M and street.highway != "tertiary"):
            continue
        kecamatan = plan.kelurahan[cell].kecamatan
        words = _WORDS[kecamatan].split()
        turn = used.get(kecamatan, 0)
        used[kecamatan] = turn + 1
        word = words[turn % len(words)].replace("-", " ")
        number = turn // len(words)
        street.name = f"Jalan {word} {roman(number)}" if number else f"Jalan {word}"


def roman(number: int) -> str:
    """Write a number as Indonesian street signs do.

    Parameters
    ----------
    number
        From 1 to 39.

    Returns
    -------
    str
        Roman numeral.

    Examples
    --------
    >>> roman(14)
    'XIV'
    """
    written = ""
    for value, sign in _ROMAN:
        while number >= value:
            written += sign
            number -= value
    return written
