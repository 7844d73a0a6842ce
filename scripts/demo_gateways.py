# SPDX-License-Identifier: Apache-2.0
#
# The demo's two gateways: their configurations, with keys made for this one run, their daemons, and what those say
# about themselves.
import json
import os
import secrets
import signal
import subprocess

CONFIG = """\
version: 1
dataplane: {{ memory: {memory}, idle: adaptive }}
ports:
  wan: {{ vdev: "net_af_packet,iface=wan", address: {own}/24 }}
  lan: {{ vdev: "net_af_packet,iface=lan" }}
interfaces:
  lan: {{ port: lan, addresses: [10.{site}.0.1/24, "fd0{site}::1/64"] }}
tunnels:
  lab:
    local:  {{ address: {own} }}
    remote: {{ address: {peer} }}
    static:
      outbound: {{ spi: {spi_out:#x}, cipher: aes256gcm16, key: {{ file: {mode}-{site}.key }} }}
      inbound:  {{ spi: {spi_in:#x}, cipher: aes256gcm16, key: {{ file: {mode}-{other}.key }} }}
    tfs: {tfs}
routes:
  - {{ to: 10.{other}.0.0/24, via: lab }}
  - {{ to: "fd0{other}::/64", via: lab }}
management: {{ api: {{ socket: {socket} }} }}
"""

ADDRESS = {1: "198.51.100.1", 2: "198.51.100.2"}
SPACE = {1: "gwa", 2: "gwb"}


class Gateway:
    def __init__(self, lab, binaries, folder, site):
        self.lab, self.binaries, self.folder, self.site = lab, binaries, folder, site
        self.socket = os.path.join(folder, f"{SPACE[site]}.sock")
        self.log_path = os.path.join(folder, f"{SPACE[site]}.log")
        self.child = None

    def start(self, mode, tfs, memory):
        other = 3 - self.site
        path = os.path.join(self.folder, f"{SPACE[self.site]}-{mode}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(site=self.site, other=other, own=ADDRESS[self.site], peer=ADDRESS[other], mode=mode,
                                     tfs=tfs, spi_out=0x1000 + self.site, spi_in=0x1000 + other, socket=self.socket,
                                     memory=memory))
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.child = self.lab.start(SPACE[self.site], [os.path.join(self.binaries, "levelgated"), "--config", path],
                                        stdout=log, stderr=log)

    def stop(self):
        return self.lab.stop(self.child, signal.SIGTERM, 8.0)

    def alive(self):
        return self.child is not None and self.child.poll() is None

    def log_tail(self, lines=15):
        with open(self.log_path, encoding="utf-8") as file:
            return "".join(file.readlines()[-lines:])

    def show(self, topic, form="json"):
        """What the daemon tells: a value, a text for form="table", None when it does not answer."""
        words = [os.path.join(self.binaries, "levelgate"), "--socket", self.socket, "show", topic, "-o", form]
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=10)
        if done.returncode != 0:
            return None
        return done.stdout if form == "table" else json.loads(done.stdout)

    def counters(self):
        answer = self.show("tunnels")
        return answer["tunnels"]["lab"] if answer else None

    def memory_mib(self):
        """The most memory the daemon has had resident, and its huge pages, which the former does not count."""
        try:
            with open(f"/proc/{self.pid()}/status", encoding="utf-8") as file:
                fields = dict(line.split(":", 1) for line in file)
            return {name: round(int(fields[key].split()[0]) / 1024, 1)
                    for name, key in (("resident", "VmHWM"), ("huge_pages", "HugetlbPages"))}
        except (OSError, KeyError, ValueError):
            return None

    def pid(self):
        # What starts it becomes the program: same process.
        return self.child.pid


def make_keys(folder, mode):
    """One key and salt for each direction, for this run and mode only."""
    for site in (1, 2):
        path = os.path.join(folder, f"{mode}-{site}.key")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(36) + "\n")
