"""Worker processes: they end with the process that made them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bp.execution.workers import worker_processes


def report_pid(folder):
    Path(folder, f"pid{os.getpid()}").touch()
    time.sleep(600)


DRIVER = """
import sys
sys.path.insert(0, sys.argv[2])
import test_workers
from bp.execution.workers import worker_processes
if __name__ == "__main__":
    with worker_processes(2) as executor:
        for work in [executor.submit(test_workers.report_pid, sys.argv[1]) for _ in range(5)]:
            work.result()
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_process_that_made_them(tmp_path, how):
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    driver = subprocess.Popen([sys.executable, script, tmp_path, Path(__file__).parent], stderr=subprocess.DEVNULL)
    wait_until(lambda: driver.poll() is not None or len(list(tmp_path.glob("pid*"))) == 2)
    assert driver.poll() is None
    driver.send_signal(how)
    driver.wait(300)
    pids = [int(path.name[3:]) for path in tmp_path.glob("pid*")]
    wait_until(lambda: not any(map(alive, pids)))


def wait_until(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_one_worker_is_this_process():
    with worker_processes(1) as executor:
        assert executor is None


@pytest.mark.parametrize(("number", "error"), [(0, ValueError), (-2, ValueError), (True, TypeError), (1.0, TypeError)])
def test_bad_numbers(number, error):
    with pytest.raises(error, match=f"workers must be a positive integer; got {number}"):
        worker_processes(number)
