# SPDX-License-Identifier: Apache-2.0
#
# The demo's report as one HTML file: style and pictures inside, no scripts, nothing fetched from anywhere.
import html
import time

import demo_figures
import demo_page_charts as charts
import demo_page_keys as keys_of
import demo_page_tables as tables
import demo_verdict
from tfc.charts import duration, number
from tfc.page_parts import document, figure, legend, machine, section, tile

MODE_TITLES = {"fixed": "Constant rate (mode fixed)", "on-demand": "For contrast: on demand"}


def page(figures):
    body = "\n".join([head(figures), pictures(figures), tables.judged(figures), keys_of.sections(figures), tables.carried(figures),
                      tables.gateways(figures), tables.method(figures)])
    return document("levelgate demo report", body,
                    "Made by scripts/demo of levelgate, an IP-TFS gateway (RFC 9347, ESP AGGFRAG).")


def head(figures):
    wrong = demo_verdict.failures(figures)
    headline = "The wire did not stay level." if wrong else "Traffic came and went. The wire stayed level."
    chip = '<span class="verdict bad">FAILED</span>' if wrong else '<span class="verdict good">PASSED</span>'
    reasons = "".join(f"<li>{html.escape(failure)}</li>" for failure in wrong)
    box = f'<ul class="wrong">{reasons}</ul>' if wrong else ""
    when = time.strftime("%Y-%m-%d %H:%M %Z")
    return (f'<header>\n<p class="eyebrow">{chip} levelgate demo · {html.escape(when)} · {machine(figures.machine)}</p>\n'
            f"<h1>{headline}</h1>\n<p class=\"lead\">{lead(figures)}</p>\n{box}\n{tiles(figures)}\n</header>")


def lead(figures):
    best = figures.fixed.traffic.get("best_bits_per_second", 0.0)
    text = (f"Two hosts talked through two gateways: ping all the time, TCP and UDP in bursts of up to {number(best / 1e6, 1)}"
            f"\u202fMbit/s. ")
    sizes = sorted(figures.fixed.sizes)
    if figures.fixed.idle.rate is None:
        return text + "On the wire between the gateways nothing was seen."
    text += rekeyed(figures.fixed.negotiation)
    size = f"{number(sizes[0], 0)} octets each" if len(sizes) == 1 else f"of {number(len(sizes), 0)} different sizes"
    return text + (f"Whoever watched the wire between the gateways saw {number(figures.fixed.idle.rate, 2)} packets per second "
                   f"while nobody talked and {number(figures.fixed.loaded.rate, 2)} while they did, {size}.")


def rekeyed(negotiation):
    if not negotiation.rekeys:
        return ""
    lost = negotiation.inner("lost")
    return (f"Meanwhile the gateways changed their keys {number(len(negotiation.rekeys), 0)} times, with a post-quantum key exchange, and lost "
            f"{'no packet' if lost == 0 else number(lost, 0) + ' packets'} of {number(negotiation.inner('sent'), 0)}. ")


def tiles(figures):
    fixed, other = figures.fixed, figures.modes.get("on-demand")
    ping = fixed.traffic.get("ping4", {})
    percent = None if fixed.rate_difference is None else 100 * fixed.rate_difference
    contrast = (lambda text: f"on demand: {text}") if other else (lambda _: "")
    skipped = [fixed.idle.skipped, fixed.loaded.skipped]
    ike = fixed.negotiation
    counts = {kind: number(len(ike.of_kind(kind)), 0) for kind in ("child", "ike")}
    return '<dl class="tiles">' + "".join([
        tile("Packets per second, idle", number(fixed.idle.rate, 2),
             contrast(number(other.idle.packets / other.idle.seconds, 0)) if other else ""),
        tile("Packets per second, loaded", number(fixed.loaded.rate, 2),
             contrast(number(other.loaded.packets / other.loaded.seconds, 0)) if other else ""),
        tile("Difference of the rates", f"{number(percent, 3)} <small>%</small>", "0.1\u202f% is allowed"),
        tile("Distinct outer sizes", number(len(fixed.sizes), 0), contrast(number(len(other.sizes), 0)) if other else ""),
        tile("KS distance of gaps, idle and loaded", number(fixed.ks_idle_loaded, 3),
             f"idle and idle: {number(fixed.ks_idle_idle, 3)}"),
        tile("Skipped slots, loaded", number(skipped[1], 0), f"idle: {number(skipped[0], 0)}; both gateways"),
        tile("Ping through the tunnel", f"{number(ping.get('avg_ms'), 1)} <small>ms</small>",
             f"{number(ping.get('min_ms'), 1)} to {number(ping.get('max_ms'), 1)}\u202fms"),
        tile("Inner loss in bursts, UDP", f"{number(demo_verdict.percent(fixed.traffic.get('udp_loss')), 2)} <small>%</small>",
             f"ping: {number(demo_verdict.percent(fixed.traffic.get('ping_loss')), 2)}\u202f%"),
        tile("Handshake", f"{number(ike.handshake_ms, 1)} <small>ms</small>", f"{number(len(ike.messages), 0)} packets, certificates"),
        tile("Key exchange", html.escape(" + ".join(ike.first.get("key-exchanges", ["–"]))),
             f"post-quantum: {'yes' if ike.first.get('post-quantum') else 'no'}"),
        tile("Rekeys under load", f"{counts['child']} + {counts['ike']}", "of the Child SA + of the IKE SA"),
        tile("Inner packets lost over them", number(ike.inner("lost"), 0), f"of {number(ike.inner('sent'), 0)} numbered ones"),
    ]) + "</dl>"


