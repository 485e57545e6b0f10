"""`--seal`: passphrases are asked for unseen, written nowhere, and told once if made up."""

import hashlib
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tables import edit_rows

from metro_gis.maps.sealing import open_sealed
from metro_gis.messages import text

SEALED, PLAIN = "maps/default@sealed.html", "maps/default.html"
PHRASE = "bakila siruma jukali masiba rujasu limaka"
LINE = PHRASE.encode() + b"\n"
COMMAND = [sys.executable, "-m", "metro_gis", "--lang", "en"]


@pytest.fixture(scope="module")
def planned(sample_workspace, tmp_path_factory, metro_gis):
    """Sixteen stations of the sample, and their plan."""
    folder = tmp_path_factory.mktemp("seal") / "metro"
    shutil.copytree(sample_workspace, folder)
    shutil.rmtree(folder / "maps", ignore_errors=True)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 29 == 0 else None)
    metro_gis("optimize", "plan", workspace=folder, check=0)
    return folder


@pytest.fixture
def workspace(planned, tmp_path):
    """A copy of it that a test may change."""
    return shutil.copytree(planned, tmp_path / "metro")


class Session:
    """A command in a terminal, of which all is kept: what it shows, and what Linux shows of it."""

    def __init__(self, workspace, *words, **streams):
        ours, theirs = pty.openpty()
        self.ours = ours
        self.shown = ""
        self.command_lines = set()
        self.process = subprocess.Popen(
            [*COMMAND, "-w", str(workspace), *words],
            **({"stdin": theirs, "stdout": subprocess.PIPE, "stderr": theirs} | streams),
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "200"},
        )
        os.close(theirs)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                some = os.read(self.ours, 4096)
            except OSError:
                return
            if not some:
                return
            self.shown += some.decode(errors="replace")

    def answer(self, question, words, times=1):
        """Wait for a question, and type an answer."""
        deadline = time.monotonic() + 60
        while self.shown.count(text(question, "en").strip()) < times:
            assert time.monotonic() < deadline, self.shown
            assert self.process.poll() is None, self.shown
            time.sleep(0.02)
        self._look()
        os.write(self.ours, words.encode() + b"\n")

    def finish(self):
        """Wait for the end, and give exit code and stdout."""
        out = b""
        if self.process.stdout:
            while self.process.poll() is None:
                self._look()
                time.sleep(0.05)
            out = self.process.stdout.read()
            self.process.stdout.close()
        code = self.process.wait(timeout=60)
        self.reader.join(timeout=2)
        os.close(self.ours)
        return code, out.decode()

    def _look(self):
        for name in ("cmdline", "environ"):
            try:
                self.command_lines.add(Path(f"/proc/{self.process.pid}/{name}").read_bytes())
            except OSError:
                continue


def with_phrase(workspace, *words, content=LINE):
    """Run a command that reads its passphrase from a pipe."""
    theirs, ours = os.pipe()
    os.write(ours, content)
    os.close(ours)
    try:
        return subprocess.run(
            [*COMMAND, "-w", str(workspace), *words, "--seal-fd", str(theirs)],
            pass_fds=[theirs],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            check=False,
        )
    finally:
        os.close(theirs)


def nowhere(workspace, phrase, *texts):
    """Demand that a passphrase stands in no text and in no file of a workspace."""
    for words in (phrase, phrase.split(" ")[0] + " " + phrase.split(" ")[1]):
        assert all(words not in one for one in texts)
        for path in workspace.rglob("*"):
            assert not path.is_file() or words.encode() not in path.read_bytes(), path


def test_a_phrase_is_asked_for_twice_and_shown_never(workspace):
    """On a terminal the phrase is typed twice, unseen, and stands in no list, stream or file."""
    session = Session(workspace, "--json", "maps", "draw", "default", "--seal")
    session.answer("cli.seal-ask", PHRASE)
    session.answer("cli.seal-again", PHRASE)
    code, out = session.finish()
    assert code == 0, session.shown
    page = workspace / SEALED
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    assert out.count("\n") == 1
    assert f'"page": "{SEALED}", "sealed": true, "sha256": "{digest}"' in out
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert open_sealed(page.read_bytes(), PHRASE)
    assert not (workspace / PLAIN).exists()
    assert session.command_lines
    assert all(PHRASE.encode() not in one for one in session.command_lines)
    nowhere(workspace, PHRASE, out, session.shown)


def test_an_empty_answer_has_six_words_made_up(workspace):
    """Six words are made up and told once, on the terminal alone; they open the page."""
    session = Session(workspace, "maps", "draw", "default", "--seal")
    session.answer("cli.seal-ask", "")
    code, out = session.finish()
    assert code == 0, session.shown
    told = re.findall(r"(?:[bjklmrs][aiu]){3}(?: (?:[bjklmrs][aiu]){3}){5}", session.shown)
    assert len(told) == 1
    page = (workspace / SEALED).read_bytes()
    assert open_sealed(page, told[0])
    assert hashlib.sha256(page).hexdigest() in out
    nowhere(workspace, told[0], out)


