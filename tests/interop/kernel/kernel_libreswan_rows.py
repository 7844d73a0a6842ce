# SPDX-License-Identifier: Apache-2.0
#
# The rows with libreswan in the guest: plain tunnels, RFC 8784 in every combination that its table has, each in both roles. A
# row that must fail names what `levelgate explain` must say.
from libreswan_rows import INTERMEDIATE, OTHER_PPK, OTHER_SECRET, RSA
from matrix import ALL_REKEYS, BOTH_ROLES, GCM, MAY_PPK, PPK, WITH_PPK, WITHOUT_PPK
from row import Row

TRAFFIC = ["they meet", "we send 200 packets of 64 octets", "they send 200 packets of 64 octets",
           "we send 200 packets of 28, 48, 576 and 1300 octets", "they send 200 packets of 28, 48, 576 and 1300 octets",
           "a plain tunnel is in use", "nothing is wrong"]
WE, THEY = ["we initiate in vain"], ["they initiate in vain"]
WRONG = {**PPK, "secret": OTHER_SECRET}
NOT_IN_5_2 = "libreswan before 5.4 speaks RFC 9867 by the draft's private numbers (50208, 50209) only, which levelgate does not know"
ALWAYS_INTERMEDIATE = "libreswan 5.2 with intermediate=yes computes AUTH over an IKE_INTERMEDIATE that need not take place (RFC 9242 §3.2)"
RSA_WITHOUT_PPK = "what libreswan 5.2 signs for NO_PPK_AUTH with RSA does not hold; strongSwan 5.9.8 refuses it as well"
IN_TCP = {"ours": {"levelgate-ike": {"transport": "tcp"}, "levelgate-esp": {"encapsulation": "tcp"}},
          "theirs": {"pluto": {"listen-tcp": "yes"}, "libreswan": {"enable-tcp": "yes"}}}


def row(name, what, steps, **more):
    return Row(f"kernel-libreswan-{name}", f"libreswan: {what}", steps, peer="libreswan", child=GCM, **more)


