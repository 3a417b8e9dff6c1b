#!/bin/bash
# Ingest end to end: harrierd against a bare prepared insert and against a Python script, as ratios within one run.
set -eu
cd "$(dirname "$0")/../.."

usage() {
  cat <<'END'
usage: tests/bench/ingest.sh [--rows N] [--pairs N] [--bin DIR]

Serves N rows of DeviceProcessEvents (default 100000) from the sandbox and collects them with harrierd --once and with
python_collector.py, alternately, --pairs times (default 5). bench_insert gives the bare insert of 60-column rows.
Prints medians. Build first: cmake --build --preset release
END
}

rows=100000
pairs=5
bin=build/release/bin
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift ;;
    --pairs) pairs=$2; shift ;;
    --bin) bin=$2; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

work=$(mktemp -d)
pid=""
cleanup() { [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

"$bin/harrier-sandbox" serve --dir "$work/t" --tables DeviceProcessEvents --events "$rows" --span 10h --late 0%:1h --quirks 0 >"$work/log" 2>&1 &
pid=$!
until [ -s "$work/t/ready.json" ]; do sleep 0.1; done
sed -i 's/^poll_interval = "5m"/poll_interval = "5m"\ncalls_per_minute = 100000/' "$work/t/harrier.toml"
origin=$(sed -n 's/.*"origin":"\([^"]*\)".*/\1/p' "$work/t/ready.json")

# Prints "wall user+sys MB" of a command.
measure() { /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >/dev/null 2>"$work/err"; awk '{ print $1, $2 + $3, $4 / 1024 }' "$work/time"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for _ in $(seq "$pairs"); do
  rm -rf "$work/t/stores" "$work/py.db"*
  measure "$bin/harrierd" --config "$work/t/harrier.toml" --once >>"$work/ours"
  measure python3 tests/bench/python_collector.py "$origin" "$work/t/ca.pem" "$work/t/secret" 11111111-2222-3333-4444-555555555555 \
    66666666-7777-8888-9999-000000000000 DeviceProcessEvents "$work/py.db" 11 >>"$work/python"
done
stored=$(sqlite3 "$work/t/stores/DeviceProcessEvents.db" 'SELECT count(*) FROM DeviceProcessEvents')

our_wall=$(cut -d' ' -f1 "$work/ours" | median)
our_cpu=$(cut -d' ' -f2 "$work/ours" | median)
our_mb=$(cut -d' ' -f3 "$work/ours" | median)
py_wall=$(cut -d' ' -f1 "$work/python" | median)
py_cpu=$(cut -d' ' -f2 "$work/python" | median)
py_mb=$(cut -d' ' -f3 "$work/python" | median)
awk -v n="$stored" -v ow="$our_wall" -v oc="$our_cpu" -v om="$our_mb" -v pw="$py_wall" -v pc="$py_cpu" -v pm="$py_mb" 'BEGIN {
  printf "harrierd --once: %d rows, %.2f s wall, %.1f us CPU a row, %.0f MB peak\n", n, ow, oc / n * 1e6, om
  printf "Python script:   %d rows, %.2f s wall, %.1f us CPU a row, %.0f MB peak\n", n, pw, pc / n * 1e6, pm
  printf "against Python:  wall %.1fx, CPU 1/%.1f, memory %.2fx\n", pw / ow, pc / oc, om / pm }'
[ ! -x "$bin/bench_insert" ] || "$bin/bench_insert"
