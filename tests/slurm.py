"""A real Slurm of one node: on loopback, its files below one folder, and gone when it is no longer needed.

Munge, slurmctld and slurmd run in a mount namespace of their own, where the folder's slurm.conf lies at its default
path, since job steps look nowhere else; and in a process namespace of their own, which takes with it, when its first
process ends, whatever runs in it: daemons, jobs and what the jobs started.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "munged", "unshare")
PARTITION = "work"
ABRUPT = "abrupt"
URGENT = "urgent"  # its jobs take the place of those of the other two
GRACE = 60  # seconds between SIGTERM and SIGKILL for a job that has to make way; in ABRUPT there are none
ACCOUNT = "testing"

# No accounting and no cgroups, which take a database and a machine of one's own. The default partition refuses jobs,
# so that what runs has been sent to the other. Jobs are remembered for an hour, for tests to ask about.
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0
MinJobAge=3600
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=8000
PartitionName=closed Nodes=ALL Default=YES State=DRAIN
PartitionName={partition} Nodes=ALL State=UP PriorityTier=1 GraceTime={grace}
PartitionName={abrupt} Nodes=ALL State=UP PriorityTier=1 GraceTime=0
PartitionName={urgent} Nodes=ALL State=UP PriorityTier=2 PreemptMode=OFF
"""

# The first process of the namespaces. It ends when its input does: when the test closes it, or has been killed.
# Munge is told to overlook that everybody may write to /tmp.
DAEMONS = """
mount --bind "$1/etc" /etc/slurm || exit
munged --foreground --force --socket="$1/munge.socket" --key-file="$1/munge.key" --pid-file="$1/munge.pid" \
  --log-file="$1/munged.log" --seed-file="$1/munge.seed" &
while [ ! -S "$1/munge.socket" ]; do sleep 0.1; done
slurmctld -D &
slurmd -D &
read -r _
"""


@dataclass(frozen=True)
class Slurm:
    """What runs, and how to speak to it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to find this cluster; as on a login node, but for the path of slurm.conf."""
        return os.environ | {
            "SLURM_CONF": str(self.folder / "etc" / "slurm.conf"),
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
        }

    def ask(self, *command: str) -> str:
        """What one of Slurm's commands answers."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True, timeout=30)
        return done.stdout

    def jobs(self) -> dict[str, dict[str, str]]:
        """All jobs so far, by number."""
        keys = {"job": "%i", "state": "%T", "partition": "%P", "account": "%a", "memory": "%m", "minutes": "%l"}
        rows = self.ask("squeue", "--all", "--states=all", "--noheader", "--format=" + "|".join(keys.values()))
        jobs = (dict(zip(keys, row.split("|"), strict=True)) for row in rows.splitlines())
        return {job.pop("job"): job for job in jobs}

    @contextmanager
    def snakemake(
        self, project: Path, said: Path, *arguments: str, partition: str = PARTITION
    ) -> Iterator[subprocess.Popen]:
        """Snakemake with the profile, which sends its jobs to a partition, until the block ends.

        What it says goes into the file `said`, and into the error, with Slurm's log, if something fails in the block.
        """
        command = [
            *(sys.executable, "-m", "snakemake", "--profile", "profiles/slurm"),
            *("--default-resources", f"slurm_partition={partition}", f"slurm_account={ACCOUNT}"),
            # The default of 40 seconds is meant for clusters that many share.
            *("--slurm-init-seconds-before-status-checks", "2"),
            *arguments,
        ]
        with said.open("w") as output:
            process = subprocess.Popen(
                command, cwd=project, env=self.environment, stdout=output, stderr=subprocess.STDOUT, text=True
            )
        try:
            yield process
        except BaseException as error:
            raise AssertionError(f"{said.read_text()}\n{self.log()}") from error
        finally:
            process.kill()
            process.wait()

    def log(self) -> str:
        """What the daemons said last."""
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))


def why_not() -> str | None:
    """Why no Slurm can be started here, if so."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} not found (on Debian: apt-get install slurm-wlm munge)"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "--bind", "/etc/slurm", "/etc/slurm"],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    if os.getuid() != 0 or tried.returncode != 0:
        return f"Slurm's daemons need root and a mount namespace of their own: {tried.stderr.strip() or 'not root'}"
    return None


@contextmanager
def one_node() -> Iterator[Slurm]:
    """A Slurm that is ready for jobs, until the block ends, however it ends."""
    # Not pytest's folder: the path of a socket may have 108 characters at most.
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as name:
        slurm = Slurm(Path(name))
        _write_files(slurm.folder)
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        with (slurm.folder / "daemons.log").open("w") as log:
            process = subprocess.Popen(
                [*namespaces, "sh", "-c", DAEMONS, "sh", name], stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        try:
            _wait_until_ready(slurm, process, seconds=60)
            yield slurm
        finally:
            process.stdin.close()
            process.wait(timeout=30)


def _write_files(folder: Path) -> None:
    for name in ("etc", "state", "spool", "bin"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    (folder / "etc" / "slurm.conf").write_text(
        CONFIGURATION.format(
            host=socket.gethostname().partition(".")[0],
            ports=free_ports(2),
            folder=folder,
            cpus=len(os.sched_getaffinity(0)),
            partition=PARTITION,
            abrupt=ABRUPT,
            urgent=URGENT,
            grace=GRACE,
        )
    )
    # Which accounts a user has, only a database knows; this answers in its place when the plugin asks.
    (folder / "bin" / "sacctmgr").write_text(f"#!/bin/sh\necho {ACCOUNT}\n")
    (folder / "bin" / "sacctmgr").chmod(0o755)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


def _wait_until_ready(slurm: Slurm, process: subprocess.Popen, seconds: float) -> None:
    command = ["sinfo", "--noheader", "--partition", PARTITION, "--format=%T"]
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        asked = subprocess.run(command, env=slurm.environment, capture_output=True, text=True, check=False, timeout=30)
        if asked.stdout.strip() == "idle":
            return
        time.sleep(0.2)
    raise RuntimeError(f"Slurm is not ready: {slurm.log()}")
