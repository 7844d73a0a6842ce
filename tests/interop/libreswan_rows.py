# SPDX-License-Identifier: Apache-2.0
#
# The rows with libreswan on a machine whose kernel may have no ESP: IKE SAs, up to the proof that both sides hold the same
# keys (IKE_AUTH). Rows with tunnels are kernel/libreswan_rows.py's. Log patterns are pluto's words.
from matrix import MAY_PPK, PPK, WITH_PPK, WITHOUT_PPK
from row import Row

BOTH_ROLES = ["we open the expected ike", "we delete the ike", "gone", "they open the expected ike", "they delete the ike", "gone"]
OTHER_PPK = {**MAY_PPK, "id": "other-ppk"}
OTHER_SECRET = "YW5vdGhlci1wcGstb2YtMjU2LWJpdC1mb3ItdGhlLWxhYg=="
INTERMEDIATE = {"libreswan": {"intermediate": "yes"}}
RSA = {"auth": "cert", "key": "rsa2048"}


def row(name, what, steps, **more):
    return Row(f"libreswan-{name}", what, steps, peer="libreswan", **more)


ROWS = [
    row("psk", "libreswan: pre-shared key, both roles; the IKE SA alone", BOTH_ROLES, ike=WITHOUT_PPK),
    row("ppk", "libreswan: a post-quantum preshared key that both demand (RFC 8784), both roles; the IKE SA alone", BOTH_ROLES,
        both={"ppk": PPK}, ike=WITH_PPK, logged=["PPK AUTH calculated as responder", "PPK AUTH calculated as initiator"]),
    row("ppk-unknown", "libreswan: each has one that the other does not know, nobody demands one (NO_PPK_AUTH), both roles; the IKE "
        "SA alone", BOTH_ROLES, ours={"ppk": MAY_PPK}, theirs={"ppk": OTHER_PPK}, ike=WITHOUT_PPK,
        logged=[r"IKE_AUTH request .*N\(NO_PPK_AUTH\)", "peer wants to continue without PPK"]),
    row("intermediate", "libreswan: an IKE_INTERMEDIATE without content (RFC 9242), initiated by them; the IKE SA alone",
        ["they open the expected ike", "they delete the ike", "gone"], theirs=INTERMEDIATE, ike=WITHOUT_PPK,
        logged=["sent IKE_INTERMEDIATE request"]),
    row("wrong-ppk", "libreswan: the post-quantum preshared keys of one id differ", ["we initiate in vain"],
        both={"ppk": PPK}, ours={"ppk": {**PPK, "secret": OTHER_SECRET}}, cause='PPK "lab-ppk"'),
]
