# SPDX-License-Identifier: Apache-2.0
#
# levelgate as one side of a row: its YAML written from the row's settings (docs/operations.md), levelgated on packet
# sockets, and what the command says turned into the shape that both sides share. Only observe() and explain() know how
# the command answers. Offers what StrongSwan offers.
import json
import os
import re
import signal
import textwrap

import daemons
import pair
from credentials import NAME
from daemons import Daemon
from observed import Child, Ike
from spaces import run, wait_until

TUNNEL = "peer"
UP_PATIENCE = 10
VAIN_PATIENCE = 3  # a peer that refuses does so at once; causes that show later are waited for


def yaml(value):
    """JSON is YAML: no quoting of our own. Indented, so that it may follow any key and errors show one line of it."""
    return textwrap.indent(json.dumps(value, indent=2), "  ").lstrip()


def why_not():
    """A levelgate that has no word for bringing a tunnel up speaks no IKE yet."""
    if not os.path.exists(daemons.LEVELGATE):
        return f"no levelgate at {daemons.LEVELGATE}: scripts/build"
    return None if re.search(r"^ +up ", run([daemons.LEVELGATE, "--help"]), re.M) else "this levelgate has no IKE yet"


def observe(answer):
    """Of `show ike -o json`: the SAs of the one tunnel."""
    found = []
    for said in answer["tunnels"][TUNNEL].get("ike-sas", []):
        found.append(Ike(established=said["state"] == "established", initiator=said["role"] == "initiator",
                         spis=(said["spi-initiator"], said["spi-responder"]), cipher=said["cipher"], prf=said["prf"],
                         exchanges=tuple(said["key-exchanges"]), local_id=said["local-id"], remote_id=said["remote-id"],
                         ppk=said["ppk"] != "",
                         children=[observe_child(child) for child in said.get("children", [])]))
    return found


def observe_child(said):
    return Child(installed=said["state"] == "installed", spi_in=said["spi-in"], spi_out=said["spi-out"],
                 cipher=said["cipher"], exchanges=tuple(said.get("key-exchanges", ())), esn=said["esn"],
                 in_udp=said["encapsulation"] == "udp", octets_in=said.get("octets-in", 0),
                 octets_out=said.get("octets-out", 0))


class Subject:
    """One levelgated with one tunnel to the peer."""

    def __init__(self, world, space, site, row, folder, credentials, debug=False):
        self.world, self.space, self.site, self.row = world, space, site, row
        self.folder, self.credentials = folder, credentials
        self.settings = row.settings(site)
        self.daemon = Daemon(world, space, folder)
        self.level = "debug" if debug else "info"
        self.interfaces = {port: f"net_af_packet,iface={port}" for port in ("wan", "lan")}

    def start(self):
        self.world.sysctl(self.space, "net.ipv6.conf.default.accept_dad", "0")
        self.daemon.configure(self.configuration())
        self.daemon.start()
        return self

    def stop(self):
        if self.daemon.child is not None:
            self.daemon.stop()
            self.daemon.child = None

    def die(self):
        self.daemon.stop(signal.SIGKILL)
        self.daemon.child = None

    def log(self):
        return self.daemon.log()

    # --- configuration ---

    def configuration(self):
        certificates = {"certificates": self.certificates()} if self.settings["auth"] != "psk" else {}
        whole = {"tunnels": {TUNNEL: self.tunnel()}, **certificates, **self.settings.get("levelgate", {})}
        return (pair.ports(self.site, outer=self.row.outer(), **self.interfaces) +
                "".join(f"{key}: {yaml(value)}\n" for key, value in whole.items()) +
                pair.ROUTES.format(other=3 - self.site).replace("via: lab", f"via: {TUNNEL}"))

    def certificates(self):
        settings, path = self.settings, self.credentials.path
        name = self.credentials.identity(self.site, settings["key"], settings.get("authority", "ca"),
                                         settings.get("expired", False), settings.get("large", False))
        trusted = self.credentials.authority(settings.get("trusts", "ca"))
        return {"authorities": {"lab": {"file": path(f"{trusted}.pem"), "revocation": "none"}},
                "identities": {"own": {"chain": path(f"{name}.pem"), "key": {"file": path(f"{name}.key")}}}}

    def tunnel(self):
        settings, outer, other = self.settings, self.row.outer(), 3 - self.site
        local = {"address": outer[self.site], "id": NAME[self.site]}
        remote = {"address": settings.get("remote-address", outer[other]),
                  "id": settings.get("remote-id", NAME[other])}
        auth = {}
        if settings["auth"] == "psk":
            psk = self.folder.write("peer.psk", settings.get("psk", self.credentials.psk) + "\n")
            auth = {"auth": {"psk": {"file": psk}}}
        else:
            local["identity"], remote["authorities"] = "own", ["lab"]
        if settings.get("ppk"):
            ppk = dict(settings["ppk"])
            auth["ppk"] = {"file": self.folder.write("peer.ppk", ppk.pop("secret") + "\n"), **ppk}
        any_kem = any("mlkem" in proposal for proposal in settings["ike"])
        ike = {"proposals": settings["ike"], "post-quantum": "required" if any_kem else "off",
               **({"dpd": {"delay": settings["dpd"], "timeout": "3s"}} if "dpd" in settings else {}),
               **settings.get("levelgate-ike", {})}
        selectors = {"local": [f"10.{self.site}.0.0/24", f"fd0{self.site}::/64"],
                     "remote": settings.get("remote-ts", [f"10.{other}.0.0/24", f"fd0{other}::/64"])}
        return {"local": local, "remote": remote, **auth, "ike": ike,
                "esp": {"proposals": settings["esp"], "esn": settings["esn"], **settings.get("levelgate-esp", {})},
                "tfs": settings.get("tfs", {"mode": "plain", "packet-size": "1400B"}),
                "selectors": selectors, "start": "respond"}

    # --- what it is told ---

    def initiate(self):
        return self._told("up", TUNNEL, "--timeout", str(UP_PATIENCE))

    def initiate_in_vain(self):
        return self._told("up", TUNNEL, "--timeout", str(VAIN_PATIENCE))

    def begin(self):
        """As initiate(), without waiting for a child."""
        self._told("up", TUNNEL, "--timeout", "0")

    def rekey(self, what):
        return self._told("rekey", TUNNEL, f"--{what}")

    def delete(self, what):
        return self._told("down", TUNNEL, *(["--child"] if what == "child" else []))

    def _told(self, *words):
        done = self.daemon.command(*words)
        return None if done.returncode == 0 else (done.stderr or done.stdout).strip() or f"exit {done.returncode}"

    # --- what it says ---

    def sas(self):
        return observe(self.daemon.show("ike"))

    def explain(self):
        return self.daemon.command("explain", TUNNEL).stdout
