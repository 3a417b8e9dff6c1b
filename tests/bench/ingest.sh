#!/bin/bash
# Ingest end to end: harrierd against a bare prepared insert of the same rows and against a Python script, as ratios within one run.
set -eu
cd "$(dirname "$0")/../.."

usage() {
  cat <<'END'
usage: tests/bench/ingest.sh [--rows N] [--pairs N] [--bin DIR]

Serves N rows of DeviceProcessEvents (default 100000) from the sandbox's memory and collects them with harrierd --once and with
python_collector.py, alternately, --pairs times (default 5). bench_insert then writes the rows of the store bare. Last, the peak memory
for answers of 10,000 and of 100,000 rows. Prints medians; wall times mean something only while nothing else runs (the load is printed).
Build first: cmake --build --preset release --target harrierd harrier-sandbox bench_insert
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
stop() { [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; pid=""; }
cleanup() { stop; rm -rf "$work"; }
trap cleanup EXIT

# A tenant in $work/$1 whose rows lie within $2; further settings follow.
serve() {
  local dir=$work/$1 span=$2
  shift 2
  "$bin/harrier-sandbox" serve --dir "$dir" --tables DeviceProcessEvents --events "$rows" --span "$span" --late 0%:1h --quirks 0 "$@" \
    >"$work/log" 2>&1 &
  pid=$!
  until [ -s "$dir/ready.json" ]; do sleep 0.1; done
  sed -i 's/^poll_interval = "5m"/poll_interval = "5m"\ncalls_per_minute = 100000/' "$dir/harrier.toml"
}

# Prints "wall user+sys MB" of a command.
measure() { /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >/dev/null 2>"$work/err"; awk '{ print $1, $2 + $3, $4 / 1024 }' "$work/time"; }
column() { cut -d' ' -f"$2" "$work/$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
collect() { rm -rf "$work/$1/stores"; measure "$bin/harrierd" --config "$work/$1/harrier.toml" --once; }

echo "load at the start: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores"
serve t 10h
origin=$(sed -n 's/.*"origin":"\([^"]*\)".*/\1/p' "$work/t/ready.json")
collect t >/dev/null # the first time the rows are made
for _ in $(seq "$pairs"); do
  rm -rf "$work/py.db"*
  collect t >>"$work/ours"
  measure python3 tests/bench/python_collector.py "$origin" "$work/t/ca.pem" "$work/t/secret" 11111111-2222-3333-4444-555555555555 \
    66666666-7777-8888-9999-000000000000 DeviceProcessEvents "$work/py.db" 11 >>"$work/python"
done
stop
store=$work/t/stores/DeviceProcessEvents.db
stored=$(sqlite3 "$store" 'SELECT count(*) FROM DeviceProcessEvents')
"$bin/bench_insert" "$work/bare" "$store" "$pairs" | tee "$work/bare.txt"
bare=$(sed -n 's/^median of [0-9]*: bare \([0-9.]*\) us.row cpu, \([0-9.]*\) wall.*/\1 \2/p' "$work/bare.txt")

awk -v n="$stored" -v ow="$(column ours 1)" -v oc="$(column ours 2)" -v om="$(column ours 3)" -v pw="$(column python 1)" \
  -v pc="$(column python 2)" -v pm="$(column python 3)" -v bare="$bare" 'BEGIN {
  split(bare, b, " ")
  printf "harrierd --once: %d rows, %.2f s wall, %.1f us CPU a row, %.0f MB peak\n", n, ow, oc / n * 1e6, om
  printf "Python script:   %d rows, %.2f s wall, %.1f us CPU a row, %.0f MB peak\n", n, pw, pc / n * 1e6, pm
  printf "against Python:       wall %.1fx, CPU 1/%.1f, memory %.2fx\n", pw / ow, pc / oc, om / pm
  printf "against bare insert:  wall %.2fx, CPU %.2fx\n", b[2] * n / 1e6 / ow, oc / n * 1e6 / b[1] }'

for page in 10000 100000; do
  rows=$((page * 3))
  serve "m$page" 3h --max-rows 1000000 --max-bytes 1GB
  collect "m$page" >"$work/m$page.txt"
  stop
done
awk '{ mb[NR] = $3 } END { printf "peak memory: %.0f MB at 10,000 rows an answer, %.0f MB at 100,000: growth %.0f MB\n", mb[1], mb[2], mb[2] - mb[1] }' \
  "$work/m10000.txt" "$work/m100000.txt"
echo "load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
