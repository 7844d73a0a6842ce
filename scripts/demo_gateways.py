# SPDX-License-Identifier: Apache-2.0
#
# The demo's two gateways: their configurations, their daemons, and what those are told and say about themselves. Keys
# are made by IKE with all its defaults; the certificates come from demo_credentials.py.
import json
import os
import signal
import subprocess
import time

from demo_credentials import NAME
from tfc import namespaces

CONFIG = """\
version: 1
dataplane: {{ memory: {memory}, idle: adaptive }}
ports:
  wan: {{ vdev: "net_af_packet,iface=wan", address: {own}/24 }}
  lan: {{ vdev: "net_af_packet,iface=lan" }}
interfaces:
  lan: {{ port: lan, addresses: [10.{site}.0.1/24, "fd0{site}::1/64"] }}
certificates:
  authorities:
    demo: {{ file: ca.pem }}
  identities:
    own: {{ chain: {name}.pem, key: {{ file: {name}.key }} }}
tunnels:
  lab:
    local:  {{ address: {own}, identity: own, id: {name} }}
    remote: {{ address: {peer}, id: {peer_name}, authorities: [demo] }}
    start: {start}
    tfs: {tfs}
routes:
  - {{ to: 10.{other}.0.0/24, via: lab }}
  - {{ to: "fd0{other}::/64", via: lab }}
management: {{ api: {{ socket: {socket} }} }}
"""

TUNNEL = "lab"
ADDRESS = {1: "198.51.100.1", 2: "198.51.100.2"}
SPACE = {1: "gwa", 2: "gwb"}
REKEY_PATIENCE = 10.0


class Gateway:
    def __init__(self, lab, binaries, folder, site):
        self.lab, self.binaries, self.folder, self.site = lab, binaries, folder, site
        self.socket = os.path.join(folder, f"{SPACE[site]}.sock")
        self.log_path = os.path.join(folder, f"{SPACE[site]}.log")
        self.child = None

    def start(self, mode, tfs, start, memory):
        other = 3 - self.site
        path = os.path.join(self.folder, f"{SPACE[self.site]}-{mode}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(site=self.site, other=other, own=ADDRESS[self.site], peer=ADDRESS[other],
                                     name=NAME[self.site], peer_name=NAME[other], start=start, tfs=tfs,
                                     socket=self.socket, memory=memory))
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

    def command(self, *words):
        words = [os.path.join(self.binaries, "levelgate"), "--socket", self.socket, *words]
        return subprocess.run(words, check=False, capture_output=True, text=True, timeout=10)

    def show(self, topic, form="json"):
        """What the daemon tells: a value, a text for form="table", None when it does not answer."""
        done = self.command("show", topic, "-o", form)
        if done.returncode != 0:
            return None
        return done.stdout if form == "table" else json.loads(done.stdout)

    def counters(self):
        answer = self.show("tunnels")
        return answer["tunnels"][TUNNEL] if answer else None

    def ike_sa(self):
        """The one established IKE SA with its one installed Child SA; None while there are none or more."""
        answer = self.show("ike") or {"tunnels": {TUNNEL: {"ike-sas": []}}}
        found = [sa for sa in answer["tunnels"][TUNNEL]["ike-sas"] if sa["state"] == "established"]
        if len(found) != 1:
            return None
        children = [child for child in found[0]["children"] if child["state"] == "installed"]
        return found[0] | {"children": children} if len(children) == 1 and children[0]["sends"] else None

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


def spis_of(sa, what):
    """Of the IKE SA, or of its Child SA, both directions."""
    if what == "ike":
        return [sa["spi-initiator"], sa["spi-responder"]]
    return [sa["children"][0]["spi-in"], sa["children"][0]["spi-out"]]


def rekey(gateways, at, what):
    """One rekey, begun by gateways[at]; what came of it once both gateways tell the same new SA and send with it."""
    before = spis_of(gateways[at].ike_sa(), what)
    begin = time.time_ns()
    done = gateways[at].command("rekey", TUNNEL, f"--{what}")
    if done.returncode != 0:
        raise namespaces.LabError(f"levelgate rekey {TUNNEL} --{what}: {done.stderr.strip()}")
    seen = {}

    def over():
        seen["sas"] = [gateway.ike_sa() for gateway in gateways]
        if None in seen["sas"]:
            return False
        own, peer = (spis_of(sa, what) for sa in (seen["sas"][at], seen["sas"][1 - at]))
        return own != before and own == (peer if what == "ike" else peer[::-1])

    if not namespaces.wait_until(over, REKEY_PATIENCE, 0.02):
        raise namespaces.LabError(f"no {what} rekey within {REKEY_PATIENCE} s:\n" + "".join(g.log_tail() for g in gateways))
    sa = seen["sas"][at]
    return {"what": what, "by": at, "begin_ns": begin, "end_ns": time.time_ns(), "before": before,
            "after": spis_of(sa, what), "exchanges": sa["key-exchanges"] if what == "ike" else sa["children"][0]["key-exchanges"]}
