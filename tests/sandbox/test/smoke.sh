#!/bin/sh
# Starts the sandbox, takes a token, asks one question, ends it.
set -eu
program=$1
dir=$(mktemp -d)
"$program" serve --dir "$dir" --events 50 --tables DeviceInfo,DeviceProcessEvents &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$dir"' EXIT
tries=0
while [ ! -e "$dir/ready.json" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || { echo "the sandbox did not start"; exit 1; }
  sleep 0.05
done
port=$(sed 's/.*"port":\([0-9]*\).*/\1/' "$dir/ready.json")
origin=https://localhost:$port
token=$(curl -sS --cacert "$dir/ca.pem" "$origin/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token" \
  --data-urlencode grant_type=client_credentials --data-urlencode client_id=66666666-7777-8888-9999-000000000000 \
  --data-urlencode "client_secret=$(cat "$dir/secret")" \
  --data-urlencode scope=https://graph.microsoft.com/.default | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
answer=$(curl -sS --compressed --cacert "$dir/ca.pem" -H "Authorization: Bearer $token" \
  -H 'Content-Type: application/json' "$origin/v1.0/security/runHuntingQuery" \
  -d '{"Query":"DeviceProcessEvents | extend _Ingested = ingestion_time() | summarize n = count()","Timespan":"P30D"}')
echo "$answer"
case $answer in *'"results":[{"n":50}]'*) ;; *) exit 1 ;; esac
kill "$pid"
wait "$pid"
