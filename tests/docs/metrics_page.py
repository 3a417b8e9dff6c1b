#!/usr/bin/env python3
"""The daemon's metrics page, judged by the parser of Prometheus' own client, and against docs/metrics.md.

usage: metrics_page.py HARRIERD HARRIER-SANDBOX DOCS
"""
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    print("skipped: prometheus_client is not installed")
    sys.exit(0)

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "support"))
from tenant import Tenant

DAEMON, SANDBOX, DOCS = sys.argv[1:4]
TABLES = {"DeviceProcessEvents", "DeviceInfo"}


def fetch(url):
    """The page's text and kind; nothing while it is not served."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read().decode(), answer.headers["Content-Type"]
    except (urllib.error.URLError, ConnectionError):
        return "", ""


def page_of(tenant):
    """The page when every table is collected."""
    with open(tenant.config, "a") as file:
        file.write('\n[metrics]\nlisten = "127.0.0.1:0"\n')
    log_file = os.path.join(tenant.folder.name, "daemon.log")
    with open(log_file, "w") as log:
        daemon = subprocess.Popen(tenant.program(DAEMON), stdout=log, stderr=log)
    try:
        port = None
        end = time.monotonic() + 120
        while time.monotonic() < end:
            assert daemon.poll() is None, open(log_file).read()
            port = port or re.search(r"Serving metrics. port=(\d+)", open(log_file).read())
            text, kind = fetch(f"http://127.0.0.1:{port.group(1)}/metrics") if port else ("", "")
            seen = re.findall(r'harrier_last_success_timestamp_seconds{table="(\w+)"}', text)
            if set(seen) == TABLES:
                return text, kind
            time.sleep(0.1)
        raise AssertionError(f"in vain:\n{text}\n{open(log_file).read()}")
    finally:
        daemon.terminate()
        daemon.wait()


def documented():
    """Kind and labels of every metric of the page in the documentation."""
    with open(os.path.join(DOCS, "metrics.md")) as file:
        rows = re.findall(r"^\| `(harrier_\w+)`(?: `{([\w,]+)}`)? \| (\w+) \|", file.read(), re.M)
    return {name: (kind, set(filter(None, labels.split(",")))) for name, labels, kind in rows}


tenant = Tenant(SANDBOX, TABLES, "--tables", ",".join(sorted(TABLES)), "--events", "200")
try:
    text, kind = page_of(tenant)
finally:
    tenant.close()
assert kind.startswith("application/openmetrics-text; version=1.0.0"), kind
families = list(text_string_to_metric_families(text))
wanted = documented()
for family in families:
    name = family.name + ("_total" if family.type == "counter" else "")
    assert name in wanted, f"{name} is not in docs/metrics.md"
    assert family.type == wanted[name][0], f"{name} is a {family.type}"
    assert family.documentation.endswith("."), f"{name} does not say what it is"
    for suffix in ("seconds", "bytes"):
        assert not family.name.endswith("_" + suffix) or family.unit == suffix, f"{name} has no unit"
    for sample in family.samples:
        assert set(sample.labels) - {"le"} == wanted[name][1], f"{sample.name}: {sample.labels}"
absent = set(wanted) - {family.name + ("_total" if family.type == "counter" else "") for family in families}
assert not absent, f"documented, but not served: {absent}"
rows = {s.labels["table"]: s.value for f in families if f.name == "harrier_rows" for s in f.samples}
assert set(rows) == TABLES and min(rows.values()) > 0, rows
print(f"{len(families)} families")
