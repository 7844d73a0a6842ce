# SPDX-License-Identifier: Apache-2.0
#
# From the demo's run record and captures to figures: what the wire showed idle and loaded, what was carried inside, what
# IKE did (demo_negotiation.py), and what the gateways counted. Judges nothing.
from collections import Counter
from dataclasses import dataclass, field

import demo_negotiation
import demo_statistics as statistics
import demo_traffic
from tfc import captures

SECOND = statistics.SECOND
BIN = SECOND // 10  # of the curves over time
FIXED, ON_DEMAND = MODES = ("fixed", "on-demand")


@dataclass
class Phase:
    name: str
    loaded: bool
    begin: float  # seconds since the mode's first phase
    end: float
    gaps: list = field(repr=False)
    skipped: int | None = None  # slots, by both gateways


@dataclass
class Condition:
    """All idle phases of a mode together, or all loaded ones."""

    seconds: float
    packets: int
    rate: float | None  # packets per second
    sizes: Counter
    gaps: list = field(repr=False)
    per_second: list = field(repr=False)
    skipped: int | None


@dataclass
class Mode:
    name: str
    phases: list
    idle: Condition
    loaded: Condition
    outer_curve: list = field(repr=False)  # packets of the wire in each bin
    wire_curve: list = field(repr=False)   # octets of the wire in each bin
    inner_curve: list = field(repr=False)  # octets that host A sent to host B in each bin
    rate_difference: float | None = None
    slots: int | None = None            # from the first packet of the wire to the last, at the configured rate
    missing: int | None = None          # of them, without a packet and not lost by tcpdump
    skipped_by_a: int | None = None     # slots that the sender of these packets counted as given up
    ks_idle_loaded: float | None = None
    ks_idle_idle: float | None = None
    ks_chance: float | None = None
    gap_shift: float | None = None  # ns between the same percentiles of gaps, idle and loaded
    correlation: float | None = None
    capture_lost: int | None = None
    traffic: dict = field(default_factory=dict)
    gateways: list = field(default_factory=list)
    negotiation: demo_negotiation.Negotiation | None = None

    @property
    def sizes(self):
        return self.idle.sizes + self.loaded.sizes


@dataclass
class Figures:
    nominal_rate: float  # packets per second that the configuration asks for
    packet_size: int
    bits_per_second: int
    machine: dict
    modes: dict
    quick: bool = False

    @property
    def fixed(self):
        return self.modes[FIXED]


def measure(record):
    size, bits = record["packet_size"], record["rate_bits_per_second"]
    rate = bits / (8 * size)
    return Figures(rate, size, bits, record.get("machine", {}),
                   {name: measure_mode(name, mode, rate) for name, mode in record["modes"].items()}, record.get("quick", False))


def measure_mode(name, record, nominal_rate):
    host_a, host_b = ([table[host] for table in (demo_traffic.ADDRESS, demo_traffic.ADDRESS6)]
                      for host in ("hosta", "hostb"))
    wire = captures.outer_packets(record["captures"]["wire"])
    inner = captures.inner_packets(record["captures"]["inner"], host_a, host_b)
    raw = record["phases"]
    begin, end = raw[0]["begin_ns"], raw[-1]["end_ns"]
    snapshots = [record.get("tunnels_before")] + [phase.get("tunnels") for phase in raw]
    phases = [Phase(phase["name"], phase["loaded"], (phase["begin_ns"] - begin) / SECOND,
                    (phase["end_ns"] - begin) / SECOND,
                    statistics.gaps(statistics.between(wire.times, phase["begin_ns"], phase["end_ns"])),
                    skipped_between(before, after))
              for phase, before, after in zip(raw, snapshots, snapshots[1:])]
    mode = Mode(name, phases, condition(wire, raw, phases, False), condition(wire, raw, phases, True),
                statistics.per_bin(wire.times, begin, end, BIN),
                statistics.per_bin(wire.times, begin, end, BIN, wire.sizes),
                statistics.per_bin(inner.times, begin, end, BIN, inner.sizes))
    mode.rate_difference = statistics.relative_difference(mode.loaded.rate, mode.idle.rate)
    mode.ks_idle_loaded = statistics.ks_distance(mode.idle.gaps, mode.loaded.gaps)
    mode.ks_chance = statistics.ks_chance(len(mode.idle.gaps), len(mode.loaded.gaps))
    mode.gap_shift = statistics.quantile_shift(mode.idle.gaps, mode.loaded.gaps)
    quiet = [phase.gaps for phase in phases if not phase.loaded]
    mode.ks_idle_idle = statistics.ks_distance(quiet[0], quiet[1]) if len(quiet) > 1 else None
    mode.correlation = statistics.correlation(mode.inner_curve, mode.outer_curve)
    mode.capture_lost = record.get("capture_lost")
    if name == FIXED:
        count_slots(mode, statistics.between(wire.times, begin, end), nominal_rate)
        mode.skipped_by_a = skipped_between(*(look and look[:1] for look in (snapshots[0], snapshots[-1])))
    mode.traffic = traffic_of(raw)
    mode.gateways = [gateway_of(*all_of) for all_of in zip(demo_negotiation.SITES, record["tunnels"], record["memory_mib"],
                                                           record["drops"])]
    mode.negotiation = demo_negotiation.measure(record, wire.times)
    return mode


