"""A sandbox tenant for tests in Python, with a configuration for a few of its tables."""
import os
import re
import ssl
import subprocess
import tempfile
import time
import urllib.request


class Tenant:
    """Runs `harrier-sandbox serve` in a folder of its own until `close`."""

    def __init__(self, sandbox, tables, *options):
        self.folder = tempfile.TemporaryDirectory()
        path = self.folder.name
        with open(os.path.join(path, "log"), "w") as log:
            self.process = subprocess.Popen([sandbox, "serve", "--dir", path, *options], stdout=log, stderr=log)
        try:
            while not os.path.exists(os.path.join(path, "ready.json")):
                assert self.process.poll() is None, "the sandbox ended"
                time.sleep(0.05)
        except BaseException:
            self.close()
            raise
        self.stores = os.path.join(path, "stores")
        self.config = os.path.join(path, "harrier.toml")
        with open(self.config) as file:
            lines = file.read().splitlines()
        with open(self.config, "w") as file:
            for line in lines:
                table = re.match(r"([A-Z]\w+) = true$", line)
                if table is None or table.group(1) in tables:
                    file.write(line + "\n")

    def program(self, binary, *arguments):
        return [binary, "--config", self.config, *arguments]

    def clear_faults(self):
        with open(self.config) as file:
            address = re.search(r'^graph = "(.*)"$', file.read(), re.M).group(1)
        trusted = ssl.create_default_context(cafile=os.path.join(self.folder.name, "ca.pem"))
        request = urllib.request.Request(address + "/sandbox/faults", method="DELETE")
        urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)).open(
            request, timeout=60).close()

    def close(self):
        self.process.terminate()
        self.process.wait()
