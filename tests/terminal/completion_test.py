#!/usr/bin/env python3
"""Completion in the shells themselves: commands, tables, options, values, files.

usage: completion_test.py HARRIER

A shell that is not installed is skipped, and said so.
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

HARRIER = sys.argv[1]
# What is typed, and the last word that TAB makes of it.
CASES = [
    ("stat", "status"),
    ("enable DeviceProc", "DeviceProcessEvents"),
    ("disable AlertInfo Url", "UrlClickEvents"),
    ("--config some.toml schema SigninL", "SigninLogs"),
    ("query --form", "--format"),
    ("query --format jsonl", "jsonl"),
    ("tables --connector off", "office365_management"),
    ("timeline pc-1 --table EmailPost", "EmailPostDeliveryEvents"),
    ("quarantine ret", "retry"),
    ("completion fi", "fish"),
    ("backup fold", "folder"),
]
# The shell prints the words it would run the command with, but for those of the completion itself.
TELL = 'harrier() { if [ "$1 $2" = "completion words" ]; then command harrier "$@"; else echo "RAN:$*:"; fi; }'
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(command harrier completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -D -u; source <(command harrier completion zsh)"),
}


class Session:
    """An interactive shell on a pseudo terminal."""

    def __init__(self, command, folder):
        self.text = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update({"HOME": folder, "TERM": "dumb", "PATH": PATH, "INPUTRC": "/dev/null"})
            os.execvp(command[0], command)

    def answer(self, typed, pattern):
        """What the pattern finds in the output that follows."""
        begin = len(self.text)
        os.write(self.descriptor, typed.encode())
        end = time.monotonic() + 120
        while not (found := re.search(pattern, self.text[begin:])):
            assert time.monotonic() < end, f"{typed!r} in vain:\n{self.text[begin:]}"
            if select.select([self.descriptor], [], [], 0.1)[0]:
                self.text += os.read(self.descriptor, 65536).decode(errors="replace")
        return found.group(1)

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def interactive(shell, folder):
    command, setup = SHELLS[shell]
    session = Session(command, folder)
    try:
        session.answer(f"{TELL}; {setup}; echo SET''UP\r", r"(SETUP)")
        return [session.answer(f"harrier {typed}\t\r", r"RAN:(.*?) *:") for typed, _ in CASES]
    finally:
        session.close()


def fish(folder):
    """The one completion of each line that fish offers."""
    lines = []
    for typed, _ in CASES:
        script = 'command harrier completion fish | source; complete -C "harrier $argv[1]"'
        done = subprocess.run(["fish", "--no-config", "-c", script, "--", typed], capture_output=True, text=True,
                              timeout=120, cwd=folder, env={"PATH": PATH, "HOME": folder, "LANG": "C.UTF-8"})
        lines.append(",".join(line.split("\t")[0] for line in done.stdout.splitlines()))
    return lines


with tempfile.TemporaryDirectory() as folder:
    PATH = os.path.dirname(os.path.abspath(HARRIER)) + ":" + os.environ["PATH"]
    os.mkdir(os.path.join(folder, "folder"))
    for shell in ("bash", "zsh", "fish"):
        if not shutil.which(shell):
            print(f"skipped: {shell} is not installed")
            continue
        lines = fish(folder) if shell == "fish" else interactive(shell, folder)
        for (typed, wanted), line in zip(CASES, lines, strict=True):
            assert line.split()[-1:] and line.split()[-1].rstrip("/") == wanted, f"{shell}: {typed!r} became {line!r}"
        print(f"ok: {shell}, {len(CASES)} lines")
