"""The workspace and its atomic writer."""

import os
import stat

import pytest

from metro_gis.errors import InputError, UsageError
from metro_gis.workspace import Workspace, make_folder, replacing, sweep, write_bytes


def parts(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".metro-gis-part-")]


def test_written_file_is_for_its_owner_only(tmp_path):
    """Whatever the umask, files are 0600 and new folders 0700."""
    before = os.umask(0)
    try:
        write_bytes(tmp_path / "new" / "plan.bin", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "plan.bin").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_failure_keeps_the_old_file(tmp_path):
    """What goes wrong while writing leaves the old file whole and no part behind."""
    target = tmp_path / "plan.bin"
    write_bytes(target, b"old")

    def write_badly():
        with replacing(target) as part:
            part.write_bytes(b"half")
            message = "the writer broke"
            raise ValueError(message)

    with pytest.raises(ValueError, match="broke"):
        write_badly()
    assert target.read_bytes() == b"old"
    assert parts(tmp_path) == []


def test_full_disk_is_a_fault_with_the_reason(tmp_path, monkeypatch):
    """An error of the system is told, and the old file stays."""
    target = tmp_path / "plan.bin"
    write_bytes(target, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError) as caught:
        write_bytes(target, b"new")
    assert "No space left" in caught.value.faults[0].line("en")
    assert target.read_bytes() == b"old"
    assert parts(tmp_path) == []


def test_parts_of_dead_processes_are_swept(tmp_path):
    """What a killed run left behind goes at the next write; a living run's part stays."""
    dead = tmp_path / ".metro-gis-part-999999999-ab.gpkg"
    living = tmp_path / f".metro-gis-part-{os.getppid()}-ab.gpkg"
    dead.touch()
    living.touch()
    assert sweep(tmp_path) == [dead]
    assert parts(tmp_path) == [living.name]


def test_part_is_hidden_from_others_while_it_is_written(tmp_path):
    """Until it is moved, a file lies in a folder that only its owner may enter."""
    with replacing(tmp_path / "plan.gpkg") as part:
        part.write_bytes(b"x")
        assert stat.S_IMODE(part.parent.stat().st_mode) == 0o700
    assert (tmp_path / "plan.gpkg").read_bytes() == b"x"
    assert parts(tmp_path) == []


def test_database_open_elsewhere_is_not_replaced(tmp_path):
    """A journal beside a plan would spoil the one that replaces it: the old plan stays."""
    plan = tmp_path / "plan.gpkg"
    plan.write_bytes(b"old")
    (tmp_path / "plan.gpkg-wal").write_bytes(b"pages")
    with pytest.raises(InputError) as caught:
        write_bytes(plan, b"new")
    assert "plan.gpkg-wal" in caught.value.faults[0].line("en")
    assert plan.read_bytes() == b"old"


def test_link_out_of_the_workspace_is_refused(tmp_path):
    """Outputs never leave the workspace, not even through a linked folder."""
    root = tmp_path / "ws"
    make_folder(root / "optimize")
    make_folder(tmp_path / "outside")
    (root / "optimize" / "plans").symlink_to(tmp_path / "outside")
    with pytest.raises(UsageError):
        Workspace(root).plan_path("default")


@pytest.mark.parametrize("stem", ["", "../x", "a/b", ".hidden", "x" * 101, "a\nb"])
def test_outputs_never_leave_the_workspace(tmp_path, stem):
    """A stem that is no plain file name is refused."""
    with pytest.raises(UsageError):
        Workspace(tmp_path).plan_path(stem)


def test_missing_scenario_lists_what_exists(tmp_path):
    """The fault names the stems that could have been meant."""
    make_folder(tmp_path / "optimize")
    (tmp_path / "optimize" / "default.toml").touch()
    with pytest.raises(InputError) as caught:
        Workspace(tmp_path).find_scenario("defualt")
    assert "default" in caught.value.faults[0].mend("en")


def test_scenario_is_found_by_stem_and_by_path(tmp_path):
    """A stem and a path name the same file."""
    make_folder(tmp_path / "optimize")
    path = tmp_path / "optimize" / "night.toml"
    path.touch()
    workspace = Workspace(tmp_path)
    assert workspace.find_scenario("night") == path
    assert workspace.find_scenario(str(path)) == path
    assert workspace.find_scenario("optimize/night.toml") == path


def test_paths_are_shown_from_the_workspace(tmp_path):
    """A path inside is shown relative, one outside in full."""
    workspace = Workspace(tmp_path)
    assert workspace.shown(tmp_path / "data" / "x.csv") == "data/x.csv"
    assert workspace.shown(tmp_path.parent) == tmp_path.parent.as_posix()