def pair(figures, draw, keys, captions):
    shown = (figure(MODE_TITLES[name], draw(mode), captions[name](mode), keys) for name, mode in figures.modes.items())
    return '<div class="pair">' + "\n".join(shown) + "</div>"


def pictures(figures):
    return "\n".join([time_section(figures), guess_section(figures), size_section(figures), gap_section(figures),
                      close_section(figures)])


def time_section(figures):
    keys = legend(("inside", "inside: host A to host B"), ("outside", "outside: gateway A to gateway B"), ("rekey", "a rekey"))
    return section(
        "What happened inside, and what an observer sees",
        "The same traffic twice, in tenths of a second. At constant rate the wire carries as much when nobody talks; on "
        "demand it carries what is there to carry, and says so to everybody.",
        pair(figures, charts.over_time, keys, {
            "fixed": lambda mode: f"<strong>The wire is a flat line</strong> at {number(figures.bits_per_second / 1e6)}\u202fMbit/s, "
                                  "set by the configuration and by nothing else.",
            "on-demand": lambda mode: "<strong>The wire follows every burst.</strong> Mind the scale: nothing bounds the rate here."}))


def guess_section(figures):
    def told(mode):
        return f"Correlation {number(mode.correlation, 3)}" if mode.correlation is not None else "No correlation: the wire never changed"

    return section(
        "Can the load be read from the wire?",
        "Each dot is a tenth of a second: across, what was sent inside; up, what passed on the wire. A level row of dots "
        "says no; a slope says yes.",
        pair(figures, charts.load_against_wire, "", {
            "fixed": lambda mode: f"<strong>{told(mode)}</strong> of inner load and packets on the wire.",
            "on-demand": lambda mode: f"<strong>{told(mode)}</strong>: whoever counts packets knows the load."}))


def size_section(figures):
    return section(
        "Sizes of outer packets",
        "Sizes of the packets inside are fingerprints of what people do. Outside there shall be one size. The upright axis is "
        "logarithmic, so that one packet among ten thousand shows.",
        pair(figures, charts.outer_sizes, "", dict.fromkeys(
            demo_figures.MODES, lambda mode: f"<strong>{number(len(mode.sizes), 0)} distinct "
            f"size{'' if len(mode.sizes) == 1 else 's'}</strong> among {number(sum(mode.sizes.values()), 0)} packets.")))


def gap_section(figures):
    def caption(mode):
        quiet = f"{number(len(mode.idle.gaps), 0)} gaps idle, {number(len(mode.loaded.gaps), 0)} loaded"
        if mode.ks_idle_loaded is None:
            return f"{quiet}. <strong>Silence itself tells</strong> that nobody talks."
        return f"{quiet}. <strong>Kolmogorov–Smirnov distance {number(mode.ks_idle_loaded, 4)}.</strong>"

    keys = legend(("outside", "loaded"), ("idle", "idle"))
    return section(
        "Gaps between packets",
        "How long after one packet the next one passes. Both axes are logarithmic: what is far to the left or right of the "
        "peak is rare, but shown.",
        pair(figures, charts.gaps, keys, dict.fromkeys(demo_figures.MODES, caption)))


def close_section(figures):
    fixed = figures.fixed
    interval = 1e9 / figures.nominal_rate
    shift = "" if fixed.gap_shift is None else \
        f" Between the 5th and the 95th percentile, idle and loaded are at most {duration(fixed.gap_shift)} apart."
    gaps = figure("Gaps, as cumulative shares", charts.gaps_close_up(fixed, interval),
                  f"Largest distance of the curves: idle and loaded <strong>{number(fixed.ks_idle_loaded, 4)}</strong>, idle and "
                  f"idle <strong>{number(fixed.ks_idle_idle, 4)}</strong>, which is what this machine itself does from one moment "
                  f"to the next; chance alone exceeds {number(fixed.ks_chance, 4)} once in a hundred times.{shift}",
                  legend(("outside", "loaded"), ("idle", "idle, first half"), ("again", "idle, second half")))
    seconds = figure("Packets of each second", charts.each_second(fixed, figures.nominal_rate),
                     f"Nominal: {number(figures.nominal_rate, 2)}; the band is one packet up and down. A second's edge may fall "
                     "before or after a packet that came late, which moves one packet into the next second.",
                     legend(("idle", "idle"), ("outside", "loaded")))
    return section("Constant rate, close up",
                   "Software that shares a machine cannot keep every microsecond. What is left of a difference shows here.",
                   f'<div class="pair">{gaps}\n{seconds}</div>')
