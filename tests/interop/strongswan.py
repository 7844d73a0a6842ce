# SPDX-License-Identifier: Apache-2.0
#
# One strongSwan in a namespace: charon run by its path in a root of its own (scripts/setup-interop), with its own mounts,
# sockets and configuration, ESP in user space (kernel-libipsec). It knows nothing of the machine's own strongSwan, if
# there is one, and ends with the test.
import glob
import os
import re
import signal

import vici
from credentials import DEPENDENCIES, NAME
from observed import Child, Ike
from spaces import LabError, wait_until

SUITES = {"5.9.8": "bookworm", "6.1.0": "sid"}
PLUGINS = ("random nonce aes sha1 sha2 hmac kdf gcm openssl curve25519 chapoly x509 constraints pubkey pkcs1 pkcs8 pem "
           "vici kernel-libipsec kernel-netlink socket-default")
START_PATIENCE, STOP_PATIENCE, ANSWER_PATIENCE = 10.0, 5.0, 20.0
CHILD = "net"
CONFIGURATION = """\
charon {{
  load = {plugins}
  install_virtual_ip = no
  retransmit_timeout = 0.5
  retransmit_base = 1.2
  retransmit_tries = {tries}
  delete_rekeyed_delay = 1
  {extra}
  filelog {{
    log {{
      path = /peer/{name}.log
      default = 1
      ike = {level}
      enc = {enc}
      flush_line = yes
      time_format = %H:%M:%S
    }}
  }}
  plugins {{
    vici {{
      socket = unix:///peer/{name}.vici
    }}
  }}
}}
"""
# The mounts are this process's own: the same root serves several peers at once.
START = """\
set -e
mount --make-rprivate /
for name in dev proc sys; do mount --rbind "/$name" "$ROOT/$name"; done
mount -t tmpfs run "$ROOT/run"
mount --bind "$FOLDER" "$ROOT/peer"
exec chroot "$ROOT" /usr/lib/ipsec/charon
"""
KEYWORDS = {"PRF_HMAC_SHA1": "prfsha1", "PRF_HMAC_SHA2_256": "prfsha256", "PRF_HMAC_SHA2_384": "prfsha384",
            "PRF_HMAC_SHA2_512": "prfsha512", "CURVE_25519": "x25519", "CURVE_448": "x448", "ECP_256": "ecp256",
            "ECP_384": "ecp384", "ECP_521": "ecp521", "MODP_2048": "modp2048", "MODP_3072": "modp3072",
            "MODP_4096": "modp4096", "ML_KEM_512": "mlkem512", "ML_KEM_768": "mlkem768", "ML_KEM_1024": "mlkem1024",
            "CHACHA20_POLY1305": "chacha20poly1305"}


def root_of(version):
    found = sorted(glob.glob(os.path.join(DEPENDENCIES, f"strongswan-{SUITES[version]}-*")))
    return found[-1] if found else None


def true_version(version):
    """What the root really holds, as the package is numbered; sid moves on."""
    root = root_of(version)
    return os.path.basename(root).split("-", 2)[2] if root else None


def why_not(version):
    if root_of(version) is None:
        return f"no strongSwan {version} here: run scripts/setup-interop strongswan-{SUITES[version]}"
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun, which strongSwan's ESP in user space needs"
    return None


def keyword(name):
    return KEYWORDS.get(name, (name or "").lower())


def cipher(said):
    kind, size = said.get("encr-alg", ""), said.get("encr-keysize", "")
    found = re.fullmatch(r"AES_(GCM_16|CBC)", kind)
    return keyword(kind) if not found else f"aes{size}{'gcm16' if found[1] == 'GCM_16' else ''}"


def exchanges(said):
    names = ["dh-group"] + [f"ake{number}" for number in range(1, 8)]
    return tuple(keyword(said[name]) for name in names if said.get(name))


