"""Which commit the project's files belong to."""

import logging
import os
import subprocess
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


def find_commit(root: Path) -> dict[str, Any]:
    """The `commit` of the project in `root` and whether there are `uncommitted_changes` of tracked files.

    Where git cannot tell, both are None and `commit_unavailable` is the reason; otherwise the reason is None.
    """
    try:
        if not (root / ".git").exists():
            raise LookupError("the project's folder is not the top of a git repository")
        if not _git(root, "ls-files", "Snakefile"):
            raise LookupError("the git repository does not track the project's Snakefile")
        commit = _git(root, "rev-parse", "--verify", "HEAD")
        changes = bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except LookupError as error:
        return {"commit": None, "commit_unavailable": str(error), "uncommitted_changes": None}
    return {"commit": commit, "commit_unavailable": None, "uncommitted_changes": changes}


def _git(root: Path, *arguments: str) -> str:
    """What git says of the repository at `root`. Raises LookupError, whose message names no folder of this machine.

    With an explicit `--git-dir` git takes no other repository, of a folder above or of a hook's variables, and reads a
    clone of another user's, too. Nothing is written, and the repository's fsmonitor hook does not run.
    """
    command = ["git", "-C", str(root), "--git-dir=.git", "--work-tree=.", "--no-optional-locks"]
    command += ["-c", "core.fsmonitor=false", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    except OSError:
        raise LookupError("git is not installed or cannot run") from None
    except subprocess.CalledProcessError as error:
        log.warning("git %s: %s", arguments[0], error.stderr.strip())
        raise LookupError(f"git {arguments[0]} failed with exit code {error.returncode}") from None
    return done.stdout.strip()
