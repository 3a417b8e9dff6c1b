#!/bin/bash
# Hunting queries against DuckDB with its own file, over the same rows in the same run, as ratios.
set -eu
cd "$(dirname "$0")/../.."

usage() {
  cat <<'END'
usage: tests/bench/query.sh [--rows N] [--pairs N] [--threads N] [--bin DIR] [--keep DIR]

Writes N processes (default 200000) and N/5 network events through the store's writer and the same rows into a DuckDB file,
asks both in turn, --pairs times (default 5), compares the answers and prints medians and Harrier / DuckDB. --keep: a folder
whose files are used again by the next run with the same --rows. 5000000 rows need 12 GB of disk, and of memory for the page
cache. Build first: cmake --build --preset release --target query_bench. Needs node and npm.
END
}

rows=200000
pairs=5
threads=2
bin=build/release/bin
keep=""
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift ;;
    --pairs) pairs=$2; shift ;;
    --threads) threads=$2; shift ;;
    --bin) bin=$2; shift ;;
    --keep) keep=$2; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
bin=$(realpath "$bin")

cd tests/bench/duckdb
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund >&2
work=${keep:-$(mktemp -d)}
[ -n "$keep" ] || trap 'rm -rf "$work"' EXIT
if [ "$(cat "$work/rows" 2>/dev/null)" != "$rows" ]; then
  mkdir -p "$work"
  rm -f "$work"/*.db "$work"/*.db-wal "$work"/*.db-shm "$work"/rows.duckdb
  "$bin/query_bench" fill "$work" "$rows"
  echo "$rows" >"$work/rows"
fi
node compare.mjs "$bin/query_bench" "$work" "$rows" "$pairs" "$threads"
