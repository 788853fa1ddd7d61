#!/bin/sh
# Installs the tools that `npm run bench` and `npm run bench:fidelity` compare with, as far as this machine has their package managers:
# pgloader, psql and sqlite3 by apt (as root) where they are missing, the others from PyPI into bench/.data/peers. Nothing else on the
# machine is changed. Repeatable.
set -eu
cd "$(dirname "$0")/../.."
missing=""
command -v pgloader >/dev/null || missing="$missing pgloader"
command -v sqlite3 >/dev/null || missing="$missing sqlite3"
command -v psql >/dev/null || missing="$missing postgresql-client"
if [ -n "$missing" ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086 # several packages
  { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } || echo "could not be installed:$missing" >&2
fi
python3 -m venv bench/.data/peers
bench/.data/peers/bin/pip install --quiet \
  "dlt[postgres]==1.31.0" sqlalchemy==2.1.9 pyarrow==26.0.1 connectorx==0.4.6 adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0 \
  duckdb==1.5.5 duckdb-extension-sqlite-scanner==1.5.5 duckdb-extension-postgres-scanner==1.5.5
# Later versions of sling download their program; this is the newest that PyPI itself holds.
bench/.data/peers/bin/pip install --quiet sling-linux-amd64==1.4.11 || echo "sling could not be installed: its package is for Linux on amd64" >&2
