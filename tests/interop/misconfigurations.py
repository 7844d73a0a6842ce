# SPDX-License-Identifier: Apache-2.0
#
# The faults that operators make, each seeded alone: the tunnel must not come up, and `levelgate explain` must name the
# true cause by its id. `refused` is how strongSwan puts it when it stands in for levelgate; a cause that is still empty
# makes the row undecided, never passed.
from matrix import HYBRID_IKE, PPK
from row import Row

IN_VAIN = ["we initiate in vain"]
CERTIFICATES = {"auth": "cert", "key": "ecdsa256"}
DEAF = {"charon": {"port": 5500, "port_nat_t": 5501}}
QUICK = {"tries": 1}

ROWS = [
    Row("wrong-psk", "the pre-shared keys differ", IN_VAIN, ours={"psk": "b3RoZXItMjU2LWJpdC1rZXktZm9yLXRlc3Rz"},
        refused=r"received AUTHENTICATION_FAILED", cause="LG-IKE-032"),
    Row("wrong-ppk", "the post-quantum preshared keys of one id differ", IN_VAIN, both={"ppk": PPK},
        ours={"ppk": {**PPK, "secret": "YW5vdGhlci1wcGstb2YtMjU2LWJpdC1mb3ItdGhlLWxhYg=="}},
        refused=r"received AUTHENTICATION_FAILED", cause='PPK "lab-ppk"'),
    Row("wrong-ppk-responder", "the same, and the peer calls us", ["they initiate in vain"], both={"ppk": PPK},
        ours={"ppk": {**PPK, "secret": "YW5vdGhlci1wcGstb2YtMjU2LWJpdC1mb3ItdGhlLWxhYg=="}},
        refused=r"generating IKE_AUTH response \d+ \[ N\(AUTH_FAILED\) \]", cause="LG-IKE-064"),
    Row("no-ppk", "we demand a post-quantum preshared key, and the peer has none", IN_VAIN, ours={"ppk": PPK},
        refused=r"PPK", cause="LG-IKE-063"),
    Row("no-common-proposal", "no proposal suits both", IN_VAIN,
        theirs={"ike": ["aes256-sha256-modp2048"]}, refused=r"received NO_PROPOSAL_CHOSEN", cause="LG-IKE-021"),
    Row("wrong-id", "the peer proves another identity than the one expected", IN_VAIN, both=CERTIFICATES,
        ours={"remote-id": "gate-c.example.net"}, refused=r"received AUTHENTICATION_FAILED", cause="LG-IKE-033"),
    Row("wrong-id-responder", "the same, and it calls us: we see the identity, where above it only refuses ours",
        ["they initiate in vain"], both=CERTIFICATES, ours={"remote-id": "gate-c.example.net"},
        refused=r"no matching peer config found", cause="LG-IKE-033"),
    Row("expired-certificate", "the peer's certificate has expired", IN_VAIN, both=CERTIFICATES,
        theirs={"expired": True}, refused=r"subject certificate invalid \(valid from", cause="LG-IKE-035"),
    Row("untrusted-authority", "the peer's certificate comes from an authority that we do not trust", IN_VAIN,
        both=CERTIFICATES, theirs={"authority": "other-ca"}, refused=r"no issuer certificate found", cause="LG-IKE-036"),
    Row("selectors-apart", "the traffic selectors have nothing in common", IN_VAIN,
        theirs={"child": {"local_ts": ["10.77.0.0/24"]}}, refused=r"received TS_UNACCEPTABLE", cause="LG-IKE-041"),
    Row("additional-exchange-missing", "we ask for an additional ML-KEM exchange, the peer knows none", IN_VAIN,
        peer="6.1.0", ours={"ike": [HYBRID_IKE]}, refused=r"received NO_PROPOSAL_CHOSEN", cause="additional key exchange, which the peer may not know"),
    Row("no-aggfrag", "we demand AGGFRAG, the peer makes plain tunnels", IN_VAIN,
        ours={"tfs": {"mode": "fixed", "rate": "2 Mbit/s", "packet-size": "500B", "peer-required": True}},
        refused=r"AGGFRAG", stand_in="Debian 12's strongSwan knows no AGGFRAG, so it cannot demand it", cause="LG-IKE-042"),
    Row("wrong-port", "the peer is there, but its IKE listens on another port", IN_VAIN, ours=QUICK, theirs=DEAF,
        refused=r"giving up after \d+ retransmits", cause="LG-IKE-016"),
    Row("unreachable", "nobody has the peer's address", IN_VAIN,
        ours={**QUICK, "remote-address": "198.51.100.99"}, refused=r"giving up after \d+ retransmits", cause="LG-IKE-011"),
]
