"""Loads a SQLite file with dlt's own SQL source: dlt_run.py FILE URL FOLDER [BACKEND]

All tables at once; where that fails, each table by itself, so that one cannot keep back the others. Tells every table that fails, and exits
with 1 then. BACKEND reads the rows (pyarrow, connectorx): then they go to PostgreSQL as Parquet through ADBC, and a failure ends it.
"""
import os
import sys

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
from dlt.sources.sql_database import sql_database

file, url, folder = sys.argv[1:4]
backend = sys.argv[4] if len(sys.argv) > 4 else None


def load(name, *tables):
    destination = dlt.destinations.postgres(credentials=url, naming_convention="sql_cs_v1", create_indexes=True)
    pipeline = dlt.pipeline(name, pipelines_dir=folder, destination=destination, dataset_name="public")
    source = sql_database(
        credentials="sqlite:///" + file,
        table_names=list(tables) or None,
        reflection_level="full_with_precision",
        resolve_foreign_keys=True,
        **({"backend": backend} if backend else {}),
    )
    source.schema.naming = "sql_cs_v1"
    how = {"loader_file_format": "parquet"} if backend else {}
    print(pipeline.run(source, write_disposition="replace", **how))


try:
    load("everything")
except Exception as error:
    print(f"ERROR all tables at once: {error}", file=sys.stderr)
    if backend:
        sys.exit(1)
    import sqlite3

    tables = [name for (name,) in sqlite3.connect(file).execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY 1")]
    for number, table in enumerate(tables):
        try:
            load(f"table_{number}", table)
        except Exception as reason:
            print(f"ERROR table {table}: {reason}", file=sys.stderr)
    sys.exit(1)
