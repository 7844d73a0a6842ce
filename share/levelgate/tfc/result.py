# SPDX-License-Identifier: Apache-2.0
#
# The result as one map with stable names and a schema number, for JSON; and as a table for eyes.
import math

from tfc import gates

SCHEMA = 1
WORDS = {"pass": "PASS: the wire tells nothing about the load",
         "fail": "FAIL: the wire tells something about the load, or is not as level as it must be",
         "not-trusted": "NOT TRUSTED: a control of the test itself failed; the other gates say nothing"}


def as_map(settings, figures, all_gates, machine, seconds):
    """The whole result; every value is a number, a text, or None where there was too little to tell."""
    verdict = gates.verdict(all_gates)
    experiment = figures.experiment
    return plain({
        "schema": SCHEMA, "verdict": verdict, "text": WORDS[verdict], "time": settings.kind,
        "settings": {"packets": settings.packets, "runs": settings.runs, "seed": settings.seed, "quick": settings.quick,
                     "packet-size": settings.schedule.packet_size, "slots-per-second": settings.schedule.slots_per_second,
                     "bits-per-second": settings.schedule.bits_per_second},
        "machine": machine, "seconds": seconds, "notes": experiment.notes, "gates": gates.as_maps(all_gates),
        "figures": {
            "outer-sizes": {str(size): count for size, count in figures.sizes.items()}, "outer-headers": dict(figures.headers),
            "packets-per-second": {kind: {"seconds": len(counts), "least": min(counts, default=None), "most": max(counts, default=None)}
                                   for kind, counts in figures.seconds.items()},
            "rate-error-ppm": figures.rate_error_ppm, "jitter-ns": figures.jitter, "skipped-slots": figures.skipped,
            "late-slots": figures.late, "off-slot": figures.off_slot, "sensitivity-ns": figures.sensitivity_ns,
            "periodogram": figures.lines, "cross-correlation": figures.correlations, "impulse": figures.impulse,
            "goodput": experiment.goodput},
        "idle-loaded": figures.main.as_map(), "idle-idle": figures.null.as_map(), "negative-control": figures.control.as_map(),
        "conditions": figures.conditions})


def plain(value):
    """JSON knows no infinity and no numpy."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if not math.isfinite(value) else round(value, 9)
    return value


def table(whole, all_gates):
    rows = [("GATE", "MEASURED", "ALLOWED", "")]
    for gate in all_gates:
        word = "too few" if gate.holds is None else "ok" if gate.holds else "FAILED" if gate.demanded else "missed"
        rows.append((gate.name, gate.measured, gate.allowed, word))
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) + f"  {row[3]}" for row in rows]
    return "\n".join([*lines, "", whole["text"]]).replace("\u202f", " ")
