"""Stands in for dask_gateway: workers are processes on this machine, which get
the cluster's environment and nothing else, as those of a gateway do."""

import os
import subprocess
import sys
import tempfile


class Cluster:
    name = "sandbox"

    def __init__(self, environment):
        self._environment = environment

    def scale(self, count):
        """Start the workers, wait for them and write down their answers."""
        workers = []
        for _ in range(count):
            home = tempfile.mkdtemp()
            environment = {"PATH": os.environ["PATH"], "HOME": home, **self._environment}
            workers.append(
                subprocess.Popen([sys.executable, os.environ["WORKER"], "1"], env=environment, stdout=subprocess.PIPE, text=True)
            )
        with open("answers", "w") as answers:
            for worker in workers:
                output, _ = worker.communicate()
                if worker.returncode == 0:
                    answers.write(output)


class Gateway:
    def new_cluster(self, environment, shutdown_on_close):
        assert shutdown_on_close is False
        return Cluster(environment)
