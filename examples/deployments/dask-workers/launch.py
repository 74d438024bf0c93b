"""Starts a Dask Gateway cluster whose workers have this process's EarthScope settings."""

import os

from dask_gateway import Gateway

settings = {name: value for name, value in os.environ.items() if name.startswith("ES_")}

gateway = Gateway()
# The option's name is the gateway's own: GeoLab and most others call it "environment".
cluster = gateway.new_cluster(environment=settings, shutdown_on_close=False)
cluster.scale(int(os.environ["WORKERS"]))
print(f"cluster {cluster.name} with {os.environ['WORKERS']} workers")
