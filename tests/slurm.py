"""A real Slurm of one node on loopback, with all its files in one folder.

Munge, slurmctld and slurmd run in a mount namespace of their own, in which the folder's slurm.conf lies at its default
path: job steps look nowhere else. They also have a process namespace of their own; when its first process ends, the
kernel kills all others in it: daemons, jobs, and what the jobs started.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faults import Workflow, wait_for

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "munged", "unshare")
# Urgent jobs preempt those of the other two, in "work" with a minute between SIGTERM and SIGKILL.
PARTITION, ABRUPT, URGENT = "work", "abrupt", "urgent"
ACCOUNT = "testing"

# No accounting and no cgroups, which need a database and a machine of their own. The default partition runs no jobs,
# so whatever runs was sent to another one on purpose. Slurm remembers jobs for an hour, so that tests can ask for them.
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
PartitionName=work Nodes=ALL State=UP PriorityTier=1 GraceTime=60
PartitionName=abrupt Nodes=ALL State=UP PriorityTier=1 GraceTime=0
PartitionName=urgent Nodes=ALL State=UP PriorityTier=2 PreemptMode=OFF
"""

# The first process of the namespaces ends with its input: when the test closes it, or was killed.
# --force lets munge run although everybody may write to /tmp.
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
    """A running cluster."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which Slurm's commands, and Snakemake, find this cluster."""
        return os.environ | {
            "SLURM_CONF": str(self.folder / "etc" / "slurm.conf"),
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
        }

    def ask(self, *command: str) -> str:
        """The output of one of Slurm's commands."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True, timeout=30)
        return done.stdout

    def jobs(self) -> dict[str, dict[str, str]]:
        """State, partition, account, memory and time limit of all jobs so far, by number."""
        keys = {"job": "%i", "state": "%T", "partition": "%P", "account": "%a", "memory": "%m", "minutes": "%l"}
        rows = self.ask("squeue", "--all", "--states=all", "--noheader", "--format=" + "|".join(keys.values()))
        jobs = (dict(zip(keys, row.split("|"), strict=True)) for row in rows.splitlines())
        return {job.pop("job"): job for job in jobs}

    @contextmanager
    def snakemake(self, project: Path, *arguments: str, partition: str = PARTITION) -> Iterator[Workflow]:
        """Run Snakemake with the Slurm profile until the block ends; an error in the block shows both logs."""
        command = [
            *("--profile", "profiles/slurm"),
            *("--default-resources", f"slurm_partition={partition}", f"slurm_account={ACCOUNT}"),
            # The default of 40 seconds spares clusters that many share.
            *("--slurm-init-seconds-before-status-checks", "2"),
        ]
        workflow = Workflow(project, [*command, *arguments], **self.environment)
        try:
            yield workflow
        except BaseException as error:
            raise AssertionError(f"{workflow.output}\n{self.log()}") from error
        finally:
            workflow.kill_all()

    def log(self) -> str:
        """The end of each daemon's log."""
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))


def why_not() -> str | None:
    """The reason why Slurm cannot be started here; None if it can."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} not found (on Debian: apt-get install slurm-wlm munge)"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "--bind", "/etc/slurm", "/etc/slurm"],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    failed = f"Slurm's daemons need root and a mount namespace of their own: {tried.stderr.strip()}"
    return failed if tried.returncode else None


@contextmanager
def one_node() -> Iterator[Slurm]:
    """Run a Slurm that is ready for jobs until the block ends."""
    # Not pytest's folder: the path of a socket has at most 108 characters.
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
            cpus=max(2, len(os.sched_getaffinity(0))),
        )
    )
    # Snakemake's plugin asks which accounts a user has; only a database knows, so this answers instead.
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

    def ready() -> bool:
        asked = subprocess.run(command, env=slurm.environment, capture_output=True, text=True, check=False, timeout=30)
        return asked.stdout.strip() == "idle" or process.poll() is not None

    try:
        wait_for(ready, seconds)
    except TimeoutError:
        raise RuntimeError(f"Slurm is not ready: {slurm.log()}") from None
