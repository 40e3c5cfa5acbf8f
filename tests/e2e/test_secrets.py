"""Results and logs contain neither secrets of the environment nor the home folder."""

import shutil

import pytest

from helpers import setting, snakemake

pytestmark = pytest.mark.slow

SECRET = "s3cr3t-0f-s0meb0dy"


def test_no_result_names_a_secret_or_the_home(make_project, mnist):
    """Although the project, the results and the data lie below the home."""
    project = make_project()
    home = project.parent
    shutil.copy(project / "tests" / "configs" / "smallest.yaml", project / "config.yaml")
    (home / "data").symlink_to(mnist)
    done = snakemake(
        project,
        *("--cores", "2", *setting(results=home / "elsewhere", data=f"{{dir: {home / 'data'}}}")),
        HOME=str(home),
        **dict.fromkeys(("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "PASSWORD"), SECRET),
    )
    assert done.returncode == 0, done.stdout
    contents = {path: path.read_bytes() for path in (home / "elsewhere").rglob("*") if path.is_file()}
    assert {"provenance.json", "index.html", "mnist.log"} <= {path.name for path in contents}
    for word in (str(home), SECRET):
        assert [str(path) for path, content in contents.items() if word.encode() in content] == []
    # Snakemake's own files name folders, but no variables.
    kept = [path for path in (project / ".snakemake").rglob("*") if path.is_file()]
    assert kept
    assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []
