#!/usr/bin/env python3
"""Prometheus itself scrapes the daemon as docs/metrics.md says; dashboard and alert rules find what they ask for.

usage: prometheus.py HARRIERD HARRIER-SANDBOX DOCS EXAMPLES
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

if not shutil.which("prometheus"):
    print("skipped: prometheus is not installed")
    sys.exit(0)

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "support"))
from tenant import Tenant

DAEMON, SANDBOX, DOCS, EXAMPLES = map(os.path.abspath, sys.argv[1:5])
TABLES = {"DeviceProcessEvents", "DeviceInfo"}
# A client secret has no end that the service tells.
WITHOUT_ANSWER = {"harrier_credential_expiry_timestamp_seconds"}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def ask(path, **parameters):
    """The data of Prometheus' answer; nothing while it does not listen."""
    url = f"http://127.0.0.1:{PORT}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{path} {parameters}: {error.read().decode()}") from error
    except (urllib.error.URLError, ConnectionError):
        return None


def until(what, holds):
    end = time.monotonic() + 120
    while not (found := holds()):
        assert time.monotonic() < end, f"in vain: {what}"
        for program in programs:
            assert program.poll() is None, f"{program.args[0]} ended"
        time.sleep(0.1)
    return found


def results(query):
    answer = ask("query", query=query)
    return answer and answer["result"]


def target_up():
    answer = ask("targets")
    return answer and all(target["health"] == "up" for target in answer["activeTargets"]) and answer["activeTargets"]


def quiet_rules():
    """The rules, when each was evaluated without an error and has nothing to say."""
    answer = ask("rules")
    rules = answer and [rule for group in answer["groups"] for rule in group["rules"]]
    for rule in rules or []:
        assert rule["health"] != "err", rule
    return rules and all(rule["health"] == "ok" and not rule["alerts"] for rule in rules) and rules


def configure(folder, port):
    with open(os.path.join(DOCS, "metrics.md")) as file:
        scrape = re.search(r"^```yaml\n(.*?)^```", file.read(), re.M | re.S).group(1)
    assert "127.0.0.1:9464" in scrape
    path = os.path.join(folder, "prometheus.yml")
    with open(path, "w") as file:
        file.write("global: {scrape_interval: 1s, evaluation_interval: 1s}\n")
        file.write(f"rule_files: [{json.dumps(os.path.join(EXAMPLES, 'alerts.yml'))}]\n")
        file.write(scrape.replace("127.0.0.1:9464", f"127.0.0.1:{port}"))
    return path


programs = []
tenant = Tenant(SANDBOX, TABLES, "--tables", ",".join(sorted(TABLES)), "--events", "200")
folder = tenant.folder.name
try:
    served, PORT = free_port(), free_port()
    with open(tenant.config, "a") as file:
        file.write(f'\n[metrics]\nlisten = "127.0.0.1:{served}"\n')
    with open(os.path.join(folder, "programs.log"), "w") as log:
        programs.append(subprocess.Popen(tenant.program(DAEMON), stdout=log, stderr=log))
        programs.append(subprocess.Popen(
            ["prometheus", "--config.file=" + configure(folder, served), "--storage.tsdb.path=" + os.path.join(folder, "data"),
             f"--web.listen-address=127.0.0.1:{PORT}"], stdout=log, stderr=log))
    until("the target is up", target_up)
    late = "harrier_lag_seconds - harrier_expected_lag_seconds"
    until("every table is caught up", lambda: {r["metric"]["table"] for r in results(late) or []} == TABLES)
    until("two scrapes", lambda: results("count_over_time(up[5m]) > 2"))
    asked = 0
    with open(os.path.join(EXAMPLES, "grafana.json")) as file:
        for panel in json.load(file)["panels"]:
            for target in panel["targets"]:
                answer = results(target["expr"])
                assert answer or any(name in target["expr"] for name in WITHOUT_ANSWER), target["expr"]
                asked += 1
    rules = until("no rule has an alert", quiet_rules)
    print(f"{asked} expressions of the dashboard, {len(rules)} rules")
finally:
    for program in programs:
        program.terminate()
        program.wait()
    tenant.close()
