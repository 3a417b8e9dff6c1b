#!/usr/bin/env python3
"""A daemon with 60 tables, faults and retention, watched for a while: memory, descriptors and lag must stay flat.

Samples /proc and /metrics, then stops the daemon, lets it catch up without faults and compares the stores with the sandbox's ledger.
Writes samples.csv, report.md and soak.svg into the output folder. Exit code 0 when all is flat and complete, else 1.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from plot import write_plot

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLES = 60
PROBABILITY = 0.01
FAULTS = ([{"kind": kind, "probability": PROBABILITY} for kind in
           ("reset_before_head", "reset_in_head", "reset_in_body", "torn_gzip", "wrong_crc", "wrong_length", "truncated_json",
            "bad_gateway", "gateway_timeout", "close_idle", "expire_tokens", "reorder")] +
          [{"kind": "throttle", "form": form, "seconds": 1, "probability": PROBABILITY / 2} for form in ("integer", "fraction", "date")] +
          [{"kind": "unavailable", "seconds": 1, "probability": PROBABILITY},
           {"kind": "status", "status": 500, "probability": PROBABILITY},
           {"kind": "slow", "seconds": 1, "probability": PROBABILITY},
           {"kind": "repeat", "share": 0.2, "probability": PROBABILITY}])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"), help="folder of the programs")
    parser.add_argument("--out", help="folder for the report (default: a temporary one, whose name is printed)")
    parser.add_argument("--rate", type=float, default=0.2, help="live events a second and table")
    parser.add_argument("--every", type=float, default=5, help="seconds between samples")
    parser.add_argument("--idle", action="store_true", help="no events and no faults: what the daemon costs at rest")
    return parser.parse_args()


def hunting_tables():
    folder = os.path.join(ROOT, "storage/tables")
    names = []
    for file in sorted(os.listdir(folder)):
        with open(os.path.join(folder, file), encoding="utf-8") as text:
            head = text.read()
        if 'connector = "microsoft365_defender"' in head and not file.startswith("Mde"):
            names.append(file[:-len(".toml")])
    return names[:TABLES]


def tables_read_whole():
    """Their lag grows for hours between two reads, as it should."""
    path = os.path.join(ROOT, "connectors/microsoft365_defender/streams.toml")
    with open(path, encoding="utf-8") as file:
        streams = file.read().split("[[stream]]")
    return {re.search(r'^table = "(\w+)"', stream, re.M)[1] for stream in streams if '\nclock = "snapshot"' in stream}


class Tenant:
    """The sandbox and its folder."""

    def __init__(self, options, folder, tables):
        self.folder = folder
        self.command = os.path.join(options.bin, "harrier-sandbox")
        events = "0" if options.idle else "200"
        rate = "0" if options.idle else str(options.rate)
        self.process = subprocess.Popen([self.command, "serve", "--dir", folder, "--apis", "hunting", "--tables", ",".join(tables),
                                         "--events", events, "--rate", rate, "--span", "3h", "--late", "0%:1h", "--token-lifetime", "300"],
                                        stdout=subprocess.DEVNULL)
        ready = os.path.join(folder, "ready.json")
        while not os.path.exists(ready):
            time.sleep(0.1)
        with open(ready, encoding="utf-8") as file:
            self.origin = json.load(file)["origin"]
        self.context = ssl.create_default_context(cafile=os.path.join(folder, "ca.pem"))

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.origin + path, data=data, method=method)
        with urllib.request.urlopen(request, context=self.context) as answer:
            return json.loads(answer.read() or b"null")

    def configure(self, retained, port):
        path = os.path.join(self.folder, "harrier.toml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        text = text.replace('poll_interval = "5m"', 'poll_interval = "1m"\ncalls_per_minute = 100000')
        for table in retained:
            text = text.replace(f"\n{table} = true\n", f'\n{table} = {{ enabled = true, retention = "90m" }}\n')
        text += f'\n[metrics]\nlisten = "127.0.0.1:{port}"\n'
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def compare(self, tables):
        command = [self.command, "compare", "--dir", self.folder, "--stores", os.path.join(self.folder, "stores"),
                   "--tables", ",".join(tables)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout.strip().splitlines()


def values(text, name):
    return [float(value) for value in re.findall(rf"^{name}(?:_total)?(?:\{{[^}}]*\}})? (\S+)$", text, re.M)]


def lags_of(metrics, whole):
    pairs = re.findall(r'^harrier_lag_seconds\{table="(\w+)"\} (\S+)$', metrics, re.M)
    return [float(value) for table, value in pairs if table not in whole] or [0.0]


def sample(pid, port, start, whole):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        status = file.read()
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        times = file.read().rsplit(")", 1)[1].split()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        metrics = answer.read().decode()
    lags = lags_of(metrics, whole)
    return {"seconds": time.monotonic() - start,
            "rss_mb": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
            "cpu_seconds": (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
            "lag_median": statistics.median(lags), "lag_largest": max(lags),
            "rows": sum(values(metrics, "harrier_rows")), "requests": sum(values(metrics, "harrier_http_requests"))}


def quarter(samples, key, number):
    size = len(samples) // 4
    return [entry[key] for entry in samples[number * size:(number + 1) * size or None]]


def judge(samples):
    """The first quarter fills; the last one must look like the second."""
    rows = []
    for key, unit, slack in (("rss_mb", "MB", 6), ("descriptors", "", 8), ("threads", "", 0), ("lag_median", "s", 60),
                             ("lag_largest", "s", 180)):
        early, late = (statistics.median(quarter(samples, key, number)) for number in (1, 3))
        largest = max(entry[key] for entry in samples)
        rows.append((key, unit, early, late, largest, late <= early * 1.1 + slack))
    return rows


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def watch(options, tenant, config, port, samples):
    daemon = subprocess.Popen([os.path.join(options.bin, "harrierd"), "--config", config],
                              stderr=open(os.path.join(tenant.folder, "daemon.log"), "w", encoding="utf-8"))
    start = time.monotonic()
    whole = tables_read_whole()
    try:
        while time.monotonic() - start < options.minutes * 60:
            time.sleep(options.every)
            if daemon.poll() is not None:
                raise SystemExit("soak: the daemon ended by itself")
            try:
                samples.append(sample(daemon.pid, port, start, whole))
            except OSError:
                if time.monotonic() - start > 30:
                    raise
    finally:
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=30)


def report(options, samples, verdicts, faults, retained_rows, clean, lines):
    last = samples[-1]
    out = [f"{options.minutes:g} minutes, {TABLES} tables, {last['rows']:.0f} rows, {last['requests']:.0f} requests, "
           f"{faults} faults, {retained_rows} rows deleted by retention, "
           f"{100 * (last['cpu_seconds'] - samples[0]['cpu_seconds']) / (last['seconds'] - samples[0]['seconds']):.2f} % of a core", "",
           "| what | second quarter | last quarter | largest | flat |", "|---|---|---|---|---|"]
    out += [f"| {key.replace('_', ' ')} | {early:.1f} {unit} | {late:.1f} {unit} | {largest:.1f} {unit} | {'yes' if flat else 'NO'} |"
            for key, unit, early, late, largest, flat in verdicts]
    out += ["", f"ledger: {lines[-1] if lines else 'no answer'}"] + ([] if clean else lines)
    return "\n".join(out) + "\n"


def main():
    options = arguments()
    out = options.out or tempfile.mkdtemp(prefix="harrier-soak-")
    os.makedirs(out, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="harrier-soak-tenant-")
    tables = hunting_tables()
    retained = [] if options.idle else [name for name in tables if name.startswith("Device") and name.endswith("Events")]
    tenant = Tenant(options, folder, tables)
    samples = []
    try:
        port = free_port()
        config = tenant.configure(retained, port)
        if not options.idle:
            tenant.call("POST", "/sandbox/faults", FAULTS)
        watch(options, tenant, config, port, samples)
        faults = sum(fault["hits"] for fault in tenant.call("GET", "/sandbox/faults"))
        tenant.call("DELETE", "/sandbox/faults")
        subprocess.run([os.path.join(options.bin, "harrierd"), "--config", config, "--once"], capture_output=True, check=False)
        clean, lines = tenant.compare([name for name in tables if name not in retained])
        with open(os.path.join(folder, "daemon.log"), encoding="utf-8") as log:
            retained_rows = sum(int(n) for n in re.findall(r"Retention deleted old rows\..*?rows\W+(\d+)", log.read()))
    finally:
        tenant.process.terminate()
        tenant.process.wait()
    verdicts = judge(samples)
    with open(os.path.join(out, "samples.csv"), "w", encoding="utf-8") as file:
        file.write(",".join(samples[0]) + "\n")
        file.writelines(",".join(f"{value:.2f}" for value in entry.values()) + "\n" for entry in samples)
    write_plot(os.path.join(out, "soak.svg"), samples,
               [("rss_mb", "resident memory, MB"), ("descriptors", "descriptors"), ("lag_median", "median lag, s"),
                ("lag_largest", "largest lag, s")])
    text = report(options, samples, verdicts, faults, retained_rows, clean, lines)
    with open(os.path.join(out, "report.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text + f"report, samples and plot: {out}")
    passed = clean and all(verdict[-1] for verdict in verdicts)
    if passed:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"soak: a promise broke; the tenant and the stores are in {folder}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
