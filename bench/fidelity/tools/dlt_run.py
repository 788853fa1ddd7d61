"""Loads a SQLite file with dlt's own SQL source: dlt_run.py FILE URL FOLDER"""
import os
import sys

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
from dlt.sources.sql_database import sql_database

file, url, folder = sys.argv[1:4]
destination = dlt.destinations.postgres(credentials=url, naming_convention="sql_cs_v1", create_indexes=True)
pipeline = dlt.pipeline("fidelity", pipelines_dir=folder, destination=destination, dataset_name="public")
source = sql_database(
    credentials="sqlite:///" + file, reflection_level="full_with_precision", resolve_foreign_keys=True
)
source.schema.naming = "sql_cs_v1"
print(pipeline.run(source, write_disposition="replace"))
