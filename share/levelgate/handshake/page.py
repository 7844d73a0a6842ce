# SPDX-License-Identifier: Apache-2.0
#
# The figures as one HTML page: the goals, the pictures, the table, and how it was measured.
import html
import time

from handshake import page_charts
from handshake.cells import NAMES, deliveries, key_sets, path_text, rows, time_text
from tfc.charts import number
from tfc.page_parts import document, figure, legend, machine, section, tile

SHOWN_KEYS = ("+mceliece6688128f", "+mceliece8192128f", "+mceliece348864f")


def page(figures, facts):
    cells = figures["cells"]
    body = "\n".join([head(figures, facts), goals(figures), published(figures), pictures(cells), real(figures), table(cells), costs(figures), method(figures)])
    return document("levelgate: handshakes with large keys", body,
                    "Made by levelgate bench handshake, of levelgate, an IP-TFS gateway (RFC 9347, ESP AGGFRAG).")


def head(figures, facts):
    missed = [goal for goal in figures["goals"] if not goal["holds"]]
    kind, word = ("bad", "MISSED") if missed else ("good", "REACHED")
    chip = f'<span class="verdict {kind}">{word}</span> ' if figures["goals"] else ""
    when = time.strftime("%Y-%m-%d %H:%M %Z")
    worst = next((row for where, row in rows(figures["cells"]) if where[:3] == (100_000_000, 100_000, 10) and where[3] == SHOWN_KEYS[0]), {})
    return (f'<header>\n<p class="eyebrow">{chip}levelgate bench handshake · virtual time · {html.escape(when)} · {machine(facts)}</p>\n'
            f"<h1>Handshakes with large keys</h1>\n"
            f'<p class="lead">Two gateways make a tunnel over modelled paths. Traffic flows under the first keys; right after that both keys '
            f'are replaced by ones that depend on a Classic McEliece key as well. Times count from the first message.</p>\n'
            f"{tiles(figures, worst)}\n</header>")


def tiles(figures, worst):
    held = sum(goal["holds"] for goal in figures["goals"])
    shown = [tile("Goals reached", f"{held} <small>of {len(figures['goals'])}</small>", "those whose cells are in this table")]
    for delivery in ("udp-ack", "rfc7383"):
        found = worst.get(delivery, {}).get("large-key")
        if found:
            shown.append(tile(f"A megabyte key, 100\u202fMbit/s, 100\u202fms, 10\u202f%: {NAMES[delivery]}",
                              f"{time_text(found['median-us'])} <small>s</small>", f"p99 {time_text(found['p99-us'])} s"))
    return f'<dl class="tiles">{"".join(shown)}</dl>'


def cells_table(header, body):
    return (f'<div class="scroll"><table><thead><tr>{"".join(f"<th>{one}</th>" for one in header)}</tr></thead>'
            f'<tbody>{"".join(body)}</tbody></table></div>')


def goals(figures):
    body = [f'<tr><th>{html.escape(goal["name"])}</th><td class="number">{time_text(goal["measured-us"])}</td>'
            f'<td class="number">{time_text(goal["allowed-us"])}</td><td class="{"yes" if goal["holds"] else "no"}">'
            f'{"reached" if goal["holds"] else "missed"}</td></tr>' for goal in figures["goals"]]
    return section("Goals", "Seconds, of the acknowledged delivery over UDP.", cells_table(("goal", "measured", "allowed", ""), body))


def published(figures):
    body = [f'<tr><th>{html.escape(one["path"])}</th><td>{html.escape(one["transport"])}</td><td>{html.escape(one["time"])}</td>'
            f'<td>{html.escape(one["source"])}</td></tr>' for one in figures["published"]]
    return section("What was published before", "Time until such a handshake was done, by others and their software.",
                   cells_table(("path", "transport", "time", "source"), body))


def pictures(cells):
    keys = next((one for one in SHOWN_KEYS if one in key_sets(cells)), None)
    if keys is None:
        return ""
    there = [one for one in deliveries(cells) if any(cell["delivery"] == one and "large-key" in cell for cell in cells)]
    trips = sorted({cell["round-trip-us"] for cell in cells})
    trip = 100_000 if 100_000 in trips else trips[0]
    shown = [figure(f"{number(rate / 1e6, 0)}\u202fMbit/s", page_charts.protection(cells, rate, trip, keys, there),
                    f"Medians, {html.escape(keys)}, round trip {number(trip / 1e3, 0)}\u202fms.",
                    legend(*((page_charts.KINDS[one], NAMES[one]) for one in there)))
             for rate in sorted({cell["bits-per-second"] for cell in cells})]
    return section("Until the large key protects", "The same gateways, the same losses; what differs is how the long message travels.",
                   f'<div class="pair">{"".join(shown)}</div>')


