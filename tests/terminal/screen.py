"""A terminal for tests: a pseudo terminal with a program on it, and the screen that it draws."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b(.)|([\r\n\b\t])|([^\x1b\r\n\b\t]+)", re.S)


class Screen:
    """What a terminal of this size shows after the text it was fed."""

    def __init__(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.cells, self.row, self.column = [""] * lines, 0, 0
        self.kept = None  # the main screen, while the other one is shown
        self.cursor, self.wraps, self.wrapped = True, True, 0

    def resize(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.cells = (self.cells + [""] * lines)[:lines]
        self.row = min(self.row, lines - 1)

    def feed(self, text):
        for match in TOKEN.finditer(text):
            parameters, final, _, control, plain = match.groups()
            if final:
                self.sequence(parameters, final)
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self.line_feed()
            elif plain:
                self.write(plain)

    def line_feed(self):
        self.row += 1
        if self.row == self.lines:
            self.cells = self.cells[1:] + [""]
            self.row -= 1

    def write(self, text):
        for letter in text:
            if self.column >= self.columns:
                if not self.wraps:
                    continue
                self.wrapped += 1
                self.column = 0
                self.line_feed()
            line = self.cells[self.row].ljust(self.column)
            self.cells[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1

    def sequence(self, parameters, final):
        if parameters.startswith("?"):
            self.mode(parameters[1:], final == "h")
        elif final == "H":
            self.row = self.column = 0
        elif final == "A":
            self.row = max(self.row - int(parameters or 1), 0)
        elif final == "K":
            self.cells[self.row] = self.cells[self.row][: self.column]
        elif final == "J":
            self.cells[self.row] = self.cells[self.row][: self.column]
            self.cells[self.row + 1 :] = [""] * (self.lines - self.row - 1)
        else:
            assert final == "m", f"a sequence this terminal does not know: {parameters}{final}"

    def mode(self, number, on):
        if number == "25":
            self.cursor = on
        elif number == "7":
            self.wraps = on
        elif number == "1049" and on:
            self.kept = (self.cells, self.row, self.column)
            self.cells, self.row, self.column = [""] * self.lines, 0, 0
        elif number == "1049" and self.kept:
            self.cells, self.row, self.column = self.kept
            self.kept = None

    def text(self):
        return "\n".join(line.rstrip() for line in self.cells).rstrip()


class Terminal:
    """A program on a pseudo terminal of its own."""

    def __init__(self, command, columns=80, lines=24, **environment):
        self.screen, self.raw, self.status = Screen(columns, lines), "", None
        self.pending = b""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.pop("NO_COLOR", None)
            os.environ.update({"TERM": "xterm-256color", **environment})
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execv(command[0], command)

    def resize(self, columns, lines):
        self.screen.resize(columns, lines)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def read(self):
        """Takes what the program wrote within a moment; false at its end."""
        if not select.select([self.descriptor], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            data = b""
        if not data:
            return False
        self.pending += data
        # A letter, or a sequence, may be cut at the end of a piece.
        whole = self.pending
        cut = re.search(rb"(\x1b(\[[?0-9;]*)?|[\xc0-\xff][\x80-\xbf]{0,2})$", whole)
        if cut and len(cut.group()) < needed(cut.group()):
            whole = whole[: cut.start()]
        self.pending = self.pending[len(whole) :]
        text = whole.decode()
        self.raw += text
        self.screen.feed(text)
        return True

    def until(self, holds, limit=120):
        end = time.monotonic() + limit
        while not holds(self.screen.text()):
            assert self.read(), f"the program ended:\n{self.screen.text()}"
            assert time.monotonic() < end, f"in vain:\n{self.screen.text()}"

    def until_stopped(self):
        """Waits until the program stopped itself, as after Ctrl-Z."""
        assert os.WIFSTOPPED(os.waitpid(self.pid, os.WUNTRACED)[1])
        while select.select([self.descriptor], [], [], 0)[0]:
            self.read()

    def end(self, limit=120):
        """Waits for the program's end and returns its exit code."""
        end = time.monotonic() + limit
        while self.read():
            assert time.monotonic() < end, f"the program goes on:\n{self.screen.text()}"
        self.status = os.waitpid(self.pid, 0)[1]
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(self.status)

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = 0
            os.close(self.descriptor)


def needed(start):
    """Bytes that a letter with this first byte has; a sequence always needs more."""
    first = start[0]
    if first == 0x1B:
        return len(start) + 1
    return 4 if first >= 0xF0 else 3 if first >= 0xE0 else 2
