# SPDX-License-Identifier: Apache-2.0
#
# The confidentiality test as one HTML page: the verdict, the gates, the pictures, the tables, and what was done.
import html
import time

from tfc import measures, page_charts
from tfc.charts import duration, number
from tfc.contrast import JUDGED, all_intervals, rows_of
from tfc.page_parts import document, figure, legend, machine, section, tile

HEADLINES = {"pass": "The wire tells nothing about the load.", "fail": "The wire is not as level as it must be.",
             "not-trusted": "This test is not to be trusted here."}
CHIPS = {"pass": ("good", "PASSED"), "fail": ("bad", "FAILED"), "not-trusted": ("bad", "NOT TRUSTED")}
KINDS = {"virtual": "virtual time", "real": "real time"}


def page(whole, figures, all_gates):
    body = "\n".join([head(whole, figures, all_gates), gate_section(all_gates), pictures(figures), conditions(figures),
                      windows(figures), method(whole, figures)])
    return document("levelgate: confidentiality test", body,
                    "Made by levelgate bench tfc, of levelgate, an IP-TFS gateway (RFC 9347, ESP AGGFRAG).")


def head(whole, figures, all_gates):
    kind, word = CHIPS[whole["verdict"]]
    wrong = [gate for gate in all_gates if gate.fails and (gate.control or whole["verdict"] != "not-trusted")]
    reasons = "".join(f"<li>{html.escape(gate.title)}: {html.escape(gate.measured)}; allowed {html.escape(gate.allowed)}</li>" for gate in wrong)
    box = f'<ul class="wrong">{reasons}</ul>' if wrong else ""
    when = time.strftime("%Y-%m-%d %H:%M %Z")
    return (f'<header>\n<p class="eyebrow"><span class="verdict {kind}">{word}</span> levelgate bench tfc · {KINDS[whole["time"]]} · '
            f'{html.escape(when)} · {machine(whole["machine"])}</p>\n<h1>{HEADLINES[whole["verdict"]]}</h1>\n'
            f'<p class="lead">{lead(figures)}</p>\n{box}\n{tiles(figures)}\n</header>')


def lead(figures):
    experiment = figures.experiment
    schedule, idle, loaded = experiment.schedule, experiment.idle, experiment.all_loaded
    return (f"A tunnel at {number(schedule.slots_per_second, 0)} packets per second of {number(schedule.packet_size, 0)} octets, "
            f"{number(schedule.bits_per_second / 1e6, 2)}\u202fMbit/s, was watched from outside: {number(sum(len(one.times) for one in idle), 0)} "
            f"packets while nobody talked, {number(sum(len(one.times) for one in loaded), 0)} while one of "
            f"{number(len(experiment.loaded), 0)} loads was carried inside. Then everything was tried that is known to tell the two apart.")


def tiles(figures):
    main, null, window = figures.main, figures.null, figures.main.at(JUDGED)
    skipped = [figures.skipped[kind] for kind in ("idle", "loaded")]
    auc = None if window.variance_auc is None else max((abs(one - 0.5), one) for one in (window.variance_auc, window.entropy_auc))[1]
    accuracy = max((one.accuracy for one in main.classifiers.values() if one.accuracy is not None), default=None)
    bits = main.mutual_information.get("corrected_bits")
    return '<dl class="tiles">' + "".join([
        tile("Distinct sizes, distinct headers", f"{number(len(figures.sizes), 0)}, {number(len(figures.headers), 0)}", "one of each is allowed"),
        tile("KS distance, idle and loaded", number(main.ks, 4), f"idle and idle: {number(null.ks, 4)}"),
        tile("Farthest AUC, 1,000 intervals", number(auc, 3), "0.5 is a coin"),
        tile("Best trained classifier", "–" if accuracy is None else f"{number(100 * accuracy, 1)} <small>%</small>", "50\u202f% is a coin"),
        tile("Bits about the load", f"{number(None if bits is None else bits * figures.experiment.schedule.slots_per_second, 2)} <small>bit/s</small>",
             f"{number(bits, 5)} in a packet"),
        tile("Jitter p99, loaded", "–" if figures.jitter["loaded"]["p99"] is None else duration(figures.jitter["loaded"]["p99"]),
             "idle: " + ("–" if figures.jitter["idle"]["p99"] is None else duration(figures.jitter["idle"]["p99"]))),
        tile("Skipped slots, loaded", number(skipped[1], 0), f"idle: {number(skipped[0], 0)}"),
        tile("Negative control, best AUC", number(figures.control.best_auc(), 3), "on-demand mode; over 0.9 is demanded"),
    ]) + "</dl>"


