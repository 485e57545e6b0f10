"""Sealed pages: the data block compressed and encrypted, so that only a passphrase opens it.

A sealed block is a text of two lines: a header in JSON that says how it was sealed, and the
ciphertext with its tag in base64. The header is authenticated letter by letter, and it names the
hash of all the rest of the page: a page of which anything was changed does not open here. A browser
cannot read its own file; there the header vouches for the page's policy, and the policy for scripts
and styles, which bring all that is shown.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import secrets
from typing import TYPE_CHECKING, Any, Final

from metro_gis.errors import Fault, InputError
from metro_gis.maps.passphrase import normalised

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEALED_ID: Final = "metro-gis-sealed"
OPENING_TAG: Final = f'<script type="text/plain" id="{SEALED_ID}">'
CLOSING_TAG: Final = "</script>"
FORMAT: Final = "metro-gis-sealed-1"
ROUNDS: Final = 600_000
"""Rounds of the key's derivation: each guess costs so many, and so does each opening."""
MOST_ROUNDS: Final = 10_000_000
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
_BLOCK: Final = re.compile(
    re.escape(OPENING_TAG).encode() + rb"([^<\n]*)\n([^<\n]*)" + re.escape(CLOSING_TAG).encode()
)

__all__ = ["OPENING_TAG", "ROUNDS", "SEALED_ID", "open_sealed", "seal_block"]


def seal_block(
    content: str,
    passphrase: str,
    *,
    lang: str,
    shell: str,
    policy: str,
    salt: bytes | None = None,
    nonce: bytes | None = None,
) -> str:
    """Seal a data block.

    Parameters
    ----------
    content
        What nobody without the passphrase may read.
    passphrase
        As it was typed.
    lang
        Language in which the page opens, ``"id"`` or ``"en"``.
    shell
        All text of the page outside the block.
    policy
        Its content security policy, a part of the shell.
    salt, nonce
        16 and 12 bytes, for tests alone; drawn by the system's generator where None. The same
        passphrase with the same two would give two pages away.

    Returns
    -------
    str
        Two lines of ASCII without ``<`` and ``&``.
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    nonce = secrets.token_bytes(NONCE_BYTES) if nonce is None else nonce
    header = json.dumps(
        {
            "format": FORMAT,
            "cipher": "AES-256-GCM",
            "kdf": "PBKDF2-HMAC-SHA256",
            "rounds": ROUNDS,
            "salt": _written(salt),
            "nonce": _written(nonce),
            "packing": "gzip",
            "language": lang,
            "shell": hashlib.sha256(shell.encode()).hexdigest(),
            "policy": hashlib.sha256(policy.encode()).hexdigest(),
        },
        separators=(",", ":"),
    )
    packed = gzip.compress(content.encode(), mtime=0)
    sealed = _cipher(_key(passphrase, salt, ROUNDS)).encrypt(nonce, packed, header.encode())
    return f"{header}\n{_written(sealed)}"


def open_sealed(page: bytes, passphrase: str) -> str:
    """Open a sealed page.

    Parameters
    ----------
    page
        The file, as it was written.
    passphrase
        As it was typed.

    Returns
    -------
    str
        The data block of the plain page.

    Raises
    ------
    InputError
        If the passphrase is another one, or a single bit of the file has changed: which of the
        two, nobody can tell.
    """
    from cryptography.exceptions import InvalidTag

    try:
        return _opened(page, passphrase)
    # whatever it was, whoever tries phrases or changes bits learns no more than that
    except (InvalidTag, KeyError, TypeError, ValueError) as error:
        raise InputError(Fault("sealed-shut")) from error


def _opened(page: bytes, passphrase: str) -> str:
    (block,) = _BLOCK.finditer(page)
    header, sealed = block.groups()
    facts = _read_header(header)
    shell = page[: block.start(1)] + page[block.end(2) :]
    if hashlib.sha256(shell).hexdigest() != facts["shell"]:
        message = "another shell"
        raise ValueError(message)
    key = _key(passphrase, _read(facts["salt"]), facts["rounds"])
    packed = _cipher(key).decrypt(_read(facts["nonce"]), _read(sealed.decode("ascii")), header)
    return gzip.decompress(packed).decode()


def _read_header(header: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(header)
    if facts["format"] != FORMAT or not ROUNDS <= facts["rounds"] <= MOST_ROUNDS:
        message = "not sealed by these rules"
        raise ValueError(message)
    return facts


def _key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", normalised(passphrase).encode(), salt, rounds, KEY_BYTES)


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _written(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _read(text: str) -> bytes:
    """Read base64; bits that no reader needs must be as they were written."""
    octets = base64.b64decode(text, validate=True)
    if _written(octets) != text:
        message = "not as it was written"
        raise ValueError(message)
    return octets
