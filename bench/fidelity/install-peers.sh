#!/bin/sh
# Installs the tools that `npm run bench:fidelity` compares with, as far as this machine has their package managers:
# pgloader by apt (as root), the others from PyPI into bench/.data/peers. Nothing else on the machine is changed.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v pgloader >/dev/null && command -v apt-get >/dev/null; then
  apt-get update -q && apt-get install -y -q --no-install-recommends pgloader || echo "pgloader could not be installed" >&2
fi
python3 -m venv bench/.data/peers
bench/.data/peers/bin/pip install --quiet \
  "dlt[postgres]==1.31.0" sqlalchemy==2.1.9 \
  duckdb==1.5.5 duckdb-extension-sqlite-scanner==1.5.5 duckdb-extension-postgres-scanner==1.5.5
# Later versions of sling download their program; this is the newest that PyPI itself holds.
bench/.data/peers/bin/pip install --quiet sling-linux-amd64==1.4.11 || echo "sling could not be installed: its package is for Linux on amd64" >&2
