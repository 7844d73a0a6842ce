# SPDX-License-Identifier: Apache-2.0
#
# What the test demands, each gate by a stable name, and whether the test itself is to be trusted: a negative control that
# must be found, a null control in which nothing may be found.
from dataclasses import asdict, dataclass

from tfc import measures
from tfc.charts import duration, number
from tfc.contrast import JUDGED

KS_ABOVE_FLOOR = 0.02
AUC_HALF_WIDTH = 0.05
CONTROL_AUC = 0.9
RATE_PPM = 10
LINE_DECIBELS = 6
LEAST_SIGMAS = 4        # of a correlation
BITS_PER_PACKET = 0.001
PADDING_SHARE, GOODPUT_SHARE = 0.005, 0.99
JITTER_NS = {"p99": 5_000, "p99.9": 20_000}


@dataclass
class Gate:
    name: str
    title: str
    measured: str
    allowed: str
    holds: bool | None       # None: too few values to tell
    demanded: bool = True
    control: bool = False    # of the test itself

    @property
    def fails(self):
        return self.demanded and self.holds is not True


def gates(figures):
    return [*shape(figures), *times(figures), *statistics(figures), *controls(figures)]


def verdict(all_gates):
    """not-trusted, fail or pass: a test that is not to be trusted says nothing else."""
    if any(gate.fails for gate in all_gates if gate.control):
        return "not-trusted"
    return "fail" if any(gate.fails for gate in all_gates) else "pass"


def shape(figures):
    yield Gate("sizes", "distinct sizes of outer packets", count_text(figures.sizes, "octets"), "1", len(figures.sizes) == 1)
    yield Gate("headers", "distinct headers (DSCP, ECN, TTL, DF, flow label, UDP ports)", count_text(figures.headers), "1",
               len(figures.headers) == 1)
    missing = figures.uncarried
    yield Gate("carried", "the loads were carried, so that there was something to hide", ", ".join(missing) + " not" if missing else "all",
               "all", not missing)
    goodput = figures.experiment.goodput
    if goodput:
        yield Gate("padding", "saturated, 1,500-octet packets: padding", f"{number(100 * goodput['padding_share'], 4)}\u202f%",
                   f"under {number(100 * PADDING_SHARE)}\u202f%", goodput["padding_share"] < PADDING_SHARE)
        yield Gate("goodput", "saturated, 1,500-octet packets: goodput of the format's arithmetic",
                   f"{number(100 * goodput['goodput_of_arithmetic'], 4)}\u202f%", f"{number(100 * GOODPUT_SHARE)}\u202f% or more",
                   goodput["goodput_of_arithmetic"] >= GOODPUT_SHARE)


def times(figures):
    if figures.off_slot is not None:
        yield Gate("exact", "packets that did not leave at the exact moment of their slot", number(figures.off_slot, 0), "0",
                   figures.off_slot == 0)
    nominal = figures.experiment.schedule.slots_per_second
    counts = figures.seconds["idle"] + figures.seconds["loaded"]
    near = sum(abs(count - nominal) <= 1 for count in counts)
    yield Gate("count", "whole seconds within one packet of nominal", f"{number(near, 0)} of {number(len(counts), 0)}", "all",
               near == len(counts) if counts else None)
    error = figures.rate_error_ppm
    yield Gate("rate", "the mean interval against the configured one, worst run", f"{number(error, 3)} ppm", f"{RATE_PPM} ppm",
               None if error is None else error <= RATE_PPM)
    skipped = figures.skipped
    yield Gate("skipped", "slots that the gateway skipped", f"idle {number(skipped['idle'], 0)}, loaded {number(skipped['loaded'], 0)}",
               "0", None if None in skipped.values() else not any(skipped.values()))
    for name, most in JITTER_NS.items():
        both = [figures.jitter[kind][name] for kind in ("idle", "loaded")]
        yield Gate(f"jitter-{name}", f"jitter {name}, idle and loaded", " and ".join("–" if one is None else duration(one) for one in both),
                   f"under {duration(most)}", None if None in both else max(both) < most, demanded=False)


def statistics(figures):
    main, null = figures.main, figures.null
    floor = None if null.ks is None else null.ks + KS_ABOVE_FLOOR
    yield Gate("ks", "Kolmogorov\u2013Smirnov distance of intervals, idle and loaded", number(main.ks, 4),
               f"idle and idle {number(null.ks, 4)} + {KS_ABOVE_FLOOR}", None if None in (main.ks, floor) else main.ks <= floor)
    yield from aucs(main, "", "idle and loaded")
    yield from learners(main, "", "idle and loaded")
    yield line_gate(figures)
    yield correlation_gate(figures)
    yield information_gate(figures)
    yield impulse_gate(figures)


