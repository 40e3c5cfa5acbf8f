"""Results in S3 instead of a folder, for jobs that share no disk; moto's server on loopback takes the place of S3."""

import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from faults import wait_for
from helpers import ROOT, snakemake
from manifest import manifest
from slurm import free_ports

pytestmark = pytest.mark.slow

PACKAGES = ("-r", ROOT / "envs" / "cloud.in", "moto[server]==5.2.5")


@dataclass(frozen=True)
class Bucket:
    """A bucket, and a Python that has what Snakemake needs for S3 and Kubernetes."""

    address: str
    python: str

    def snakemake(self, project: Path, *arguments: str) -> subprocess.CompletedProcess:
        keys = {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "any", "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "any"}
        server, _, name = self.address.rpartition("/")
        storage = [
            *("--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{name}/dying-relu"),
            *("--storage-s3-endpoint-url", server, "--storage-s3-region", "us-east-1"),
        ]
        return snakemake(project, *storage, *arguments, python=self.python, **keys)

    def download(self, prefix: str, folder: Path) -> None:
        """Write all objects below `prefix` into a folder."""
        listed = self._get(f"?list-type=2&prefix={prefix}").decode()
        assert "<IsTruncated>false</IsTruncated>" in listed
        for key in re.findall(r"<Key>(.*?)</Key>", listed):
            path = folder / key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._get(f"/{quote(key)}"))

    def _get(self, path: str) -> bytes:
        signed = {"Authorization": "AWS any:any"}  # moto looks no further
        return requests.get(self.address + path, headers=signed, timeout=60).content


@pytest.fixture(scope="module")
def bucket(tmp_path_factory) -> Iterator[Bucket]:
    venv = tmp_path_factory.mktemp("cloud")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    # The packages of the Python that runs the tests are there, too, and are not replaced.
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "lock.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = str(venv / "bin" / "python")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *PACKAGES], check=True)
    (port,) = free_ports(1)
    command = [venv / "bin" / "moto_server", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/bucket"

    def made() -> bool:
        with suppress(requests.ConnectionError):
            return requests.put(address, timeout=60).ok
        return False

    try:
        wait_for(made, seconds=60)
        yield Bucket(address, python)
    finally:
        server.kill()
        server.wait()


def test_the_whole_workflow_with_its_results_in_s3(small, bucket, tmp_path):
    arguments = ["--shared-fs-usage", "none", *small.arguments("stored")]
    done = bucket.snakemake(small.project, *arguments)
    assert done.returncode == 0, done.stdout
    assert not (small.project / "stored" / "runs").exists()
    bucket.download("dying-relu/stored/", tmp_path)
    assert manifest(tmp_path) == small.expected
    again = bucket.snakemake(small.project, *arguments, "-n")
    assert "Nothing to be done" in again.stdout, again.stdout


def test_the_kubernetes_profile_plans_all_jobs(small, bucket):
    planned = bucket.snakemake(small.project, "--profile", "profiles/kubernetes", *small.arguments("pods")[2:], "-n")
    assert planned.returncode == 0, planned.stdout
    assert re.search(r"train +2\s", planned.stdout), planned.stdout
