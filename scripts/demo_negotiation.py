# SPDX-License-Identifier: Apache-2.0
#
# What the demo tells of IKE: the handshake as it stood on the wire, the algorithms that both gateways agreed on, and what
# became of the inner packets while keys were changed. From the run record and its captures; judges nothing.
from dataclasses import dataclass, field

import demo_statistics as statistics
from tfc import captures

SITES = ("A", "B")
EXCHANGE = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL", 43: "IKE_INTERMEDIATE",
            44: "IKE_FOLLOWUP_KE"}
KINDS = ("child", "ike")
BEFORE, AFTER = 50_000_000, 150_000_000  # ns around a rekey in which the wire is looked at
TITLES = {"child": "Child SA", "ike": "IKE SA"}


@dataclass
class Rekey:
    kind: str
    begun_by: str
    at: float           # seconds since the mode's first phase
    milliseconds: float  # from the command until both gateways were seen to use the new SA
    before: list
    after: list
    exchanges: list
    longest_gap: int | None = None  # ns between packets of the wire around it


@dataclass
class Negotiation:
    sas: list                        # what each gateway tells of the IKE SA; None: not told
    handshake_ms: float | None
    messages: list                   # (ms since the first, from, exchange, octets of the IP packet)
    rekeys: list = field(default_factory=list)
    streams: list = field(default_factory=list)  # numbered packets, one entry for each direction

    @property
    def first(self):
        return next((sa for sa in self.sas if sa), {})

    @property
    def esp_suite(self):
        child = (self.first.get("children") or [{}])[0]
        return "-".join([child.get("cipher", "?"), "esn" if child.get("esn") else "noesn"])

    def of_kind(self, kind):
        return [rekey for rekey in self.rekeys if rekey.kind == kind]

    def inner(self, what):
        """Over both directions: sent, received, lost, duplicates or reordered; None where no stream ran."""
        return sum(stream[what] for stream in self.streams) if self.streams else None


def measure(record, wire_times):
    told = record["ike"]
    begin = record["phases"][0]["begin_ns"]
    messages = handshake(told["captures"])
    phase = next((phase for phase in record["phases"] if "rekeys" in phase), {})
    rekeys = [Rekey(one["what"], SITES[one["by"]], (one["begin_ns"] - begin) / statistics.SECOND,
                    (one["end_ns"] - one["begin_ns"]) / 1e6, one["before"], one["after"], one["exchanges"],
                    max(statistics.gaps(statistics.between(wire_times, one["begin_ns"] - BEFORE, one["end_ns"] + AFTER)),
                        default=None))
              for one in phase.get("rekeys", [])]
    return Negotiation(told["sas"], messages[-1][0] if messages else None, messages, rekeys, phase.get("streams", []))


def handshake(paths):
    """From the first IKE_SA_INIT to the last IKE_AUTH; paths: captures of what each gateway sent, as the other one saw it."""
    seen = sorted((time, site, exchange, octets) for site, path in zip(SITES, paths)
                  for time, exchange, octets in captures.ike_messages(path))
    first = next((at for at, one in enumerate(seen) if one[2] == 34), len(seen))
    last = max((at for at, one in enumerate(seen) if one[2] == 35), default=-1)
    return [((time - seen[first][0]) / 1e6, site, EXCHANGE.get(exchange, str(exchange)), octets)
            for time, site, exchange, octets in seen[first:last + 1]]


def summary(negotiation):
    """For the closing line."""
    sa, rounded = negotiation.first, lambda value, digits: None if value is None else round(value, digits)

    def rekey_of(kind):
        found = negotiation.of_kind(kind)
        if not found:
            return None
        return {"count": len(found), "spis_before": found[0].before, "spis_after": found[-1].after,
                "spis_differ": all(new not in rekey.before for rekey in found for new in rekey.after),
                "key_exchanges": found[-1].exchanges, "slowest_ms": rounded(max(one.milliseconds for one in found), 1)}

    return {"suite": sa.get("suite"), "esp_suite": negotiation.esp_suite, "aggfrag": all_children(negotiation, "aggfrag"),
            "post_quantum": sa.get("post-quantum"), "downgrade_protection": sa.get("downgrade-protection"),
            "authentication": [sa.get("local-auth"), sa.get("remote-auth")],
            "handshake_ms": rounded(negotiation.handshake_ms, 2), "handshake_packets": len(negotiation.messages),
            "rekeys": {kind: rekey_of(kind) for kind in KINDS},
            "inner_packets_over_rekeys": {what: negotiation.inner(what)
                                          for what in ("sent", "received", "lost", "duplicates", "reordered")}}


def all_children(negotiation, key):
    return all(child.get(key) for sa in negotiation.sas if sa for child in sa["children"])
