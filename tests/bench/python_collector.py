"""What an admin would write in an afternoon: one hunting table into SQLite, with the standard library only.

The baseline of ingest.sh: token, one query an hour of ingestion time, json, executemany INSERT OR IGNORE with a unique key.
"""

import datetime
import gzip
import json
import sqlite3
import ssl
import sys
import urllib.parse
import urllib.request

origin, ca, secret_file, tenant, client, table, database, hours = sys.argv[1:9]
context = ssl.create_default_context(cafile=ca)


def post(path, body, headers):
    request = urllib.request.Request(origin + path, data=body, headers=headers)
    with urllib.request.urlopen(request, context=context) as answer:
        data = answer.read()
        return json.loads(gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data)


with open(secret_file, encoding="utf-8") as file:
    form = {"client_id": client, "client_secret": file.read().rstrip("\n"), "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default"}
token = post(f"/{tenant}/oauth2/v2.0/token", urllib.parse.urlencode(form).encode(),
             {"Content-Type": "application/x-www-form-urlencoded"})["access_token"]

store = sqlite3.connect(database)
store.execute("PRAGMA journal_mode=WAL")
columns = None
now = datetime.datetime.now(datetime.timezone.utc)
start = now - datetime.timedelta(hours=int(hours))
rows = 0
while start < now:
    end = start + datetime.timedelta(hours=1)
    query = (f"{table}\n| extend _Ingested = ingestion_time()\n| where _Ingested >= datetime({start:%Y-%m-%dT%H:%M:%S.%fZ}) "
             f"and _Ingested < datetime({end:%Y-%m-%dT%H:%M:%S.%fZ})")
    answer = post("/v1.0/security/runHuntingQuery", json.dumps({"Query": query, "Timespan": "P30D"}).encode(),
                  {"Content-Type": "application/json", "Authorization": "Bearer " + token, "Accept-Encoding": "gzip"})
    if columns is None:
        columns = [column["name"] for column in answer["schema"]]
        names = ", ".join(f'"{name}"' for name in columns if name != "LogonID")
        columns = [name for name in columns if name != "LogonID"]
        store.execute(f"CREATE TABLE t ({names}, UNIQUE (Timestamp, DeviceId, ReportId))")
    values = [tuple(json.dumps(row[c]) if isinstance(row.get(c), (dict, list)) else row.get(c) for c in columns)
              for row in answer["results"]]
    marks = ", ".join("?" * len(columns))
    store.executemany(f"INSERT OR IGNORE INTO t VALUES ({marks})", values)
    store.commit()
    rows += len(values)
    start = end
print(rows)
