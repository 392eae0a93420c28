"""Memory is asked for before it is taken, within the limits of the machine, the process and its groups."""

import resource
import subprocess
import sys

import numpy as np
import pytest

from bp import memory

GB = 10**9


def test_what_fits_passes_and_what_does_not_is_refused_by_a_sentence():
    memory.require_memory(1e9, "messages", "take fewer", limit=1e9)
    with pytest.raises(MemoryError, match=r"^messages take 2\.5 GB, but 1 GB are available; take fewer$"):
        memory.require_memory(2.5e9, "messages", "take fewer", limit=1e9)


def test_the_limit_is_what_the_system_can_give(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 3e9)
    memory.require_memory(2.9e9, "messages", "take fewer")
    with pytest.raises(MemoryError, match="3 GB are available"):
        memory.require_memory(3.1e9, "messages", "take fewer")


@pytest.fixture
def system(tmp_path, monkeypatch):
    """What the system tells: a function that writes its files."""

    def tell(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    monkeypatch.setattr(memory, "_ROOT", tmp_path)
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    return tell


def test_the_machine(system):
    assert memory.available_memory() == np.inf
    system(proc__meminfo="MemTotal: 1 kB\n")
    assert memory.available_memory() == np.inf
    system(proc__meminfo="MemTotal:       16000 kB\nMemAvailable:    8000 kB\n")
    assert memory.available_memory() == 8000 * 1024


@pytest.mark.parametrize(("kind", "left"), [(resource.RLIMIT_AS, 6), (resource.RLIMIT_DATA, 7)])
def test_limits_of_the_process(system, monkeypatch, kind, left):
    system(proc__self__status="Name: python\nVmSize:\t 4000000 kB\nVmData:\t 3000000 kB\n")
    limit = {kind: (10 * 1024 * 10**6, 0)}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limit.get(kind, (resource.RLIM_INFINITY, 0)))
    assert memory.available_memory() == left * 1024 * 10**6


def test_groups_of_version_2(system):
    """The group of the process has no limit, the one above it has; what it holds of files can be given back."""
    system(
        proc__self__cgroup="0::/batch.slice/job 7/step\n",
        proc__self__mountinfo=(
            "25 1 0:1 / /proc rw - proc proc rw\n30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        ),
    )
    folder = "sys__fs__cgroup__batch.slice__job 7"
    system(
        **{
            f"{folder}__step__memory.max": "max\n",
            f"{folder}__step__memory.current": "5\n",
            f"{folder}__memory.max": f"{4 * GB}\n",
            f"{folder}__memory.current": f"{3 * GB}\n",
            f"{folder}__memory.stat": f"anon 1\ninactive_file {GB // 2}\nactive_file 7\n",
        }
    )
    assert memory.available_memory() == 1.5 * GB
    system(**{f"{folder}__memory.current": f"{5 * GB}\n"})
    assert memory.available_memory() == 0.0


@pytest.mark.parametrize("root", ["/", "/docker/ab12"])
def test_groups_of_version_1(system, root):
    """On the machine itself, and in a container, which sees its own group as the uppermost one."""
    system(
        proc__self__cgroup="9:name=systemd:/x\n4:cpu,memory:/docker/ab12\n0::/\n",
        proc__self__mountinfo=(
            "34 31 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
            f"35 31 0:32 {root} /sys/fs/cgroup/memory rw,relatime shared:7 - cgroup cgroup rw,memory\n"
        ),
    )
    folder = "sys__fs__cgroup__memory" + ("__docker__ab12" if root == "/" else "")
    system(
        **{
            f"{folder}__memory.limit_in_bytes": f"{2 * GB}\n",
            f"{folder}__memory.usage_in_bytes": f"{GB}\n",
            f"{folder}__memory.stat": "inactive_file 7\ntotal_inactive_file 100\n",
        }
    )
    assert memory.available_memory() == GB + 100


LIMITED = """
import bp, replica_theory as rt
inst = bp.random_instance(rt.BinaryPerceptron(), 8001, 1.0, rng=1)
try:
    bp.belief_propagation(inst)
except MemoryError as error:
    print(error)
print(bp.belief_propagation(inst, "amp", max_iter=1, on_failure="return").iterations)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are those of Linux")
def test_a_limited_process_refuses_and_names_the_method_that_fits():
    limit = resource.RLIMIT_AS, (1_500_000_000, resource.RLIM_INFINITY)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], preexec_fn=lambda: resource.setrlimit(*limit),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    refused, one = done.stdout.splitlines()
    assert "method='gaussian' keeps a message for each of 8001 x 8001 edges; these take 1.12 GB" in refused
    assert refused.endswith("method='amp' needs node variables only")
    assert (one, done.stderr, done.returncode) == ("1", "", 0)
