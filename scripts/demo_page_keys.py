# SPDX-License-Identifier: Apache-2.0
#
# IKE in the demo's report: who proved to be whom with which algorithms, the handshake message by message, and each rekey
# with the SPIs before and after it and what an observer saw of it.
import html

import demo_negotiation
from demo_page_tables import table
from tfc.charts import duration, number

MOST_ROWS = 12


def sections(figures):
    negotiation = figures.fixed.negotiation
    return "\n".join([agreed(negotiation), handshake(negotiation), rekeys(negotiation), streams(negotiation)])


def agreed(negotiation):
    """Both gateways beside each other: they must tell the same."""
    def row(title, tell):
        return [title, *(html.escape(str(tell(sa))) if sa else "–" for sa in negotiation.sas)]

    rows = [row("role", lambda sa: sa["role"]),
            row("proves to be", lambda sa: f"{sa['local-id']}, by {sa['local-auth']}"),
            row("its peer is", lambda sa: f"{sa['remote-id']}, issued by {sa['remote-authority']}"),
            row("IKE SA", lambda sa: sa["suite"]),
            row("post-quantum key exchange", lambda sa: "yes" if sa["post-quantum"] else "no"),
            row("downgrade protection", lambda sa: sa["downgrade-protection"]),
            row("Child SA", lambda sa: f"ESP {negotiation.esp_suite}, "
                                       f"{'AGGFRAG' if sa['children'][0]['aggfrag'] else 'no AGGFRAG'}")]
    return table("Who they are, and what they agreed on", [("", ""), ("gateway A", ""), ("gateway B", "")], rows) + \
        '\n<p class="explain">As <code>levelgate show ike</code> tells it. The certificates were made for this run. The first Child ' \
        "SA takes its keys from the IKE SA; from its first rekey on it has a key exchange of its own.</p>"


def handshake(negotiation):
    rows = [[f"{number(ms, 2)}\u202fms", f"{site} to {'B' if site == 'A' else 'A'}", html.escape(exchange), number(octets, 0)]
            for ms, site, exchange, octets in negotiation.messages[:2 * MOST_ROWS]]
    return table(f"The handshake on the wire: {number(negotiation.handshake_ms, 1)}\u202fms",
                 [("after", ""), ("way", ""), ("message, or a fragment of it", ""), ("octets", "number")], rows)


def rekeys(negotiation):
    rows = [[f"{demo_negotiation.TITLES[one.kind]}, by {one.begun_by}", f"{number(one.at, 2)}\u202fs", " / ".join(one.before),
             " / ".join(one.after), html.escape("-".join(one.exchanges)), f"{number(one.milliseconds, 0)}\u202fms",
             duration(one.longest_gap) if one.longest_gap else "–"] for one in negotiation.rekeys[:MOST_ROWS]]
    more = len(negotiation.rekeys) - len(rows)
    rest = f" {number(more, 0)} more are not listed." if more > 0 else ""
    return table("New keys under load",
                 [("", ""), ("at", "number"), ("SPIs before", ""), ("SPIs after", ""), ("key exchange", ""),
                  ("seen by both after", "number"), ("longest gap on the wire", "number")], rows) + \
        '\n<p class="explain">SPIs of a Child SA as its beginner tells them, in and out. The time includes asking both gateways again and ' \
        f"again. The last column is what an observer of A's packets saw from 50\u202fms before to 150\u202fms after.{rest}</p>"


def streams(negotiation):
    rows = [[f"{demo_negotiation.SITES[at]} to {demo_negotiation.SITES[1 - at]}",
             *(number(stream[key], 0) for key in ("sent", "received", "lost", "duplicates", "reordered")),
             f"{number(stream['longest_pause_ms'], 1)}\u202fms"] for at, stream in enumerate(negotiation.streams)]
    return table("Every inner packet over the rekeys",
                 [("numbered packets", ""), ("sent", "number"), ("received", "number"), ("lost", "number"), ("twice", "number"),
                  ("out of order", "number"), ("longest pause", "number")], rows) + \
        '\n<p class="explain">Numbered UDP packets of 36 to 1\u202f468 octets at 40\u202f% of the tunnel\'s rate, both ways, counted by ' \
        "the hosts.</p>"