def real(figures):
    if "real" not in figures:
        why = figures.get("real-skipped")
        return "" if why is None else section("In real time", html.escape(why) + ".", "")
    body = []
    for cell in figures["real"]:
        for key, title in (("first-inner", "first inner packet"), ("large-key", "large-key protection")):
            one, ratio = cell[key], cell[key]["ratio-permille"]
            body.append(f"<tr><th>{path_text(cell)}</th><td>{NAMES[cell['delivery']]}</td><td>{title}</td>" + "".join(f'<td class="number">{text}</td>' for text in (
                time_text(one["real-median-us"]), time_text(one["virtual-median-us"]),
                "–" if ratio is None else number(ratio / 1000, 2), number(len(cell["runs"]), 0))) + "</tr>")
    under = figures["real-conditions"]
    return section("In real time, beside virtual time", "Two daemons on this machine, joined by an emulator of the same path: seconds, medians. "
                   f"TCP is the kernel's, with {html.escape(under['congestion-control'])}; the load was {under['load']} on {under['cores']} cores.",
                   cells_table(("path", "", "", "real", "virtual", "ratio", "runs"), body))


def cell_text(cell):
    large = cell.get("large-key")
    protection = "" if large is None else f"{time_text(large['median-us'])} <small>({time_text(large['p99-us'])})</small>"
    return "".join(f'<td class="number">{text}</td>' for text in (
        time_text(cell["first-inner"]["median-us"]), protection, number(cell["octets-over-needed-permille"] / 1000, 2)))


def table(cells):
    there = deliveries(cells)
    header = ["path", "keys", *(f"{NAMES[one]}: {what}" for one in there for what in ("first", "large key (p99)", "octets")), "held"]
    body = []
    for where, row in rows(cells):
        some = next(iter(row.values()))
        held = max(cell["responder-octets"] for cell in row.values())
        body.append(f"<tr><th>{path_text(some)}</th><td>{html.escape(where[3])}</td>" + "".join(cell_text(row[one]) for one in there)
                    + f'<td class="number">{number(held / 1e3, 0)}\u202fkB</td></tr>')
    return section("All cells", "Seconds from the first message to the first inner packet and to large-key protection, medians; octets sent over "
                   "octets needed; the most that the responder held of messages that were not whole.", cells_table(header, body))


def costs(figures):
    body = [f'<tr><th>{html.escape(one["name"])}</th>' + "".join(f'<td class="number">{number(one[key] / 1e3, 2)}</td>' for key in (
        "generate-us", "encapsulate-us", "decapsulate-us")) + "</tr>" for one in figures["key-costs"]]
    return section("What key exchanges were charged", "Milliseconds, measured once in this run on this machine.",
                   cells_table(("method", "generate", "encapsulate", "decapsulate"), body))


def method(figures):
    settings = figures["settings"]
    notes = ["Both gateways are the product's own control towers with real messages and real cryptography; the path is a model and the "
             "clock jumps from event to event. Large keys are made once and lent to all cells, and their making is charged.",
             f"A line with a queue of {number(settings['queue-packets'], 0)} packets of 1,280 octets, half the round trip behind it, and "
             f"independent loss each way. Fragments leave at 95 % of the line's rate, as an operator would set it.",
             f"RFC 7383 alone: all fragments leave at once and all of them again after 1, 2, 4 seconds and so on, as other requests do.",
             "TCP: IKE over TCP (RFC 9329) from the first message on; separate transports: behind IKE_SA_INIT over UDP. TCP is a model: "
             "segments of 1,240 octets with headers of 40, a first window of ten (RFC 6928), slow start, CUBIC (RFC 9438), selective "
             "acknowledgements, losses found as in RFC 8985, timers of RFC 6298 with 200 ms beyond the round trip, every second segment or "
             "40 ms acknowledged. Its headers, handshakes and acknowledgements count as octets sent.",
             f"{settings['seeds']} runs of each cell, at least 20 of those with goals, from seed {settings['seed']} on. Of fewer than a hundred "
             f"runs the p99 is the longest. Never: not within {number(settings['patience-us'] / 1e6, 0)} s.",
             f"Needed are the octets of the same handshake where nothing is lost. The whole took {number(figures['seconds'], 0)} s."]
    return section("How it was measured", "What the figures rest on.",
                   '<ul class="notes">' + "".join(f"<li>{html.escape(note)}</li>" for note in notes) + "</ul>")
