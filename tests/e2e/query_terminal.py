#!/usr/bin/env python3
"""`harrier query` on a terminal: pager, progress and Ctrl-C.

usage: query_terminal.py HARRIER
"""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios

HARRIER = sys.argv[1]
PATIENCE = 120  # seconds without any output, even on a slow machine
LONG = "range x from 1 to 1000000000000 step 1 | summarize count()"
CONFIG = """
[tenant]
id = "11111111-2222-3333-4444-555555555555"
client_id = "66666666-7777-8888-9999-000000000000"
[tenant.credential]
type = "client_secret"
secret_env = "HARRIER_TEST_SECRET"
[storage]
directory = "{0}/stores"
"""


def rows(count):
    return f"range x from 1 to {count} step 1"


class Terminal:
    """The command on a terminal of 24 lines; `stdout`: goes there instead."""

    def __init__(self, folder, arguments, stdout=None, **variables):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("PAGER", "LESS")}
        environment.update(TERM="xterm", HARRIER_CONFIG=f"{folder}/harrier.toml", **variables)

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.child = subprocess.Popen([HARRIER, "query", *arguments], stdin=slave, stdout=stdout or slave,
                                      stderr=slave, env=environment, preexec_fn=own_terminal)
        os.close(slave)
        self.master = master
        self.text = ""

    def read(self):
        """False at the end."""
        if not select.select([self.master], [], [], PATIENCE)[0]:
            self.child.kill()
            raise AssertionError(f"nothing more came after {self.text!r}")
        try:
            part = os.read(self.master, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += part.decode()
        return bool(part)

    def wait_for(self, pattern):
        while not re.search(pattern, self.text):
            if not self.read():
                raise AssertionError(f"{pattern} is not in {self.text!r}")

    def press(self, key):
        os.write(self.master, key)

    def end(self):
        while self.read():
            pass
        os.close(self.master)
        return self.child.wait(timeout=PATIENCE)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def visible(text):
    """What stays of lines that are erased."""
    return re.sub(r"[^\n]*\r\x1b\[K", "", text.replace("\r\n", "\n"))


def pages(folder):
    mark = "sed s/^/P:/"
    short = Terminal(folder, [rows(5)], PAGER=mark)
    check(short.end() == 0 and "P:" not in short.text and "(5 rows," in short.text, short.text)
    long = Terminal(folder, [rows(100)], PAGER=mark)
    check(long.end() == 0 and "P:100" in long.text.replace(" ", "") and "P:(100 rows," in long.text, long.text)
    wide = Terminal(folder, [rows(30) + " | extend y = strrep('a', 60)", "--format", "json"], PAGER=mark)
    check(wide.end() == 0 and "P:{" in wide.text, wide.text)
    for arguments, variables in ((["--no-pager"], {"PAGER": mark}), ([], {"PAGER": ""}), ([], {"PAGER": "cat"})):
        plain = Terminal(folder, [rows(100), *arguments], **variables)
        check(plain.end() == 0 and "P:" not in plain.text and "(100 rows," in plain.text, plain.text)
    piped = Terminal(folder, [rows(100)], stdout=subprocess.PIPE, PAGER=mark)
    out = piped.child.stdout.read().decode()
    check(piped.end() == 0 and "P:" not in out and "(100 rows," in out and piped.text == "", out + piped.text)


def reader_leaves(folder):
    left = Terminal(folder, [rows(2000000), "--format", "csv"], PAGER="head -n 3")
    check(left.end() == 0 and left.text.replace("\r", "").split() == ["x", "1", "2"], left.text)


def interrupted(folder):
    query = Terminal(folder, [LONG])
    query.wait_for("running  [0-9]")
    query.press(b"\x03")
    check(query.end() == 1, query.text)
    check(visible(query.text).replace("^C", "").strip().endswith("the query was cancelled"), query.text)
    check("running" not in visible(query.text), visible(query.text))


def interrupted_into_a_file(folder):
    with tempfile.TemporaryFile() as out:
        query = Terminal(folder, [LONG, "--format", "table"], stdout=out)
        query.wait_for("running  [0-9]")
        query.press(b"\x03")
        check(query.end() == 1, query.text)
        check(out.seek(0, os.SEEK_END) == 0, "a cancelled query wrote a result")


def interrupted_in_the_pager(folder):
    """Ctrl-C is for the pager once the result is complete."""
    query = Terminal(folder, [rows(100)], PAGER="trap '' INT; sed s/^/P:/; echo waits; read answer < /dev/tty")
    query.wait_for("waits")
    query.press(b"\x03")
    query.wait_for(r"\^C")
    query.press(b"\n")
    check(query.end() == 0 and "cancelled" not in query.text, query.text)


with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/harrier.toml", "w", encoding="utf-8") as config:
        config.write(CONFIG.format(folder))
    for test in (pages, reader_leaves, interrupted, interrupted_into_a_file, interrupted_in_the_pager):
        test(folder)
        print(test.__name__, "passed", flush=True)
