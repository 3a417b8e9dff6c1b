#!/usr/bin/env python3
"""Runs the examples of docs/stores.md against stores that the sandbox tenant filled.

usage: examples.py HARRIERD HARRIER-SANDBOX DOCS

An example whose tool is not installed is skipped, and said so.
"""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "support"))
from tenant import Tenant

DAEMON, SANDBOX, DOCS = sys.argv[1:4]
FENCE = re.compile(r"^```(sqlite3|python|duckdb|datasette|grafana)\n(.*?)^```", re.M | re.S)


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def sqlite3_shell(text):
    if not shutil.which("sqlite3"):
        return None
    return run(["sqlite3", "-batch", ":memory:"], input=text)


def python(text):
    return run([sys.executable, "-c", text])


def duckdb(text):
    try:
        import duckdb as module
        module.sql("LOAD sqlite")
    except Exception:  # not installed, or its extension is not
        return None
    text = text.replace("INSTALL sqlite; ", "")
    return "\n".join(str(row) for row in module.sql(text).fetchall())


def datasette(text):
    if not shutil.which("datasette"):
        return None
    answer = run(["sh", "-c", text])
    return "" if answer.strip() == "[]" else answer


def grafana(text):
    now = int(time.time() * 1000)
    for macro, value in (("$__from", now - 7 * 86400 * 1000), ("$__to", now + 86400 * 1000)):
        text = text.replace(macro, str(value))
    name = re.search(r"FROM (\w+)", text).group(1)
    with sqlite3.connect(f"file:{STORES}/{name}.db?mode=ro", uri=True) as database:
        return "\n".join(str(row) for row in database.execute(text))


RUNNERS = {"sqlite3": sqlite3_shell, "python": python, "duckdb": duckdb, "datasette": datasette, "grafana": grafana}

tenant = Tenant(SANDBOX, {"DeviceProcessEvents", "DeviceNetworkEvents", "SigninLogs"}, "--tables",
                "DeviceProcessEvents,DeviceNetworkEvents", "--apis", "hunting,graph", "--events", "2000")
try:
    run(tenant.program(DAEMON, "--once"))
finally:
    tenant.close()
STORES = tenant.stores
with open(os.path.join(DOCS, "stores.md")) as file:
    examples = FENCE.findall(file.read())
assert {kind for kind, _ in examples} == set(RUNNERS), "an example is missing"
for kind, text in examples:
    answer = RUNNERS[kind](text.replace("/var/lib/harrier", STORES))
    if answer is None:
        print(f"skipped: the example for {kind}, whose tool is not installed")
        continue
    assert answer.strip(), f"the example for {kind} has no answer"
    print(f"{kind}: {len(answer.splitlines())} lines")
