# SPDX-License-Identifier: Apache-2.0
#
# One row of the matrix as data: who the peer is, what both sides are configured with, what happens in which order, and
# what must be seen. Site 1 is ours (levelgate, or a stand-in), site 2 is theirs.
import dataclasses

import pair

OURS, THEIRS = 1, 2
# strongSwan's ESP in user space has no extended sequence numbers, so no row has any.
EVERY = {"auth": "psk", "ike": ["aes256gcm16-prfsha384-x25519"], "esp": ["aes256gcm16-x25519"],
         "esn": False}


@dataclasses.dataclass
class Row:
    name: str
    what: str                                      # a line for people
    steps: list                                    # sentences that steps.py knows
    peer: str = "5.9.8"
    both: dict = dataclasses.field(default_factory=dict)    # settings of both sides
    ours: dict = dataclasses.field(default_factory=dict)    # over `both`
    theirs: dict = dataclasses.field(default_factory=dict)
    ike: dict = dataclasses.field(default_factory=dict)     # what both sides must say of the IKE SA: field -> value
    child: dict = dataclasses.field(default_factory=dict)   # and of its child
    logged: list = dataclasses.field(default_factory=list)  # patterns in their log at the end
    refused: str = ""                              # a pattern in the stand-in's log of a row that must fail
    cause: str = ""                                # and what `levelgate explain` must name
    stand_in: str = ""                             # why no strongSwan can take our side; empty: it can
    cannot: str = ""                               # why nobody can play it yet; empty: it is played

    def settings(self, site):
        return {**EVERY, **self.both, **(self.ours if site == OURS else self.theirs)}

    def outer(self):
        return pair.OUTER6 if self.both.get("outer") == 6 else pair.OUTER4

    @property
    def must_fail(self):
        return bool(self.refused or self.cause)