def test_mistakes_are_told_and_may_be_mended(workspace):
    """A phrase that is guessed, or typed in two ways, is asked for again, three times in all."""
    session = Session(workspace, "maps", "draw", "default", "--seal")
    session.answer("cli.seal-ask", "Kota Metro 2024")
    session.answer("cli.seal-ask", PHRASE, times=2)
    session.answer("cli.seal-again", PHRASE + " x")
    session.answer("cli.seal-ask", "short", times=3)
    code, _ = session.finish()
    assert code == 2
    for fault in ("passphrase-differs", "passphrase-guessed.mend"):
        assert text(f"fault.{fault}", "en") in session.shown
    assert "fewer than 12 characters" in session.shown
    assert not (workspace / "maps").exists() or not list((workspace / "maps").iterdir())
    nowhere(workspace, PHRASE, session.shown)


def test_without_a_terminal_nobody_is_asked(workspace, metro_gis):
    """No phrase is made up where it would end up in a log: the command says what to do instead."""
    ran = metro_gis("--json", "maps", "draw", "default", "--seal", workspace=workspace, check=2)
    assert ran.json["error"]["code"] == "seal-no-terminal"
    assert "--seal-fd" in ran.json["error"]["messages"][0]
    with (workspace / "log").open("wb") as log:
        session = Session(workspace, "maps", "draw", "default", "--seal", stderr=log)
        code, _ = session.finish()
    assert code == 2
    assert not (workspace / SEALED).exists()


def test_a_script_hands_the_phrase_over_a_descriptor(workspace):
    """`--seal-fd` reads one line; beside a plain page of the same plan a warning is given."""
    (workspace / "maps").mkdir(exist_ok=True)
    (workspace / PLAIN).write_text("plain")
    ran = with_phrase(workspace, "maps", "draw", "default", content=f"{PHRASE}\r\nmore\n".encode())
    assert ran.returncode == 0, ran.stderr
    page = (workspace / SEALED).read_bytes()
    assert open_sealed(page, PHRASE)
    assert hashlib.sha256(page).hexdigest() in ran.stdout
    assert f"warning: {PLAIN}: " in ran.stderr
    assert SEALED in ran.stderr
    assert "weak" not in ran.stderr
    nowhere(workspace, PHRASE, ran.stdout, ran.stderr)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "passphrase-missing"),
        (b"\n" + PHRASE.encode(), "passphrase-missing"),
        (b"bakila \xff siruma", "passphrase-missing"),
        (b"bakila siruma " * 300, "passphrase-missing"),
        (b"Metro 2024!!\n", "passphrase-guessed"),
        (b"tps\n", "passphrase-short"),
        (b"lampu kereta\x00bukit senja\n", "passphrase-unreadable"),
    ],
)
def test_bad_phrases_are_refused_before_the_work(workspace, content, code):
    """What is no good passphrase is refused with a reason, and never repeated."""
    ran = with_phrase(workspace, "--json", "maps", "draw", "default", content=content)
    assert ran.returncode == 2
    assert f'"code": "{code}"' in ran.stdout
    assert "Metro 2024" not in ran.stdout + ran.stderr
    assert text("step.verify", "en") not in ran.stderr
    assert not (workspace / SEALED).exists()


def test_a_descriptor_that_gives_nothing_is_told(workspace, metro_gis):
    """A number that is no open file, or a terminal, is refused by name."""
    words = ("--json", "maps", "draw", "default", "--seal-fd")
    ran = metro_gis(*words, 77, workspace=workspace, check=2)
    assert ran.json["error"]["code"] == "seal-fd-unreadable"
    session = Session(workspace, *words, "0")
    code, out = session.finish()
    assert code == 2
    assert '"code": "seal-fd-terminal"' in out


def test_a_plan_that_is_not_there_is_told_first(workspace, metro_gis):
    """Nobody types a passphrase for a plan that does not exist."""
    ran = metro_gis("--json", "maps", "draw", "nope", "--seal", workspace=workspace, check=2)
    assert ran.json["error"]["code"] == "plan-missing"


def test_the_page_of_two_plans_is_sealed_too(workspace):
    """`optimize compare --seal` writes the sealed page of both plans, and no plain one."""
    plans = workspace / "optimize/plans"
    shutil.copy(plans / "default.gpkg", plans / "other.gpkg")
    ran = with_phrase(workspace, "--json", "optimize", "compare", "default", "other")
    assert ran.returncode == 0, ran.stderr
    page = workspace / "maps/default+other@sealed.html"
    assert f'"sha256": "{hashlib.sha256(page.read_bytes()).hexdigest()}"' in ran.stdout
    assert '"pair"' in open_sealed(page.read_bytes(), PHRASE)
    assert [one.name for one in (workspace / "maps").iterdir()] == [page.name]
