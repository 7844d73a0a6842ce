# SPDX-License-Identifier: Apache-2.0
#
# The rows with a Linux kernel as peer, those with libreswan among them. In IP-TFS Linux pads nothing and paces nothing: its
# direction is on demand in every row.
import copy

import kernel_libreswan_rows
from row import Row

FIXED = {"mode": "fixed", "rate": "4 Mbit/s", "packet-size": "1400B", "max-queue-delay": "5s", "receive": {"lost-timer": "1s"}}
ON_DEMAND = {"mode": "on-demand", "packet-size": "1400B", "receive": {"lost-timer": "1s"}}
HYBRID_IKE, HYBRID_ESP = "aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes256gcm16-x25519-ke1_mlkem768"
HYBRID = {"ike": [HYBRID_IKE], "esp": [HYBRID_ESP], "esn": True}
CLASSIC = {"ike": ["aes128gcm16-prfsha256-x25519"], "esp": ["aes128gcm16-x25519"], "esn": True}

BOTH_WAYS = ["we send 200 packets of 64 octets", "they send 200 packets of 64 octets",
             "we send 100 packets of 1500 octets", "they send 100 packets of 1500 octets",
             "we send 300 packets of 28, 48, 576, 1300 and 1500 octets", "they send 300 packets of 28, 48, 576, 1300 and 1500 octets"]
END = ["aggfrag is in use", "nothing is wrong"]
WE, THEY = ["we initiate", "as expected", "they meet"], ["they initiate", "as expected", "they meet"]
REKEYS = ["pings begin", "we rekey the child", "they rekey the child", "we rekey the child", "they rekey the child",
          "we rekey the ike", "they rekey the ike", "pings end without a loss"]
DISTURBED = ["what we sent was disturbed", "what they sent was disturbed", "the path is good", "we send 50 packets of 300 octets",
             "they send 50 packets of 300 octets", "aggfrag is in use"]
LOSSES = [f"{who} send {count} packets of {size} octets, of which some are lost" for size, count in ((300, 600), (1_400, 200))
          for who in ("we", "they")]
SHORT_WAIT = {"receive": {"lost-timer": "300ms"}, "iptfs": {"drop_time": 300_000}}


def row(name, what, steps, both=None, tfs=None, receive=None, iptfs=None, **more):
    tfs = copy.deepcopy(tfs or ON_DEMAND)
    tfs["receive"].update(receive or {})
    both = {**HYBRID, **(both or {})}
    return Row(name, what, steps, peer="kernel", both=both, ours={"tfs": tfs}, theirs={"iptfs": iptfs or {}},
               child={"esn": both["esn"]}, **more)


