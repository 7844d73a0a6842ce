# SPDX-License-Identifier: Apache-2.0
#
# What the demo demands, and what it only tells: pure functions on figures. A demand that is not met names itself and
# makes the demo exit non-zero; a goal is shown with its measure, since a shared machine may miss it.
from dataclasses import dataclass

import demo_negotiation
from tfc.charts import number

LARGEST_RATE_DIFFERENCE = 0.001
KS_ABOVE_FLOOR = 0.02
GATEWAY_MEMORY_MIB = 256


@dataclass
class Check:
    name: str
    holds: bool
    measured: str
    demanded: bool = True


def checks(figures):
    return [*(carried(mode) for mode in figures.modes.values()), one_size(figures.fixed),
            same_rate(figures.fixed, demanded=not figures.quick), each_slot(figures.fixed), *keys(figures.fixed.negotiation), *goals(figures)]


def failures(figures):
    return [f"{check.name}: {check.measured}" for check in checks(figures) if check.demanded and not check.holds]


def carried(mode):
    """Ping came back through the tunnel, and a burst moved something."""
    pings = mode.traffic.get("pings_answered", 0)
    best = mode.traffic.get("best_bits_per_second", 0.0)
    return Check(f"the tunnel carried traffic ({mode.name})", pings > 0 and best > 0,
                 f"{number(pings, 0)} pings answered, fastest burst {number(best / 1e6, 1)}\u202fMbit/s")


def one_size(mode):
    sizes = sorted(mode.sizes)
    if not sizes:
        return Check("one outer size", False, "no packet was seen on the wire")
    text = ", ".join(number(size, 0) for size in sizes[:4]) + (" \u2026" if len(sizes) > 4 else "")
    return Check("one outer size", len(sizes) == 1, f"{number(len(sizes), 0)} ({text} octets)")


def same_rate(mode, demanded):
    """A goal for quick runs: where others compete for the processor, slots are skipped, and each_slot() tells that."""
    name = f"idle and loaded rates differ by at most {number(100 * LARGEST_RATE_DIFFERENCE)}\u202f%"
    difference = mode.rate_difference
    if difference is None:
        return Check(name, False, "too few packets on the wire to tell", demanded)
    return Check(name, difference <= LARGEST_RATE_DIFFERENCE, f"{number(100 * difference, 4)}\u202f%", demanded)


def each_slot(mode):
    """Nothing is missing on the wire but what the gateway itself counted as missing."""
    name = f"each slot sent or counted as skipped, but for {number(100 * LARGEST_RATE_DIFFERENCE)}\u202f%"
    if mode.missing is None or mode.skipped_by_a is None:
        return Check(name, False, "too few packets on the wire, or counters, to tell")
    return Check(name, abs(mode.missing - mode.skipped_by_a) <= LARGEST_RATE_DIFFERENCE * mode.slots,
                 f"of {number(mode.slots, 0)} slots {number(mode.missing, 0)} without a packet, "
                 f"{number(mode.skipped_by_a, 0)} counted as skipped")


def keys(negotiation):
    """IKE's part: what was agreed on, and that a change of keys costs no packet."""
    sa = negotiation.first
    yield Check("keys made by IKE, with a post-quantum key exchange", sa.get("post-quantum") is True,
                sa.get("suite") or "no IKE SA was told of")
    protected = sa.get("downgrade-protection")
    yield Check("both gateways sign the whole negotiation (downgrade protection)", protected == "both", f"{protected or 'not known'}")
    for kind in demo_negotiation.KINDS:
        found = negotiation.of_kind(kind)
        fresh = [rekey for rekey in found if not set(rekey.before) & set(rekey.after)]
        yield Check(f"the {demo_negotiation.TITLES[kind]} was rekeyed under load, with a post-quantum key exchange",
                    bool(found) and len(fresh) == len(found) and all(len(rekey.exchanges) > 1 for rekey in found),
                    f"{number(len(fresh), 0)} of {number(len(found), 0)} with new SPIs"
                    + (f", {'-'.join(found[-1].exchanges)}" if found else ""))
    counts = {what: negotiation.inner(what) for what in ("sent", "lost", "duplicates", "reordered")}
    yield Check("no inner packet lost, doubled or out of order over the rekeys",
                bool(counts["sent"]) and not any(counts[what] for what in ("lost", "duplicates", "reordered")),
                f"of {number(counts['sent'], 0)} numbered packets {number(counts['lost'], 0)} lost, "
                f"{number(counts['duplicates'], 0)} twice, {number(counts['reordered'], 0)} out of order")


