# SPDX-License-Identifier: Apache-2.0
#
# What either side says about its SAs, in one shape, so that a row can compare both whatever programs they are.
# Algorithms are strongSwan's keywords, which levelgate's configuration uses as well.
import dataclasses
import re


@dataclasses.dataclass
class Child:
    installed: bool
    spi_in: str
    spi_out: str
    cipher: str
    exchanges: tuple = ()      # of the last rekey: the first exchange and the additional ones
    esn: bool = False
    in_udp: bool = False
    octets_in: int = 0
    octets_out: int = 0


@dataclasses.dataclass
class Ike:
    established: bool
    initiator: bool
    spis: tuple | None         # initiator's, responder's; None: it does not tell
    cipher: str
    prf: str
    exchanges: tuple           # the first exchange and the additional ones
    local_id: str
    remote_id: str
    ppk: bool = False          # whether a post-quantum preshared key is in its keys
    children: list = dataclasses.field(default_factory=list)


def exchanges_of(proposal):
    """The key exchanges that a proposal names: the first, then the additional ones in their order."""
    found = re.findall(r"(?<=-)(?:ke\d_)?((?:x|ecp|modp|mlkem)\d+)(?=-|$)", proposal)
    return tuple(found)


def the_one(sas):
    """The only established IKE SA, or None while there are none or several."""
    alive = [sa for sa in sas if sa.established]
    return alive[0] if len(alive) == 1 else None


def the_child(sas):
    ike = the_one(sas)
    alive = [child for child in ike.children if child.installed] if ike else []
    return alive[0] if len(alive) == 1 else None