def table(header, rows):
    cells = "".join(f"<th>{one}</th>" for one in header)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def gate_section(all_gates):
    rows = []
    for gate in all_gates:
        word, kind = ("too few to tell", "no") if gate.holds is None else ("holds", "yes") if gate.holds else ("fails", "no")
        if not gate.demanded and gate.holds is not True:
            word, kind = "missed; a goal, no gate", "no"
        rows.append(f'<tr><th>{html.escape(gate.title)}{" <small>(control)</small>" if gate.control else ""}</th>'
                    f'<td>{html.escape(gate.measured)}</td><td>{html.escape(gate.allowed)}</td><td class="{kind}">{word}</td></tr>')
    return section("Gates", "What must hold. A control is about the test itself: if one fails, nothing else counts.",
                   table(("gate", "measured", "allowed", ""), rows))


def pictures(figures):
    experiment, floor = figures.experiment, figures.null
    keys = legend(("outside", "loaded"), ("idle", "idle, every second run"), ("again", "idle, the others"))
    gaps = figure("Intervals, as cumulative shares", page_charts.intervals(figures),
                  f"Largest distance of the curves: idle and loaded <strong>{number(figures.main.ks, 4)}</strong>, idle and idle "
                  f"<strong>{number(floor.ks, 4)}</strong>; chance alone exceeds {number(floor.ks_chance, 4)} once in a hundred times.", keys)
    profile = figure("Around a single inner packet", page_charts.impulse(figures),
                     f"Mean of {number(figures.impulse['impulses'], 0)} impulses; the band is what chance explains.")
    bins = measures.EntropyBins(all_intervals(experiment.idle))
    pairs = [("idle", experiment.idle[::2], experiment.idle[1::2]), ("outside", experiment.idle, experiment.all_loaded)]
    windows_of = [(kind, rows_of(quiet, JUDGED)[0], rows_of(busy, JUDGED)[0]) for kind, quiet, busy in pairs]
    control_bins = measures.EntropyBins(all_intervals(experiment.control_quiet))
    control = [("control", rows_of(experiment.control_quiet, JUDGED)[0], rows_of(experiment.control_busy, JUDGED)[0])]
    roc_keys = legend(("outside", "idle against loaded"), ("idle", "idle against idle"), ("control", "negative control"), ("again", "a coin"))
    variance = figure("The variance as a detector", page_charts.roc(
        windows_of + control, lambda rows: rows.var(axis=1).round(6), "ROC of the variance"),
        "Windows of 1,000 intervals. On the diagonal the observer might as well toss a coin.", roc_keys)
    entropies = [*((kind, bins.entropy(quiet), bins.entropy(busy)) for kind, quiet, busy in windows_of),
                 *((kind, control_bins.entropy(quiet), control_bins.entropy(busy)) for kind, quiet, busy in control)]
    entropy = figure("The entropy as a detector", page_charts.roc(entropies, lambda values: values.round(9), "ROC of the entropy"),
                     "The same for the entropy, the other attack of Fu et al. (2003).", roc_keys)
    return section("Pictures", "Idle in grey, loaded in blue; what one sees of the difference is what an observer has.",
                   f'<div class="pair">{gaps}\n{profile}\n{variance}\n{entropy}</div>') + over_time(figures)


