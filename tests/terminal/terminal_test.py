#!/usr/bin/env python3
"""The programs on a terminal: live page, progress bars, help, wrong words.

usage: terminal_test.py HARRIER HARRIERD HARRIER-SANDBOX
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "support"))
from screen import Terminal
from tenant import Tenant

HARRIER, DAEMON, SANDBOX = sys.argv[1:4]
TABLES = ["DeviceProcessEvents", "DeviceNetworkEvents", "DeviceLogonEvents", "DeviceInfo", "AlertInfo"]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
opened = []


def start(command, **more):
    terminal = Terminal(command, **more)
    opened.append(terminal.kill)
    return terminal


def tenant_with(*options):
    tenant = Tenant(SANDBOX, TABLES, "--tables", ",".join(TABLES), "--events", "500", *options)
    opened.append(tenant.close)
    return tenant


def plain(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)


def check(condition, terminal, what):
    assert condition, f"{what}:\n{terminal.screen.text()}\n{terminal.raw[-500:]!r}"


def restored(terminal):
    screen = terminal.screen
    check(screen.cursor and screen.wraps and screen.kept is None, terminal, "the terminal is left changed")


def fits(terminal):
    check(terminal.screen.wrapped == 0, terminal, "a line is longer than the terminal is wide")


def once_draws_bars(tenant):
    terminal = start(tenant.program(DAEMON, "--once"), columns=80, lines=24)
    assert terminal.end() == 0, terminal.screen.text()
    lines = terminal.screen.text().splitlines()
    check(len(lines) == len(TABLES) + 1, terminal, "a line for each table and the sum")
    for line in lines[:-1]:
        check(re.match(r"\w+ +█{10} +\d+ rows  ok$", line), terminal, f"no full bar: {line}")
    check(re.match(r"\d+ new rows; caught up: 5 ok$", lines[-1]), terminal, "the sum")
    restored(terminal)
    fits(terminal)


def once_fits_small_terminals(tenant):
    terminal = start(tenant.program(DAEMON, "--once"), columns=40, lines=5, NO_COLOR="1")
    assert terminal.end() == 0, terminal.screen.text()
    fits(terminal)
    check(not COLOUR.search(terminal.raw), terminal, "colours in spite of NO_COLOR")
    check(len(terminal.screen.text().splitlines()) == 4, terminal, "three bars and the sum")


def once_is_plain_elsewhere(tenant):
    done = plain(tenant.program(DAEMON, "--once"))
    assert done.returncode == 0, done
    assert "\x1b" not in done.stdout + done.stderr, done
    lines = done.stdout.splitlines()
    for table in TABLES:
        assert any(re.match(rf"{table}: ok, \d+ rows$", line) for line in lines), done.stdout
    assert re.match(r"\d+ new rows; caught up: 5 ok$", lines[-1]), done.stdout


def once_ends_on_ctrl_c():
    tenant = tenant_with("--faults", '[{"kind":"hang","api":"graph"}]')
    terminal = start(tenant.program(DAEMON, "--once"), columns=100, lines=24)
    terminal.until(lambda text: "reading" in text)
    terminal.resize(60, 10)
    terminal.type("\x03")
    assert terminal.end() == 1, terminal.screen.text()
    lines = terminal.screen.text().replace("^C", "").splitlines()
    check("not caught up" in lines[-1], terminal, "what became of it")
    check("\x1b[5A" in terminal.raw and len(lines) == len(TABLES) + 1, terminal, "bars are drawn over the last ones")
    restored(terminal)


def watch_is_a_live_page(tenant):
    command = tenant.program(HARRIER, "status", "--watch", "--interval", "0.3")
    quoted = " ".join(f"'{word}'" for word in command)
    terminal = start(["/bin/sh", "-c", f"echo before; exec {quoted}"], columns=140, lines=24)
    terminal.until(lambda text: "DeviceProcessEvents" in text)
    check(terminal.screen.kept and not terminal.screen.cursor, terminal, "a screen of its own")
    first = terminal.screen.text().splitlines()
    check(first[0].startswith("Harrier  no daemon is running"), terminal, "who collects")
    check(re.match(r"[\d,]+ rows, - a second; enabled tables: 5 ok", first[1]), terminal, "the sum")
    check(first[3].split()[:5] == ["TABLE", "STATE", "ROWS", "ROWS/S", "LAG"], terminal, "the headings")
    terminal.until(lambda text: re.search(r"rows, 0 a second", text))

    # Somebody collects, a span is queued: the page follows.
    daemon = subprocess.Popen(tenant.program(DAEMON), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    terminal.until(lambda text: "Harrier  collecting" in text)
    daemon.terminate()
    assert daemon.wait(60) == 0
    terminal.until(lambda text: "no daemon is running" in text)
    queued = plain(tenant.program(HARRIER, "backfill", "DeviceProcessEvents", "--from", "2d", "--to", "1d"))
    assert queued.returncode == 0, queued
    terminal.until(lambda text: "░░░░░░░░░░ 0 % of the past read" in text)
    fits(terminal)

    # A small terminal shows the names and states; what does not fit is counted.
    terminal.resize(60, 8)
    terminal.until(lambda text: "more do not fit on this terminal" in text)
    check(len(terminal.screen.text().splitlines()) <= 8, terminal, "no more lines than there are")
    check("LAST EVENT" not in terminal.screen.text(), terminal, "fewer columns")
    check("STATE" in terminal.screen.text(), terminal, "the state is never left out")

    # Ctrl-Z gives the terminal back for as long as the program is stopped.
    os.kill(terminal.pid, signal.SIGTSTP)
    terminal.until_stopped()
    restored(terminal)
    check(terminal.screen.text() == "before", terminal, "what stood on the terminal")
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until(lambda text: "DeviceProcessEvents" in text)

    terminal.type("\x03")
    assert terminal.end() == 0
    restored(terminal)
    check(terminal.screen.text().replace("^C", "") == "before", terminal, "what stood on the terminal")


def watch_without_colour(tenant):
    for how in (signal.SIGTERM, signal.SIGQUIT):
        terminal = start(tenant.program(HARRIER, "status", "--watch"), NO_COLOR="1")
        terminal.until(lambda text: "DeviceProcessEvents" in text)
        os.kill(terminal.pid, how)
        assert terminal.end() == 0
        restored(terminal)
        fits(terminal)
        check(not COLOUR.search(terminal.raw), terminal, "colours in spite of NO_COLOR")


def watch_is_plain_elsewhere(tenant):
    watching = subprocess.Popen(tenant.program(HARRIER, "status", "--watch", "--interval", "0.1"),
                                stdout=subprocess.PIPE, text=True)
    lines = []
    while sum(line.startswith("TABLE ") for line in lines) < 3:
        lines.append(watching.stdout.readline())
        assert lines[-1], "it ended"
    watching.terminate()
    watching.communicate()
    assert "\x1b" not in "".join(lines)
    watching = subprocess.Popen(tenant.program(HARRIER, "status", "--watch", "--json", "--interval", "0.1"),
                                stdout=subprocess.PIPE, text=True)
    for _ in range(2):
        assert watching.stdout.readline().startswith('{"tables":[')
    watching.terminate()
    watching.communicate()


def status_leaves_out_columns(tenant):
    for columns in (200, 80):
        terminal = start(tenant.program(HARRIER, "status"), columns=columns, lines=40)
        assert terminal.end() == 0
        fits(terminal)
        left_out = "Not in this width: DUPLICATES" in terminal.screen.text()
        check(left_out == (columns == 80), terminal, "what is left out is said")


def states(tenant):
    done = plain(tenant.program(HARRIER, "status", "--json"))
    assert done.returncode == 0, done
    return {table["table"]: table["state"] for table in json.loads(done.stdout)["tables"]}


def until_state(tenant, table, state, daemon):
    end = time.monotonic() + 120
    while states(tenant).get(table) != state:
        assert time.monotonic() < end and daemon.poll() is None, states(tenant)
        time.sleep(0.1)


def apply_tries_again_what_was_denied():
    tenant = tenant_with("--faults", '[{"kind":"forbidden","api":"graph","table":"DeviceInfo"}]')
    daemon = subprocess.Popen(tenant.program(DAEMON), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    opened.append(daemon.kill)
    until_state(tenant, "DeviceInfo", "denied", daemon)  # which is tried again in an hour
    tenant.clear_faults()
    applied = plain(tenant.program(HARRIER, "apply"))
    assert applied.returncode == 0 and "what had failed is tried again" in applied.stdout, applied
    until_state(tenant, "DeviceInfo", "ok", daemon)
    daemon.terminate()
    assert daemon.wait(60) == 0


def commands_of(help_text):
    part = re.search(r"^Subcommands:\n(.*?)(\n\n|\Z)", help_text, re.M | re.S)
    return re.findall(r"^  (\w+) ", part.group(1), re.M) if part else []


def help_of(command):
    done = plain(command + ["--help"])
    assert done.returncode == 0 and done.stdout and not done.stderr, (command, done)
    return done.stdout


def refuses(command, remedy):
    done = plain(command)
    assert done.returncode == 2 and not done.stdout, (command, done)
    assert done.stderr.count("\n") == 1 and remedy in done.stderr, (command, done)


def every_command_helps(command):
    """Asks a command and every one below it for help, and tries an option that there is not."""
    for name in commands_of(help_of(command)):
        every_command_helps(command + [name])
    refuses(command + ["--helpp"], "there is no option --helpp; did you mean --help?; see "
            + " ".join([os.path.basename(command[0]), *command[1:]]) + " --help")


def programs_explain_themselves():
    assert len(commands_of(help_of([HARRIER]))) > 15
    for program in (HARRIER, DAEMON):
        every_command_helps([program])
    for program in (HARRIER, DAEMON, SANDBOX):
        done = plain([program, "--version"])
        assert done.returncode == 0 and not done.stderr, done
        assert re.match(os.path.basename(program) + r" \d+\.\d+\.\d+$", done.stdout), done
    for words in ([], ["serve"], ["compare"]):
        help_of([SANDBOX, *words])
    refuses([SANDBOX, "sevre"], "did you mean serve?")
    refuses([SANDBOX, "serve", "--evnts", "5"], "did you mean events?")
    refuses([SANDBOX, "compare", "--stors", "x"], "did you mean stores?")
    refuses([HARRIER, "statsu"], "did you mean status?")


def main():
    programs_explain_themselves()
    tenant = tenant_with()
    for test in (once_draws_bars, once_fits_small_terminals, once_is_plain_elsewhere, watch_is_a_live_page,
                 watch_without_colour, watch_is_plain_elsewhere, status_leaves_out_columns):
        test(tenant)
        print(f"ok: {test.__name__}", flush=True)
    once_ends_on_ctrl_c()
    apply_tries_again_what_was_denied()


try:
    main()
finally:
    for close in reversed(opened):
        close()