def aucs(contrast, prefix, what, control=False):
    window = contrast.at(JUDGED)
    wide = None if window.chance is None else max(AUC_HALF_WIDTH, window.chance)
    for name, value in (("variance", window.variance_auc), ("entropy", window.entropy_auc)):
        yield Gate(f"{prefix}{name}", f"AUC of the {name} of {number(JUDGED, 0)} intervals, {what}", number(value, 3),
                   "–" if wide is None else f"{number(max(0.5 - wide, 0), 3)} to {number(min(0.5 + wide, 1), 3)}",
                   None if None in (value, wide) else abs(value - 0.5) <= wide, control=control)


def learners(contrast, prefix, what, control=False):
    for name, one in contrast.classifiers.items():
        yield Gate(f"{prefix}classifier-{name}", f"a trained classifier ({name}) on held-out runs, {what}",
                   "–" if one.accuracy is None else f"{number(100 * one.accuracy, 1)}\u202f% right of {number(one.windows, 0)} windows",
                   "–" if one.bound is None else f"{number(100 * min(one.bound, 1), 1)}\u202f%",
                   None if one.distinguishes is None else not one.distinguishes, control=control)


def line_gate(figures):
    # A line that the idle wire has as well, such as the rounding of stamps, tells nothing.
    values = {name: max(one[f"{what}_db"] - max(one[f"idle_{what}_db"], 0) for what in ("intervals", "lateness"))
              for name, one in figures.lines.items()}
    worst = max(values, key=values.get, default=None)
    return Gate("periodogram", "line at an on-off load's frequency above the idle floor",
                "–" if worst is None else f"{number(values[worst], 1)}\u202fdB ({worst})", f"{LINE_DECIBELS}\u202fdB",
                None if worst is None else values[worst] <= LINE_DECIBELS)


def correlation_gate(figures):
    found = figures.correlations
    worst = max(found, key=lambda name: found[name]["rho"] - allowed_rho(figures, name), default=None)
    return Gate("cross-correlation", "load against intervals, lags of a second each way",
                "–" if worst is None else f"{number(found[worst]['rho'], 4)} ({worst})",
                "–" if worst is None else number(allowed_rho(figures, worst), 4),
                None if worst is None else found[worst]["rho"] <= allowed_rho(figures, worst))


def allowed_rho(figures, name):
    """4 / sqrt(n), more where so many lags and runs show more by chance, or where the idle wire shows more of the same load."""
    found, looks = figures.correlations[name], sum(one["runs"] for one in figures.correlations.values())
    chance = measures.correlation_chance(found["intervals"], found["lags"], 0.01 / looks)
    idle = max(one["idle_rho"] for one in figures.correlations.values())
    return max(LEAST_SIGMAS / found["intervals"] ** 0.5, chance, 1.25 * idle)


def information_gate(figures):
    bits, floor = (one.mutual_information.get("corrected_bits") for one in (figures.main, figures.null))
    allowed = None if floor is None else floor + BITS_PER_PACKET
    return Gate("mutual-information", "bits about the load in one interval, shuffled baseline taken off",
                f"{number(bits, 5)} ({number(None if bits is None else bits * figures.experiment.schedule.slots_per_second, 3)} bit/s)",
                f"idle and idle {number(floor, 5)} + {BITS_PER_PACKET}", None if None in (bits, allowed) else bits <= allowed)


def impulse_gate(figures):
    found = figures.impulse
    most = max(3.0, measures.sigmas(len(found["profile_ns"]))) if found["profile_ns"] else 3.0
    return Gate("impulse", f"mean interval around {number(found['impulses'], 0)} single inner packets",
                f"{number(found['sigmas'], 2)} \u03c3", f"{number(most, 2)} \u03c3 in {len(found['profile_ns'])} slots",
                None if found["sigmas"] is None else found["sigmas"] <= most)


def controls(figures):
    best = figures.control.best_auc()
    yield Gate("negative-control", "on-demand mode must be found: best AUC", number(best, 3), f"over {CONTROL_AUC}",
               None if best is None else best > CONTROL_AUC, control=True)
    yield from aucs(figures.null, "null-", "idle and idle", control=True)
    yield from learners(figures.null, "null-", "idle and idle", control=True)


def count_text(counter, unit=""):
    most = ", ".join(str(value) for value, _ in counter.most_common(3))
    more = " \u2026" if len(counter) > 3 else ""
    return f"{number(len(counter), 0)} ({most}{' ' + unit if unit else ''}{more})"


def as_maps(all_gates):
    return [asdict(gate) for gate in all_gates]