class StrongSwan:
    """The peer, or a stand-in for levelgate on the other side."""

    def __init__(self, world, space, site, row, folder, credentials, debug=False):
        self.world, self.space, self.site, self.row = world, space, site, row
        self.folder, self.credentials, self.debug = folder, credentials, debug
        self.settings = row.settings(site)
        self.name = f"charon-{site}"
        self.child = self.vici = None

    # --- life ---

    def prepare(self):
        """Addresses, forwarding; whole checksums, since levelgate's packet socket sees what leaves."""
        outer = self.row.outer()
        self.world.sysctl(self.space, "net.ipv4.ip_forward", "1")
        self.world.sysctl(self.space, "net.ipv6.conf.all.forwarding", "1")
        self.world.host(self.space, "wan", [f"{outer[self.site]}/{64 if ':' in outer[self.site] else 24}"])
        self.world.host(self.space, "lan", [f"10.{self.site}.0.1/24", f"fd0{self.site}::1/64"])

    def start(self):
        self.prepare()
        self.folder.write(f"{self.name}.conf", CONFIGURATION.format(
            name=self.name, plugins=PLUGINS, level=4 if self.debug else 1, enc=2 if self.debug else 1,
            tries=self.settings.get("tries", 5),
            extra="\n  ".join(f"{key} = {value}" for key, value in self.settings.get("charon", {}).items())))
        root = root_of(self.row.peer)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ROOT": root, "FOLDER": self.folder.path,
                       "STRONGSWAN_CONF": f"/peer/{self.name}.conf"}
        with open(self.path("out"), "w", encoding="utf-8") as out:
            self.child = self.world.start(self.space, ["unshare", "-m", "sh", "-c", START], env=environment,
                                          stdout=out, stderr=out)
        wait_until(lambda: self.child.poll() is not None or self.connect(), START_PATIENCE, 0.02)
        if self.vici is None:
            raise LabError(f"charon did not start:\n{self.log()}")
        self.load()
        return self

    def connect(self):
        """The socket is there a moment before charon listens."""
        try:
            self.vici = vici.Vici(self.path("vici"), ANSWER_PATIENCE)
        except OSError:
            return False
        return True

    def stop(self):
        if self.vici:
            self.vici.close()
            self.vici = None
        if self.child:
            self.world.stop(self.child, patience=STOP_PATIENCE)
            self.child = None

    def die(self):
        """Without a word to the peer."""
        self.vici.close()
        self.vici = None
        self.world.stop(self.child, signal.SIGKILL)
        self.child = None

    def path(self, ending):
        return os.path.join(self.folder.path, f"{self.name}.{ending}")

    def log(self):
        text = ""
        for ending in ("out", "log"):
            if os.path.exists(self.path(ending)):
                with open(self.path(ending), encoding="utf-8", errors="replace") as file:
                    text += file.read()
        return text

    # --- configuration ---

    def load(self):
        mine, theirs = NAME[self.site], self.settings.get("remote-id", NAME[3 - self.site])
        if self.settings["auth"] == "psk":
            self.vici.ask("load-shared", {"type": "IKE", "data": self.settings.get("psk", self.credentials.psk),
                                          "owners": [mine, theirs]})
        else:
            self.vici.ask("load-key", {"type": "any", "data": self.credentials.read(f"{self.identity()}.key")})
            authority = self.settings.get("trusts", "ca")
            self.credentials.authority(authority)
            self.vici.ask("load-cert", {"type": "X509", "flag": "CA", "data": self.credentials.read(f"{authority}.pem")})
        if self.settings.get("ppk"):
            self.vici.ask("load-shared", {"type": "PPK", "data": self.settings["ppk"]["secret"],
                                          "owners": [self.settings["ppk"]["id"]]})
        self.vici.ask("load-conn", {"interop": self.connection(theirs)})

    def identity(self):
        return self.credentials.identity(self.site, self.settings["key"], self.settings.get("authority", "ca"),
                                         self.settings.get("expired", False), self.settings.get("large", False))

    def connection(self, remote_id):
        settings, outer = self.settings, self.row.outer()
        local, remote = {"id": NAME[self.site]}, {"id": remote_id}
        if settings["auth"] == "psk":
            local["auth"] = remote["auth"] = "psk"
        else:
            local["auth"], remote["auth"] = settings.get("signs", "pubkey"), "pubkey"
            local["certs"] = [self.credentials.read(f"{self.identity()}.pem")]
        ppk = settings.get("ppk") or {}
        named = ppk and ppk.get("named", True)  # else it takes any that it has, and asks for none
        asked = {"ppk_id": ppk["id"], "ppk_required": "yes" if ppk.get("required") else "no"} if named else {}
        esn = "-esn" if settings["esn"] else "-noesn"
        child = {"esp_proposals": [proposal + esn for proposal in settings["esp"]], "local_ts": self.selectors(self.site),
                 "remote_ts": settings.get("remote-ts", self.selectors(3 - self.site)), "rekey_time": "1h"}
        return {"version": "2", "local_addrs": [outer[self.site]],
                "remote_addrs": [settings.get("remote-address", outer[3 - self.site])],
                "proposals": settings["ike"], "mobike": "no", "fragmentation": "yes", "rekey_time": "4h",
                "dpd_delay": settings.get("dpd", "0s"), **asked, **settings.get("connection", {}),
                "local": local, "remote": remote, "children": {CHILD: {**child, **settings.get("child", {})}}}

    @staticmethod
    def selectors(site):
        return [f"10.{site}.0.0/24", f"fd0{site}::/64"]

    # --- what it is told ---

    def initiate(self):
        """None, or why not."""
        return self._told("initiate", {"child": CHILD, "ike": "interop", "timeout": "15000", "loglevel": "-1"})

    initiate_in_vain = initiate

    def rekey(self, what):
        return self._told("rekey", {"ike": "interop"} if what == "ike" else {"child": CHILD})

    def delete(self, what):
        words = {"ike": "interop"} if what == "ike" else {"child": CHILD}
        return self._told("terminate", {**words, "timeout": "5000", "loglevel": "-1"})

    def _told(self, command, message):
        try:
            self.vici.ask(command, message)
        except vici.ViciError as error:
            return str(error)
        return None

    # --- what it says ---

    def sas(self):
        found = []
        if self.vici is None:
            return found
        for event in self.vici.stream("list-sas", "list-sa"):
            found += [self._ike(said) for said in event.values()]
        return found

    def _ike(self, said):
        return Ike(established=said.get("state") == "ESTABLISHED", initiator=said.get("initiator") == "yes",
                   spis=(said.get("initiator-spi"), said.get("responder-spi")), cipher=cipher(said),
                   prf=keyword(said.get("prf-alg")), exchanges=exchanges(said), local_id=said.get("local-id"),
                   remote_id=said.get("remote-id"), ppk=said.get("ppk") == "yes",
                   children=[self._child(child) for child in said.get("child-sas", {}).values()])

    @staticmethod
    def _child(said):
        return Child(installed=said.get("state") == "INSTALLED", spi_in=said.get("spi-in"), spi_out=said.get("spi-out"),
                     cipher=cipher(said), exchanges=exchanges(said), esn=said.get("esn") == "1",
                     in_udp=said.get("encap") == "yes", octets_in=int(said.get("bytes-in", 0)),
                     octets_out=int(said.get("bytes-out", 0)))

    def explain(self):
        """A stand-in explains nothing; its log is what there is."""
        return self.log()
