"""Worker processes of Dask on this machine, for tests."""

from contextlib import contextmanager

import pytest


@contextmanager
def dask_workers(number):
    """Client and executor of a LocalCluster; patient, for the machine may be busy."""
    distributed = pytest.importorskip("distributed", reason="dask's distributed is not installed (extra [cluster])")
    import dask

    patience = {"distributed.comm.timeouts.connect": "300s", "distributed.comm.timeouts.tcp": "300s"}
    with (
        dask.config.set(patience),
        distributed.LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",  # any free port
            worker_dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster, timeout="300s", set_as_default=False) as client,
        client.get_executor() as executor,
    ):
        yield client, executor
