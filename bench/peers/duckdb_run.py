"""Copies each table of a SQLite file with DuckDB: duckdb_run.py FILE URL. Tells every table that it cannot copy; exits with 1 then."""
import glob
import sys
import sysconfig

import duckdb

file, url = sys.argv[1:3]
packages = sysconfig.get_paths()["purelib"]
db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
for name in ("sqlite_scanner", "postgres_scanner"):
    path = glob.glob(f"{packages}/duckdb_extension_{name}/extensions/*/{name}.duckdb_extension")[0]
    db.execute(f"LOAD '{path}'")
db.execute("ATTACH '%s' AS source (TYPE sqlite, READ_ONLY)" % file.replace("'", "''"))
db.execute("ATTACH '%s' AS target (TYPE postgres)" % url.replace("'", "''"))
failed = 0
tables = db.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'source' ORDER BY 1").fetchall()
for (table,) in tables:
    name = '"' + table.replace('"', '""') + '"'
    try:
        db.execute(f"CREATE TABLE target.public.{name} AS SELECT * FROM source.main.{name}")
        print(f"copied {table}")
    except Exception as error:
        failed += 1
        print(f"ERROR table {table}: {error}", file=sys.stderr)
sys.exit(1 if failed else 0)