def condition(wire, raw, phases, loaded):
    """Phases of one condition follow each other; the rate is that of the whole stretch."""
    mine = [phase for phase in raw if phase["loaded"] == loaded]
    begin, end = mine[0]["begin_ns"], mine[-1]["end_ns"]
    times = statistics.between(wire.times, begin, end)
    first = statistics.bisect_left(wire.times, begin)
    seconds = [count for phase in mine
               for count in statistics.per_bin(wire.times, phase["begin_ns"], phase["end_ns"], SECOND)]
    skips = [phase.skipped for phase in phases if phase.loaded == loaded]
    return Condition((end - begin) / SECOND, len(times), statistics.rate(times),
                     Counter(wire.sizes[first:first + len(times)]), statistics.gaps(times), seconds,
                     None if None in skips else sum(skips))


def count_slots(mode, times, nominal_rate):
    mode.slots = statistics.slots(times, nominal_rate)
    if mode.slots is not None:
        mode.missing = mode.slots - len(times) - (mode.capture_lost or 0)


def skipped_between(before, after):
    """Slots that the gateways gave up between two looks at their counters."""
    if not before or not after or None in before or None in after:
        return None
    return sum(late["skipped-slots"] - early["skipped-slots"] for early, late in zip(before, after))


def traffic_of(raw):
    """What the loaded phase carried: shares of loss, ping times, bursts."""
    traffic = next((phase["traffic"] for phase in raw if phase.get("traffic")), None)
    if traffic is None:
        return {}
    bursts = traffic["bursts"]
    udp = [burst for burst in bursts if burst["kind"] == "udp" and not burst.get("failed")]
    pings = [traffic["ping4"], traffic["ping6"]]
    sent = sum(burst["packets"] for burst in udp)
    lost = sum(burst["lost"] for burst in udp)
    pinged, answered = (sum(ping[key] for ping in pings) for key in ("sent", "received"))
    return {"ping4": pings[0], "ping6": pings[1], "bursts": bursts,
            "udp_sent": sent, "udp_lost": lost, "udp_loss": statistics.share(lost, sent),
            "ping_loss": statistics.share(pinged - answered, pinged), "pings_answered": answered,
            "best_bits_per_second": max((burst.get("bits_per_second", 0.0) for burst in bursts), default=0.0)}


def gateway_of(site, counters, memory, drops):
    counters = counters or {}
    ipsec, inner = counters.get("ipsec-stats", {}), counters.get("iptfs-inner-pkt-stats", {})
    pacing = {key: counters.get(f"pacing-{key}-ns") for key in ("p50", "p99", "p999", "max")}
    return {"site": site, "outer_sent": ipsec.get("tx-pkts"), "inner_sent": inner.get("tx-pkts"),
            "inner_received": inner.get("rx-pkts"), "incomplete": inner.get("rx-incomplete-pkts"),
            "late": counters.get("late-slots"), "pacing": pacing, "memory": memory or {}, "drops": drops or {}}
