# SPDX-License-Identifier: Apache-2.0
#
# A master agent of net-snmp in a folder of its own, a sub-agent on it, and what snmpwalk and snmpget show by the names of
# the MIB that is shipped. Sockets are in that folder and on the loopback; no file of the system's agent is read or written.
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MIBS = ":".join(os.path.join(ROOT, folder) for folder in ("tests/management/mibs", "share/levelgate/mibs"))
MODULE = "IP-TRAFFIC-FLOW-SECURITY-MIB"
DEPENDENCIES = os.environ.get("LEVELGATE_DEPENDENCY_ROOT", "/opt/levelgate-deps")
PATIENCE = 60.0


def snmpd():
    """The master agent's path: unpacked by scripts/setup, or the system's; None: there is none."""
    unpacked = sorted(glob.glob(os.path.join(DEPENDENCIES, "snmpd-*/usr/sbin/snmpd")))
    return unpacked[-1] if unpacked else shutil.which("snmpd", path="/usr/sbin:/sbin:/usr/bin")


def why_not():
    """The reason why nothing can be asked here, or None."""
    if shutil.which("snmpwalk") is None:
        return "snmpwalk is not installed (Debian: snmp); scripts/setup installs it"
    if snmpd() is None:
        return "there is no snmpd; scripts/setup unpacks it"
    return None


def wait_until(holds, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Agents:
    """snmpd and levelgate-agentx; start() when the daemon's socket is known."""

    def __init__(self, agentx):
        self.agentx = agentx
        self.folder = tempfile.mkdtemp(prefix="lg-snmp-")
        self.master = "unix:" + os.path.join(self.folder, "master")
        self.address = f"udp:127.0.0.1:{free_port()}"
        self.children = []
        self.environment = {**os.environ, "SNMP_PERSISTENT_DIR": os.path.join(self.folder, "state"),
                            "SNMPCONFPATH": self.folder, "MIBDIRS": MIBS}
        # Of a sanitizer's build: net-snmp does not give back all that it holds when it ends.
        suppressions = os.path.join(self.folder, "lsan")
        with open(suppressions, "w", encoding="utf-8") as file:
            file.write("leak:libnetsnmp\n")
        self.environment["LSAN_OPTIONS"] = f"suppressions={suppressions}:print_suppressions=0"

    def start(self, api_socket, cache=1):
        with open(os.path.join(self.folder, "snmpd.conf"), "w", encoding="utf-8") as file:
            file.write(f"rocommunity public 127.0.0.1 .1.3.6.1.2.1.246\nmaster agentx\nagentXSocket {self.master}\n")
        self.run("snmpd.log", snmpd(), "-f", "-Lo", "-C", "-c", os.path.join(self.folder, "snmpd.conf"), self.address)
        assert wait_until(lambda: os.path.exists(self.master[5:])), self.log("snmpd.log")
        self.run("agentx.log", self.agentx, "--socket", api_socket, "--master", self.master, "--cache", str(cache))

    def run(self, log, *words):
        with open(os.path.join(self.folder, log), "w", encoding="utf-8") as file:
            self.children.append(subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, env=self.environment,
                                                  cwd=self.folder))

    def log(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def ask(self, tool, *what):
        """Lines of "name.index = TYPE: value"."""
        done = subprocess.run([tool, "-M", MIBS, "-m", MODULE, "-v2c", "-c", "public", "-Os", "-t", "10", "-r", "3",
                               self.address, *what], capture_output=True, text=True, env=self.environment, timeout=120,
                              check=False)
        return (done.stdout + done.stderr).strip().splitlines()

    def walk(self, root=f"{MODULE}::iptfsMIB"):
        """{"txPkts.1": "Counter64: 7"}"""
        found = {}
        for line in self.ask("snmpwalk", root):
            name, equals, value = line.partition(" = ")
            if equals and "No Such" not in value and "No more" not in value:
                found[name] = value
        return found

    def stop(self):
        for child in reversed(self.children):
            child.terminate()
        codes = [child.wait(30) for child in self.children]
        shutil.rmtree(self.folder, ignore_errors=True)
        return codes
