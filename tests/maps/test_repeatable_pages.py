"""Pages drawn twice, by processes that order their sets in other ways, are equal to the byte."""

import shutil

import pytest

DRAWN = {
    "default-2.html": ("maps", "draw", "default-2"),
    "default+default-2.html": ("optimize", "compare", "default", "default-2", "--page"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_same_plans_make_the_same_page(replanned, tmp_path, metro_gis, name):
    """A page depends on its plans alone: not on seed of hashes, time zone, or folder."""
    other = shutil.copytree(replanned, tmp_path / "elsewhere")
    (other / "maps" / name).unlink()
    env = {"PYTHONHASHSEED": "77", "TZ": "Asia/Jakarta"}
    metro_gis(*DRAWN[name], workspace=other, env=env, check=0)
    assert (other / "maps" / name).read_bytes() == (replanned / "maps" / name).read_bytes()