def over_time(figures):
    experiment = figures.experiment
    loaded = next((runs[0] for name, runs in experiment.loaded.items() if name.startswith("onoff") and runs),
                  next((runs[0] for runs in experiment.loaded.values() if runs), None))
    keys = legend(("inside", "inside"), ("outside", "on the wire"))
    shown = [figure("Constant rate", page_charts.wire_over_time(loaded, experiment.schedule),
                    "The wire is a flat line, set by the configuration and by nothing else.", keys)] if loaded else []
    if experiment.control_busy:
        shown.append(figure("For contrast: on demand, the negative control",
                            page_charts.wire_over_time(experiment.control_busy[0], experiment.schedule),
                            "The wire follows the load. A test that did not find this would find nothing.", keys))
    return section("What happened inside, and what an observer sees", "One run of each, in bins of 50 ms.",
                   f'<div class="pair">{"".join(shown)}</div>')


def conditions(figures):
    rows = []
    for name, one in figures.conditions.items():
        line, rho = figures.lines.get(name), figures.correlations.get(name)
        line_text = "" if line is None else f"{number(max(line['intervals_db'], line['lateness_db']), 1)}\u202fdB"
        rho_text = "–" if rho is None else f"{number(rho['rho'], 4)} <small>(idle {number(rho['idle_rho'], 4)})</small>"
        p99 = one["jitter"]["p99"]
        rows.append(f'<tr><th>{html.escape(name)} <small>{html.escape(one["title"])}</small></th>'
                    + "".join(f'<td class="number">{text}</td>' for text in (
                        number(one["packets"], 0), number(one["inner_carried"], 0), number(one["ks"], 4), number(one["variance_auc"], 3),
                        number(one["entropy_auc"], 3), "–" if p99 is None else duration(p99), number(one["skipped"], 0), line_text, rho_text))
                    + "</tr>")
    return section("Each load by itself", "Against the idle runs of the same moments. Few windows each: the gates are about all together.",
                   table(("load", "outer packets", "inner packets", "KS", "AUC variance", "AUC entropy", "jitter p99", "skipped",
                          "line", "correlation"), rows))


def windows(figures):
    rows = []
    for title, one in (("idle and loaded", figures.main), ("idle and idle", figures.null), ("negative control", figures.control)):
        for window in one.windows:
            rows.append(f"<tr><th>{title}</th>" + "".join(f'<td class="number">{text}</td>' for text in (
                number(window.size, 0), " and ".join(number(count, 0) for count in window.windows), number(window.variance_auc, 3),
                number(window.entropy_auc, 3), "–" if window.chance is None else f"\u00b1\u202f{number(window.chance, 3)}")) + "</tr>")
    return section("Windows", "How well variance and entropy of so many intervals tell one kind from the other; 0.5 is a coin.",
                   table(("kinds", "intervals", "windows of each", "AUC variance", "AUC entropy", "chance, 99 %"), rows))


def method(whole, figures):
    settings, sensitivity = whole["settings"], figures.sensitivity_ns
    notes = [*figures.experiment.notes,
             f"{number(settings['runs'], 0)} runs of {number(settings['packets'], 0)} packets of each load, seed {number(settings['seed'], 0)}; "
             f"the whole took {number(whole['seconds'], 0)} s.",
             "Not hidden, whatever this page says: that there is a tunnel, between which addresses, its rate and packet size, and what "
             "the other direction shows if the peer does not shape it."]
    if sensitivity is not None:
        notes.append(f"How sharp this test is: a load that held up packets by {duration(sensitivity)} on average, at random, would have been "
                     f"found with an AUC over 0.9.")
    return section("How it was measured", "What the figures rest on.",
                   '<ul class="notes">' + "".join(f"<li>{html.escape(note)}</li>" for note in notes) + "</ul>")
