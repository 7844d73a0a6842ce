# SPDX-License-Identifier: Apache-2.0
#
# What libreswan says about its SAs, in the shape that both sides share. It has no protocol for programs: which SAs there are
# comes from `whack --showstates`, what each is made of from the lines of its number in pluto's log.
import re

from observed import Child, Ike

EXCHANGES = {"DH14": "modp2048", "MODP2048": "modp2048", "MODP3072": "modp3072", "MODP4096": "modp4096", "DH19": "ecp256",
             "DH20": "ecp384", "DH21": "ecp521", "DH31": "x25519"}
PRFS = {"HMAC_SHA2_256": "prfsha256", "HMAC_SHA2_384": "prfsha384", "HMAC_SHA2_512": "prfsha512"}
IKE_SA = re.compile(r'^#(\d+): "[^"]+"\S* ESTABLISHED_IKE_SA ', re.M)
CHILD_SA = re.compile(r'^#(\d+): "[^"]+"\S* ESTABLISHED_CHILD_SA .*IKE SA #(\d+)', re.M)
ESP = re.compile(r'^#(\d+): "[^"]+" esp\.([0-9a-f]+)@\S+ esp\.([0-9a-f]+)@', re.M)   # the peer's SPI stands first
MADE = re.compile(r"(initiator|responder) (?:established|rekeyed) IKE SA")
REPLACED = re.compile(r"(?:initiator|responder) rekeyed IKE SA #(\d+)")
IKE_WORDS = re.compile(r"\{cipher=(\S+) integ=\S+ prf=(\S+) group=(\S+)\}")
CHILD_WORDS = re.compile(r"\{ESP\S*=>\S+ <\S+ xfrm=([A-Z0-9_]+)-NONE(?:-([A-Z0-9]+))?[ }]")
# The last of these lines decides: an initiator computes with a PPK first and learns later that the peer does without.
PPK_USED = re.compile(r"(PPK AUTH calculated)|(peer wants to continue without PPK|going to try to verify NO_PPK_AUTH)")


def cipher(name):
    found = re.fullmatch(r"AES_(GCM_16|CBC)_(\d+)", name)
    return f"aes{found[2]}{'gcm16' if found[1] == 'GCM_16' else ''}" if found else name.split("_256")[0].lower().replace("_", "")


class Log:
    """Lines by the number of the SA that they are about."""

    def __init__(self, text):
        self.lines = {}
        for serial, line in re.findall(r'^(?:ERROR: )?"[^"]+" #(\d+): (.*)$', text, re.M):
            self.lines.setdefault(serial, []).append(line)

    def last(self, serial, pattern):
        found = [match for line in self.lines.get(serial, ()) for match in [pattern.search(line)] if match]
        return found[-1] if found else None

    def has_ppk(self, serial):
        """A rekeyed IKE SA has it from the one before (RFC 8784 §3: SK_d holds it)."""
        before = self.last(serial, REPLACED)
        if before:
            return self.has_ppk(before[1])
        used = self.last(serial, PPK_USED)
        return bool(used and used[1])


def sas(states, log, local_id, remote_id):
    """Of `whack --showstates` and pluto's log."""
    told = Log(log)
    children = {}
    spis = {serial: pair for serial, *pair in ESP.findall(states)}
    for serial, parent in CHILD_SA.findall(states):
        children.setdefault(parent, []).append(child(told.last(serial, CHILD_WORDS), spis.get(serial)))
    return [ike(told, serial, children.get(serial, []), local_id, remote_id) for serial in IKE_SA.findall(states)]


def ike(told, serial, children, local_id, remote_id):
    words, made = told.last(serial, IKE_WORDS), told.last(serial, MADE)
    return Ike(established=bool(words and made), initiator=bool(made and made[1] == "initiator"), spis=None,
               cipher=cipher(words[1]) if words else "", prf=PRFS.get(words[2], words[2]) if words else "",
               exchanges=(EXCHANGES.get(words[3], words[3]),) if words else (), local_id=local_id, remote_id=remote_id,
               ppk=told.has_ppk(serial), children=children)


def child(words, spis):
    exchange = words and words[2]
    return Child(installed=bool(words and spis), spi_in=spis[1] if spis else "", spi_out=spis[0] if spis else "",
                 cipher=cipher(words[1]) if words else "", exchanges=(EXCHANGES.get(exchange, exchange),) if exchange else ())
