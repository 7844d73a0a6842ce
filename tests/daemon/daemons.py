# SPDX-License-Identifier: Apache-2.0
#
# Running daemons under test: their configuration, keys, log, and what they answer to the command. Programs come from
# the environment (LEVELGATED, LEVELGATE), else from the release build.
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile

from spaces import ROOT, LabError, wait_until

LEVELGATED = os.environ.get("LEVELGATED", os.path.join(ROOT, "build/release/bin/levelgated"))
LEVELGATE = os.environ.get("LEVELGATE", os.path.join(ROOT, "build/release/bin/levelgate"))
START_PATIENCE, STOP_PATIENCE = 15.0, 8.0
HUGE_PAGES_FREE = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"


class Folder:
    """Scratch for one class of tests; gone afterwards."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="lgtest-")

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.path, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def key(self, name, octets=36):
        """A key file; returns what is in it, cipher key and salt."""
        keymat = secrets.token_bytes(octets)
        self.write(name, keymat.hex() + "\n")
        return keymat

    def clear(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Daemon:
    """One levelgated in one namespace."""

    def __init__(self, world, space, folder, name=None):
        self.world, self.space, self.folder = world, space, folder
        self.name = name or space
        self.socket = os.path.join(folder.path, f"{self.name}.sock")
        self.config = os.path.join(folder.path, f"{self.name}.yaml")
        self.log_path = os.path.join(folder.path, f"{self.name}.log")
        self.child = None

    def configure(self, text):
        """The text without `version` and `management`, which are the same for all."""
        level = "" if "management:" in text else f"management: {{ api: {{ socket: {self.socket} }} }}\n"
        self.folder.write(os.path.basename(self.config), "version: 1\n" + text + level)
        return self

    def launch(self, *words, prefix=(), **more):
        with open(self.log_path, "w", encoding="utf-8") as log:
            command = [*prefix, LEVELGATED, "--config", self.config, *words]
            self.child = self.world.start(self.space, command, stdout=log, stderr=log, **more)
        return self

    def start(self, **more):
        return self.launch(**more).wait_ready()

    def wait_ready(self):
        if not wait_until(lambda: self.child.poll() is not None or " ready " in self.log(), START_PATIENCE, 0.02):
            raise LabError(f"levelgated is not ready after {START_PATIENCE} s:\n{self.log()}")
        if self.child.poll() is not None:
            raise LabError(f"levelgated ended with {self.child.returncode}:\n{self.log()}")
        return self

    def wait(self, seconds=START_PATIENCE):
        """The exit code of a daemon that ends by itself."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LabError(f"levelgated goes on:\n{self.log()}") from None

    def stop(self, how=signal.SIGTERM):
        return self.world.stop(self.child, how, STOP_PATIENCE)

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def wait_log(self, pattern, seconds=5.0):
        return wait_until(lambda: re.search(pattern, self.log()), seconds, 0.02)

    def command(self, *words, seconds=20):
        return subprocess.run([LEVELGATE, "--socket", self.socket, *words], check=False, capture_output=True, text=True,
                              timeout=seconds)

    def show(self, topic, *words):
        done = self.command("show", topic, *words, "-o", "json")
        if done.returncode != 0:
            raise LabError(f"show {topic}: {done.returncode} {done.stderr}\n{self.log()}")
        return json.loads(done.stdout)

    def table(self, topic, *words):
        return self.command("show", topic, *words).stdout

    def tunnel(self, name="lab"):
        return self.show("tunnels")["tunnels"][name]

    def drops(self):
        return self.show("drops")["drops"]


def free_huge_pages():
    try:
        with open(HUGE_PAGES_FREE, encoding="utf-8") as file:
            return int(file.read())
    except OSError:
        return 0