ROWS = {made.name: made for made in [
    row("kernel-fixed", "our constant rate, their on demand; X25519 with ML-KEM-768, ESN; small, large and mixed packets; we initiate",
        [*WE, *BOTH_WAYS, *END], tfs=FIXED),
    row("kernel-fixed-responder", "the same, initiated by them", [*THEY, *BOTH_WAYS, *END], tfs=FIXED),
    row("kernel-on-demand", "both on demand; we initiate", [*WE, *BOTH_WAYS, *END]),
    row("kernel-on-demand-responder", "both on demand; initiated by them", [*THEY, *BOTH_WAYS, *END]),
    row("kernel-x25519", "X25519 alone, AES-GCM-128", [*WE, *BOTH_WAYS, *END], both=CLASSIC),
    row("kernel-no-esn", "numbers of 32 bits", [*WE, *BOTH_WAYS, *END], both={"esn": False}, tfs=FIXED),
    row("kernel-ipv6", "outer IPv6, inner IPv4 and IPv6, our constant rate", [*WE, *BOTH_WAYS, *END], both={"outer": 6}, tfs=FIXED),
    row("kernel-ipv6-on-demand", "outer IPv6, both on demand, initiated by them", [*THEY, *BOTH_WAYS, *END], both={"outer": 6}),
    row("kernel-udp", "ESP in UDP by our configuration", [*WE, *BOTH_WAYS, *END], both={"connection": {"encap": "yes"},
                                                                                    "levelgate-esp": {"encapsulation": "udp"}}),
    row("kernel-many", "512 packets at once, of 64 and of mixed sizes",
        [*WE, *(f"{who} send 512 packets of {sizes} octets at once" for who in ("we", "they") for sizes in ("64", "64, 300 and 1400")), *END]),
    row("kernel-many-fixed", "the same at our constant rate of 20 Mbit/s",
        [*WE, *(f"{who} send 512 packets of {sizes} octets at once" for who in ("we", "they") for sizes in ("64", "64, 300 and 1400")), *END],
        tfs={**FIXED, "rate": "20 Mbit/s"}),
    row("kernel-jumbo", "inner packets of 4,000 and 9,000 octets over outer ones of 1,400 and 1,500, echoed by the guest",
        [*WE, "20 echoes of 4000, 8999 and 9000 octets", *BOTH_WAYS[:4], *END], both={"mtu": 9000}),
    row("kernel-jumbo-fixed", "the same at our constant rate",
        [*WE, "20 echoes of 4000, 8999 and 9000 octets", *BOTH_WAYS[:4], *END], both={"mtu": 9000}, tfs=FIXED),
    row("kernel-small-outer", "outer packets of 256 octets from us, of 600 from them: every inner packet in many parts",
        [*WE, *BOTH_WAYS, *END], tfs={**ON_DEMAND, "packet-size": "256B"}, iptfs={"packet_size": 600}),
    row("kernel-aggregates", "both wait for more before they send: several inner packets in each outer one",
        [*WE, *BOTH_WAYS, *END], tfs={**ON_DEMAND, "init-delay": "5ms"}, iptfs={"init_delay": 5000}),
    row("kernel-rekeys", "child and IKE rekeys from both sides while 200 pings per second pass: none lost, none twice",
        [*WE, *REKEYS, *BOTH_WAYS[:2], *END], tfs=FIXED),
    row("kernel-rekeys-responder", "the same, initiated by them, both on demand", [*THEY, *REKEYS, *BOTH_WAYS[:2], *END]),
    row("kernel-reorder", "a path that lets packets overtake others by up to two; window 3 at both ends: all in order",
        [*WE, "the path reorders", *BOTH_WAYS, *DISTURBED, "nothing is wrong"], both={"relay": True}),
    row("kernel-reorder-fixed", "the same at our constant rate",
        [*WE, "the path reorders", *BOTH_WAYS, *DISTURBED, "nothing is wrong"], both={"relay": True}, tfs=FIXED),
    row("kernel-reorder-far", "overtaken by up to eight, window 12 at both ends",
        [*WE, "the path reorders far", *BOTH_WAYS, *DISTURBED, "nothing is wrong"], both={"relay": True},
        receive={"reorder-window": 12}, iptfs={"reorder_window": 12}),
    row("kernel-loss", "a path that loses one packet in 30: no inner packet is lost that the lost outer ones held no part of",
        [*WE, "the path loses one in 30", *LOSSES, *DISTURBED], both={"relay": True}, **SHORT_WAIT),
    row("kernel-loss-fixed", "the same at our constant rate",
        [*WE, "the path loses one in 30", *LOSSES, *DISTURBED], both={"relay": True}, tfs=FIXED, **SHORT_WAIT),
    row("kernel-loss-reorder", "a path that does both, outer IPv6",
        [*WE, "the path loses one in 30 and reorders", *LOSSES, *DISTURBED], both={"relay": True, "outer": 6}, **SHORT_WAIT),
    row("kernel-lost-timer", "one packet is lost and nothing follows: what came behind it leaves when the timer of either end ends",
        [*WE, "we lose one packet before a silence", "they lose one packet before a silence", *BOTH_WAYS[:2], "aggfrag is in use"],
        both={"relay": True}, **SHORT_WAIT),
    row("kernel-no-window", "no reorder window at either end", [*WE, *BOTH_WAYS, *END], tfs=FIXED, receive={"reorder-window": 0},
        iptfs={"reorder_window": 0}),
    row("kernel-dont-fragment", "they do not fragment: what is too big for them is answered with ICMP",
        [*WE, "they send 120 packets of 64, 576 and 1400 octets, none in parts", *BOTH_WAYS[:3], *END,
         "they are told that 1500 octets are too big"], both={"relay": True}, iptfs={"dont_fragment": "yes"}),
    row("kernel-no-fragments-please", "they ask for no fragments (D): we send none, and answer what is too big with ICMP",
        [*WE, "we send 120 packets of 64, 576 and 1300 octets, none in parts", *BOTH_WAYS[:2], *END,
         "we are told that 1500 octets are too big"], both={"relay": True}, iptfs={"accept_fragments": "no"}, tfs=FIXED),
    *kernel_libreswan_rows.ROWS,
]}