def goals(figures):
    fixed = figures.fixed
    floor = fixed.ks_idle_idle
    known = fixed.ks_idle_loaded is not None and floor is not None
    yield Check(f"gaps idle and loaded: Kolmogorov\u2013Smirnov distance at most {KS_ABOVE_FLOOR} above idle and idle",
                known and fixed.ks_idle_loaded <= floor + KS_ABOVE_FLOOR,
                f"{number(fixed.ks_idle_loaded, 4)}, idle and idle {number(floor, 4)}", False)
    skipped = [fixed.idle.skipped, fixed.loaded.skipped]
    yield Check("no slot skipped", skipped == [0, 0],
                f"idle {number(skipped[0], 0)}, loaded {number(skipped[1], 0)} (both gateways)", False)
    counts = fixed.idle.per_second + fixed.loaded.per_second
    near = sum(abs(count - figures.nominal_rate) <= 1 for count in counts)
    extremes = f"; least {number(min(counts), 0)}, most {number(max(counts), 0)}" if counts else ""
    yield Check("each second within one packet of nominal", bool(counts) and near == len(counts),
                f"{near} of {len(counts)} seconds{extremes}, nominal {number(figures.nominal_rate, 2)}", False)
    memory = [sum(value or 0 for value in gateway["memory"].values()) for mode in figures.modes.values()
              for gateway in mode.gateways if gateway["memory"]]
    yield Check(f"memory of a gateway at most {GATEWAY_MEMORY_MIB}\u202fMiB, huge pages counted",
                bool(memory) and max(memory) <= GATEWAY_MEMORY_MIB,
                f"{number(max(memory), 1)}\u202fMiB" if memory else "not known", False)


def summary(figures, report):
    """The closing line: plain figures for scripts."""
    fixed, traffic = figures.fixed, figures.fixed.traffic
    wrong = failures(figures)

    def ping(result):
        return {key: result.get(key) for key in ("min_ms", "avg_ms", "max_ms")} if result else None

    return {"result": "fail" if wrong else "pass", "failures": wrong, "report": report,
            "packets_per_second": {"nominal": rounded(figures.nominal_rate, 3), "idle": rounded(fixed.idle.rate, 3),
                                   "loaded": rounded(fixed.loaded.rate, 3),
                                   "difference_percent": rounded(percent(fixed.rate_difference), 4)},
            "distinct_outer_sizes": len(fixed.sizes),
            "ks_distance": {"idle_loaded": rounded(fixed.ks_idle_loaded, 4), "idle_idle": rounded(fixed.ks_idle_idle, 4)},
            "ike": demo_negotiation.summary(fixed.negotiation),
            "inner_packets_lost": fixed.negotiation.inner("lost"),
            "skipped_slots": {"idle": fixed.idle.skipped, "loaded": fixed.loaded.skipped},
            "slots": {"all": fixed.slots, "without_packet": fixed.missing, "skipped_by_a": fixed.skipped_by_a},
            "inner_loss_percent": {"udp": rounded(percent(traffic.get("udp_loss")), 3),
                                   "ping": rounded(percent(traffic.get("ping_loss")), 3)},
            "ping_ms": {"ipv4": ping(traffic.get("ping4")), "ipv6": ping(traffic.get("ping6"))},
            "memory_mib": [gateway["memory"] for gateway in fixed.gateways],
            "on_demand": {"packets_per_second": {"idle": rounded(mode.idle.rate, 3), "loaded": rounded(mode.loaded.rate, 3)},
                          "distinct_outer_sizes": len(mode.sizes)}
            if (mode := figures.modes.get("on-demand")) else None}


def percent(value):
    return None if value is None else 100 * value


def rounded(value, digits):
    return None if value is None else round(value, digits)