ROWS = [
    row("psk", "pre-shared key, both roles; packets of many sizes", [*BOTH_ROLES, "we initiate", "as expected", *TRAFFIC], ike=WITHOUT_PPK),
    row("esn", "the same with extended sequence numbers, initiated by them", ["they initiate", "as expected", *TRAFFIC],
        both={"esn": True}, ike=WITHOUT_PPK),
    row("certificates", "RSA-2048 certificates, both roles", BOTH_ROLES, both=RSA, ike=WITHOUT_PPK),
    row("rekeys", "child and IKE rekeys from both sides while 200 pings per second pass: none lost, none twice",
        ["we initiate", "as expected", "they meet", "pings begin", *(step for step in ALL_REKEYS if step != "ping"),
         "pings end without a loss", "a plain tunnel is in use", "nothing is wrong"], ike=WITHOUT_PPK),
    row("ppk", "a PPK that both demand (RFC 8784), both roles, with rekeys and packets",
        [*BOTH_ROLES, "we initiate", *ALL_REKEYS, "as expected", *TRAFFIC], both={"ppk": PPK}, ike=WITH_PPK),
    row("ppk-certificates", "a PPK that both demand, beside RSA-2048 certificates, both roles", BOTH_ROLES, both={**RSA, "ppk": PPK}, ike=WITH_PPK),
    row("ppk-optional", "a PPK that neither demands, both roles", BOTH_ROLES, both={"ppk": MAY_PPK}, ike=WITH_PPK,
        logged=[r"IKE_AUTH request .*N\(NO_PPK_AUTH\)"]),
    row("ppk-optional-certificates", "the same beside RSA-2048 certificates", BOTH_ROLES, both={**RSA, "ppk": MAY_PPK}, ike=WITH_PPK,
        logged=[r"IKE_AUTH request .*N\(NO_PPK_AUTH\)"]),
    row("ppk-we-demand", "we demand the PPK, they allow it, both roles", BOTH_ROLES, ours={"ppk": PPK}, theirs={"ppk": MAY_PPK}, ike=WITH_PPK),
    row("ppk-they-demand", "they demand the PPK, we allow it, both roles", BOTH_ROLES, ours={"ppk": MAY_PPK}, theirs={"ppk": PPK}, ike=WITH_PPK),
    row("ppk-they-have-none", "they have no PPK and we do not demand one, both roles", BOTH_ROLES, ours={"ppk": MAY_PPK}, ike=WITHOUT_PPK),
    row("ppk-we-have-none", "we have no PPK and they do not demand one, both roles", BOTH_ROLES, theirs={"ppk": MAY_PPK}, ike=WITHOUT_PPK),
    row("ppk-unknown", "each has a PPK that the other does not know, nobody demands one (NO_PPK_AUTH), both roles", BOTH_ROLES,
        ours={"ppk": MAY_PPK}, theirs={"ppk": OTHER_PPK}, ike=WITHOUT_PPK,
        logged=[r"IKE_AUTH request .*N\(NO_PPK_AUTH\)", "peer wants to continue without PPK"]),
    row("ppk-unknown-certificates", "the same beside RSA-2048 certificates, we initiate", ["we initiate", "as expected", *TRAFFIC], both=RSA,
        ours={"ppk": MAY_PPK}, theirs={"ppk": OTHER_PPK}, ike=WITHOUT_PPK, logged=[r"IKE_AUTH request .*N\(NO_PPK_AUTH\)"]),
    row("ppk-unknown-certificates-responder", "the same, they initiate", ["they initiate", "as expected", *TRAFFIC], both=RSA,
        ours={"ppk": MAY_PPK}, theirs={"ppk": OTHER_PPK}, ike=WITHOUT_PPK, cannot=RSA_WITHOUT_PPK),
    row("intermediate", "their support of IKE_INTERMEDIATE, we initiate and need none", ["we initiate", "as expected"],
        theirs=INTERMEDIATE, ike=WITHOUT_PPK, cannot=ALWAYS_INTERMEDIATE),
    row("wrong-ppk", "the octets of one PPK differ, we initiate", WE, both={"ppk": PPK}, ours={"ppk": WRONG}, cause='PPK "lab-ppk"'),
    row("wrong-ppk-responder", "the same, they initiate", THEY, both={"ppk": PPK}, ours={"ppk": WRONG}, cause="LG-IKE-064"),
    row("wrong-ppk-optional", "the same where neither demands one, we initiate", WE, both={"ppk": MAY_PPK},
        ours={"ppk": {**WRONG, "required": False}}, cause='PPK "lab-ppk"'),
    row("no-ppk", "we demand a PPK and they have none, we initiate", WE, ours={"ppk": PPK}, cause="LG-IKE-063"),
    row("no-ppk-responder", "the same, they initiate", THEY, ours={"ppk": PPK}, cause="LG-IKE-063"),
    row("no-ppk-here", "they demand a PPK and we have none, we initiate", WE, theirs={"ppk": PPK},
        cause="no PPK, which the peer may demand"),
    row("no-ppk-here-responder", "the same, they initiate and go away without a word", THEY, theirs={"ppk": PPK},
        cause="sent IKE_SA_INIT response 0", logged=["connection has ppk=insist but peer does not support PPK"]),
    row("unknown-ppk", "each demands a PPK that the other does not know, we initiate", WE, ours={"ppk": PPK},
        theirs={"ppk": {**OTHER_PPK, "required": True}}, cause='PPK "lab-ppk"'),
    row("unknown-ppk-responder", "the same, they initiate", THEY, ours={"ppk": PPK}, theirs={"ppk": {**OTHER_PPK, "required": True}},
        cause="LG-IKE-063"),
    row("ppk-int", "a PPK in IKE_INTERMEDIATE (RFC 9867), both roles", BOTH_ROLES, both={"ppk": PPK}, theirs=INTERMEDIATE, ike=WITH_PPK,
        logged=["PPK used in IKE_INTERMEDIATE as responder"], cannot=NOT_IN_5_2),
    row("tcp", "IKE and ESP in one TCP stream (RFC 9329), both roles", [*BOTH_ROLES, "we initiate", *TRAFFIC],
        **IN_TCP, ike=WITHOUT_PPK),
    row("tcp-rekeys", "the same with rekeys from both sides, initiated by them", ["they initiate", *ALL_REKEYS, *TRAFFIC],
        **IN_TCP, ike=WITHOUT_PPK),
    row("tcp-ppk", "the same with a PPK that both demand, both roles", BOTH_ROLES, both={"ppk": PPK},
        **IN_TCP, ike=WITH_PPK),
]
