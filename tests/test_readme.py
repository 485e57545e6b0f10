"""What the README says works when typed."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_first_screen_has_exactly_two_commands():
    """Before the first heading of the second level there are two commands to type."""
    first = README.split("\n## ")[0]
    assert len(re.findall(r"```bash\n", first)) == 2
    assert all(
        block.count("\n") == 1 for block in re.findall(r"```bash\n(.*?)```", first, re.DOTALL)
    )


def test_day_has_eight_commands_that_exist(metro_gis):
    """Every command of the planner's day is one that the tool knows, with those options."""
    (day,) = blocks("console")
    commands = [
        line[2:].split("    #")[0].split("&&")[0].strip()
        for line in day.splitlines()
        if line.startswith("$ ")
    ]
    assert len(commands) == 8
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "metro-gis"
        names = [word for word in words[1:] if re.fullmatch(r"[a-z]+", word)]
        options = [word for word in words if word.startswith("--")]
        known = ("new", "run", "data", "optimize", "verify", "maps", "doctor")
        group = names[:2] if names[0] in ("data", "optimize", "maps") else names[:1]
        assert group[0] in known
        ran = metro_gis(*group, "--help", check=0)
        assert all(option in ran.out for option in options)


def test_ten_lines_of_python_run(own_workspace, monkeypatch, capsys):
    """The Python session runs as it stands, in a folder with the sample's workspace."""
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    own_workspace.rename(own_workspace.parent / "kota-metro")
    monkeypatch.chdir(own_workspace.parent)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 (this is the test)
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("462 of 462")
    assert out[1] == "True"
    assert out[3].endswith("default.html")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_lead_somewhere(target):
    """Every file that the README links is there."""
    assert (ROOT / target).exists()
