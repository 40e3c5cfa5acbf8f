"""A job's output is in its log or, if the disk is full, on the console; the home folder is not named."""

import subprocess
import sys

import pytest

from helpers import ROOT

START = f"""
import logging, resource, sys
sys.path.insert(0, {str(ROOT / "workflow")!r})
from types import SimpleNamespace
from dying_relu.io.job import job
from dying_relu.io.logs import log_to
"""


def run(script: str, folder, **environment: str) -> subprocess.CompletedProcess:
    """A process in `folder` that runs the script after its imports."""
    command = [sys.executable, "-c", START + script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_words_and_errors_are_in_the_log_and_nowhere_else(tmp_path):
    words = "print('said', flush=True); logging.info('logged'); raise ValueError('wrong')"
    done = run(f"log_to('a.log'); {words}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    words = (tmp_path / "a.log").read_text()
    assert "INFO logged\n" in words
    assert words.endswith("ValueError: wrong\n")
    assert "said\n" in words


@pytest.mark.parametrize("fails", [True, False])
def test_a_job_has_a_log_and_outputs_that_are_whole_or_not_there(tmp_path, fails):
    script = f"""
with job(SimpleNamespace(log=["logs/a.log"], output={{"table": "t.csv", "page": "page"}})) as outputs:
    outputs["table"].write_text("rows")
    outputs["page"].mkdir()
    print("said", 1 // {int(not fails)})
"""
    (tmp_path / "logs").mkdir()
    done = run(script, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (int(fails), "", "")
    assert ("ZeroDivisionError" if fails else "said 1") in (tmp_path / "logs" / "a.log").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"logs"} | (set() if fails else {"t.csv", "page"})


def test_an_error_that_the_log_cannot_take_is_on_the_console(tmp_path):
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    done = run(f"log_to('a.log'); {limit}; raise ValueError('wrong')", tmp_path)
    assert (tmp_path / "a.log").read_bytes() == b""
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("ValueError: wrong\n")


def test_the_home_is_not_named(tmp_path):
    home = tmp_path / "home of somebody"
    home.mkdir()
    script = f"log_to('a.log'); logging.info({str(home / 'data')!r}); open({str(home / 'missing')!r})"
    run(script, home, HOME=str(home))
    words = (home / "a.log").read_text()
    assert "INFO ~/data\n" in words
    assert "'~/missing'" in words
    assert str(home) not in words


def test_a_home_of_everything_is_no_home(tmp_path):
    """As in some containers."""
    run("log_to('a.log'); logging.info('/data')", tmp_path, HOME="/")
    assert (tmp_path / "a.log").read_text().endswith("INFO /data\n")
