#!/usr/bin/env python3
"""Records a session against the simulated tenant and draws it as docs/session.svg, the picture of the README.

usage: tests/terminal/picture.py [FOLDER OF PROGRAMS]     (default: build/dev/bin)
"""
import os
import re
import sys
from html import escape

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [os.path.join(ROOT, "tests", "support"), os.path.join(ROOT, "tests", "terminal")]
from screen import Terminal
from tenant import Tenant

PROGRAMS = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "dev", "bin")
COLUMNS = 104
TABLES = ["DeviceProcessEvents", "DeviceNetworkEvents", "DeviceLogonEvents", "EmailEvents", "SigninLogs"]
HUNT = """DeviceProcessEvents
| where InitiatingProcessFileName =~ 'winword.exe' or FileName =~ 'powershell.exe'
| summarize Runs = count(), Devices = dcount(DeviceId) by FileName
| top 4 by Runs"""
SESSION = [["harrierd", "--once"], ["harrier", "status"], ["harrier", "query", HUNT], ["harrier", "verify"]]
LETTER, LINE, EDGE = 7.8, 17, 16
STYLE = """text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d7dae0;white-space:pre}
.prompt{fill:#7cc7ff}.c1{font-weight:bold;fill:#fff}.c2{fill:#9097a3}.c31{fill:#ff7b72}.c32{fill:#7ee787}.c33{fill:#f2cc60}.c34{fill:#79c0ff}"""


def record(tenant, words):
    """The lines that the command leaves on a terminal, colours included."""
    terminal = Terminal([os.path.join(PROGRAMS, words[0]), "--config", tenant.config, *words[1:]],
                        columns=COLUMNS, lines=40)
    code = terminal.end()
    assert code == 0, f"{words} ended with {code}:\n{terminal.screen.text()}"
    # Of bars that are drawn again and again the last picture.
    last = terminal.raw.split("\x1b[?7l")[-1]
    return re.sub(r"\x1b\[[?0-9;]*[A-HJ-Za-ln-z]", "", last).replace("\r", "").rstrip("\n").split("\n")


def runs_of(line):
    """A line as runs of one colour: column, class, text."""
    column, colour, runs = 0, "", []
    for part in re.split(r"(\x1b\[\d*m)", line):
        if part.startswith("\x1b"):
            colour = "" if part in ("\x1b[0m", "\x1b[m") else "c" + part[2:-1]
            continue
        for word in re.finditer(r"\S+(?: \S+)*", part):
            runs.append((column + word.start(), colour, word.group()))
        column += len(part)
    return runs


def draw(lines):
    height = len(lines) * LINE + 2 * EDGE
    width = COLUMNS * LETTER + 2 * EDGE
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
           'aria-label="A terminal: harrierd --once fills five tables, harrier status, a hunt in KQL, harrier verify">',
           f"<style>{STYLE}</style>",
           f'<rect x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1}" rx="8" fill="#16181d" stroke="#6b7280"/>']
    for number, runs in enumerate(lines):
        y = EDGE + number * LINE + 12
        for column, colour, text in runs:
            kind = f' class="{colour}"' if colour else ""
            out.append(f'<text x="{EDGE + column * LETTER:.1f}" y="{y}"{kind} textLength="{len(text) * LETTER:.1f}">'
                       f"{escape(text)}</text>")
    return "\n".join(out) + "\n</svg>\n"


tenant = Tenant(os.path.join(PROGRAMS, "harrier-sandbox"), set(TABLES), "--tables",
                ",".join(TABLES[:-1]), "--apis", "hunting,graph", "--events", "4000")
try:
    picture = []
    for words in SESSION:
        command = " ".join(words[:2] if words[1] == "query" else words)
        shown = (command + f' "{words[2]}"' if words[1] == "query" else command).split("\n")
        for number, text in enumerate(shown):
            start = [(0, "prompt", "$")] if number == 0 else []
            picture.append(start + [(2, "c1", text)])
        picture += [runs_of(line) for line in record(tenant, words)] + [[]]
finally:
    tenant.close()
with open(os.path.join(ROOT, "docs", "session.svg"), "w") as file:
    file.write(draw(picture[:-1]))
