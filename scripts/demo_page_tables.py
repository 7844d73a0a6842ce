# SPDX-License-Identifier: Apache-2.0
#
# The tables and notes of the demo's report: what was demanded and met, what was carried, what the gateways counted, how
# it was measured and what that leaves open.
import html

import demo_verdict
from tfc.charts import duration, number

NAMES = {"hosta": "A to B", "hostb": "B to A"}


def table(title, columns, rows):
    """columns: (title, class); rows: lists of cells, already HTML."""
    heads = "".join(f'<th scope="col" class="{kind}">{text}</th>' for text, kind in columns)
    lines = []
    for first, *rest in rows:
        cells = "".join(f'<td class="{kind}">{cell}</td>' for cell, (_, kind) in zip(rest, columns[1:]))
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return (f'<section>\n<h2>{title}</h2>\n<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
            + "\n".join(lines) + "\n</tbody>\n</table></div>\n</section>")


def judged(figures):
    def state(check):
        if check.holds:
            return '<span class="yes">met</span>'
        return '<span class="no">not met</span>' if check.demanded else "<span>not met here</span>"

    rows = [[html.escape(check.name), html.escape(check.measured), "demand" if check.demanded else "goal", state(check)]
            for check in demo_verdict.checks(figures)]
    return table("What was asked, and what was measured",
                 [("", ""), ("measured", ""), ("kind", ""), ("result", "")], rows) \
        + '\n<p class="explain">A demand that is not met fails the demo. Goals are shown with their measure: a shared machine may ' \
          "miss them, a core of its own should not.</p>"


def carried(figures):
    """One row for each ping and burst, the modes beside each other: both had the same."""
    columns, rows = [("", "")], {}
    for name, mode in figures.modes.items():
        columns += [(f"{name}: speed, or least / mean / most time", "number"), (f"{name}: lost", "number")]
        for at, (label, *cells) in enumerate(sent(mode.traffic)):
            rows.setdefault((at, label), []).extend(cells)
    lines = [[label, *cells] for (_, label), cells in rows.items()]
    return table("What went through", columns, lines) + \
        '\n<p class="explain">At constant rate a TCP burst fills the tunnel, and what would wait for longer than 20\u202fms is ' \
        "dropped so that TCP notices; ping and UDP that share the queue at that moment lose a few packets too.</p>"


def sent(traffic):
    for version, key in (("IPv4", "ping4"), ("IPv6", "ping6")):
        ping = traffic.get(key)
        if ping:
            times = " / ".join(number(ping.get(part), 2) for part in ("min_ms", "avg_ms", "max_ms"))
            yield f"ping {version}, A to B", f"{times}\u202fms", loss(ping["sent"], ping["sent"] - ping["received"])
    for burst in traffic.get("bursts", []):
        label = f"{burst['kind'].upper()}, {NAMES.get(burst['from'], burst['from'])}"
        if burst.get("failed"):
            yield label, '<span class="no">no result</span>', ""
        else:
            lost = loss(burst["packets"], burst["lost"]) if burst["kind"] == "udp" else "sent again by TCP"
            yield label, f"{number(burst['bits_per_second'] / 1e6, 1)}\u202fMbit/s", lost


def loss(sent, lost):
    if not sent:
        return "–"
    return f"{number(lost, 0)} of {number(sent, 0)} ({number(100 * lost / sent, 2)}\u202f%)"


def gateways(figures):
    rows = []
    for name, mode in figures.modes.items():
        for gateway in mode.gateways:
            pacing = gateway["pacing"] if name == "fixed" else {}
            late = gateway["late"] if name == "fixed" else None
            lateness = " / ".join(span(pacing.get(key)) for key in ("p50", "p99", "max")) if pacing else "–"
            memory = gateway["memory"]
            rows.append([f"gateway\u00a0{gateway['site']}, {name.replace('-', chr(0x2011))}", number(gateway["outer_sent"], 0), number(gateway["inner_sent"], 0),
                         number(gateway["inner_received"], 0), number(late, 0), lateness, drops(gateway["drops"]),
                         f"{number(memory.get('resident'), 1)} + {number(memory.get('huge_pages'), 1)}\u202fMiB"])
    return table("What the gateways counted",
                 [("", ""), ("outer packets sent", "number"), ("inner sent", "number"), ("inner received", "number"),
                  ("late slots", "number"), ("behind the slot: half / 99\u202f% / worst", "number"), ("dropped", ""),
                  ("memory + huge pages", "number")], rows)


def span(ns):
    return "–" if ns is None else duration(ns)


def drops(reasons):
    shown = [f"{html.escape(reason)} {number(count, 0)}" for reason, count in sorted(reasons.items()) if count]
    return "<br/>".join(shown) or "nothing"


def method(figures):
    fixed = figures.fixed
    lost = [mode.capture_lost for mode in figures.modes.values()]
    capture = "the kernel reports none lost" if lost and set(lost) == {0} else \
        f"lost by the capture itself: {', '.join(number(count, 0) for count in lost)}"
    notes = [
        "Host A, gateway A, gateway B and host B are network namespaces on one machine, joined by veth pairs. The observer is a "
        f"packet capture at gateway B that sees what arrives from A; {capture}.",
        f"The tunnel is set to {number(figures.bits_per_second / 1e6)}\u202fMbit/s in packets of {number(figures.packet_size, 0)} octets, "
        f"both ways: one slot each {duration(1e9 / figures.nominal_rate)}, {number(figures.nominal_rate, 2)} per second. "
        f"Rates are packets divided by the time from the first to the last, over {number(fixed.idle.seconds, 1)}\u202fs idle and "
        f"{number(fixed.loaded.seconds, 1)}\u202fs loaded.",
        "Loaded means the whole phase with its silences between bursts, and the rekeys after it, as in the picture.",
        "Pacing is by software. Hosts, gateways, load generators and the capture share the processor, and with the gateways so do other "
        "programs" + (" and, since the machine is virtual, other machines" if figures.machine.get("virtual") else "") +
        ". A gateway that has to wait for a core sends its slot late. Both time stamps and gaps contain that.",
        "The distance of idle and idle is the noise floor of this very run. A distance of idle and loaded that clearly exceeds it is something "
        "that a patient observer with an exact clock could use. Cores that nobody else uses should make it smaller.",
        "Whoever watches the wire also sees IKE: the handshake, and some packets on UDP port 500 at each rekey, which say that keys "
        "change and nothing of the load.",
        "Sizes, rates and gaps are what is looked at here. That is no proof that no other statistic tells idle from loaded.",
    ]
    return '<section>\n<h2>How this was measured</h2>\n<ul class="notes">' + "".join(f"<li>{note}</li>" for note in notes) \
        + "</ul>\n</section>"
