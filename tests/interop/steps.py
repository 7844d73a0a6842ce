# SPDX-License-Identifier: Apache-2.0
#
# What the sentences of a row's steps do. A step that does not come true raises Failed with what was seen instead.
# Nothing here is timed: a step waits until its condition holds, and gives up late.
import re
import signal
import tempfile

import pair
import stranger
from observed import exchanges_of, the_child, the_one
from row import OURS, THEIRS
from spaces import wait_until

PATIENCE = 15.0
PINGS = 3
LOAD_INTERVAL = 0.005


class Failed(Exception):
    """A step of a row did not come true."""


def demand(condition, text):
    if not condition:
        raise Failed(text)


def eventually(condition, text, patience=PATIENCE):
    if not wait_until(condition, patience, 0.1):
        raise Failed(f"{text()} (waited {patience} s)" if callable(text) else f"{text} (waited {patience} s)")


class Stage:
    """A row's world while it runs: both sides, and what the steps remember."""

    def __init__(self, world, row, ours, theirs, sentences=None):
        self.world, self.row, self.sides = world, row, {OURS: ours, THEIRS: theirs}
        self.sentences = sentences or STEPS
        self.load = self.told = None

    def take(self, sentence):
        for pattern, action in self.sentences:
            found = re.fullmatch(pattern, sentence)
            if found:
                action(self, *(SITES.get(word, word) for word in found.groups()))
                return
        raise Failed(f"no such step: {sentence}")

    def both_agree(self):
        """One IKE SA and one child at both sides, each the other's mirror."""
        said = [self.sides[site].sas() for site in (OURS, THEIRS)]
        (ours, theirs), (mine, yours) = map(the_one, said), map(the_child, said)
        if not (ours and theirs and mine and yours) or not mirrored(ours, theirs):
            return None
        if (number(mine.spi_in), number(mine.spi_out)) != (number(yours.spi_out), number(yours.spi_in)):
            return None
        return (ours, theirs), (mine, yours)

    def ike_agreed(self):
        ours, theirs = (the_one(self.sides[site].sas()) for site in (OURS, THEIRS))
        return (ours, theirs) if ours and theirs and mirrored(ours, theirs) else None

    def seen(self):
        return "\n".join(f"site {site}: {side.sas()}" for site, side in self.sides.items())


SITES = {"we": OURS, "they": THEIRS, "us": OURS, "them": THEIRS}


def number(spi):
    return spi if isinstance(spi, int) else int(spi, 16)


def mirrored(ours, theirs):
    """Two views of one IKE SA; not every peer tells its SPIs."""
    if ours.initiator == theirs.initiator:
        return False
    return None in (ours.spis, theirs.spis) or number(ours.spis[0]) == number(theirs.spis[0])


def initiate(stage, site):
    error = stage.sides[site].initiate()
    demand(error is None, f"cannot initiate: {error}")
    eventually(stage.both_agree, lambda: f"no agreement on one IKE SA and one child:\n{stage.seen()}")


def open_ike(stage, site):
    """The IKE SA alone: where a kernel has no ESP, its child does not come up."""
    stage.sides[site].begin()
    eventually(stage.ike_agreed, lambda: f"no agreement on one IKE SA:\n{stage.seen()}")
    ours, theirs = stage.ike_agreed()
    demand(ours.initiator == (site == OURS) and theirs.initiator == (site == THEIRS), "the roles are swapped")
    for field, value in stage.row.ike.items():
        for side in (ours, theirs):
            demand(getattr(side, field) == value, f"ike {field}: {getattr(side, field)}, expected {value}")


def initiate_in_vain(stage, site):
    """The peer may believe for a moment that it is up: it learns last that we refuse."""
    error = stage.sides[site].initiate_in_vain()
    demand(error is not None, "it came up, which it must not")
    eventually(lambda: not any(child.installed for side in stage.sides.values() for sa in side.sas()
                               for child in sa.children), lambda: f"a child is installed:\n{stage.seen()}")


def as_expected(stage):
    """The algorithms and roles that the row names, at both sides."""
    agreed = stage.both_agree()
    demand(agreed, f"no agreement:\n{stage.seen()}")
    for place, found in zip(("ike", "child"), agreed):
        for field, value in getattr(stage.row, place).items():
            for side in found:
                demand(getattr(side, field) == value, f"{place} {field}: {getattr(side, field)}, expected {value}")


def initiator(stage, site):
    (ours, theirs), _ = stage.both_agree() or ((None, None), None)
    demand(ours and ours.initiator == (site == OURS) and theirs.initiator == (site == THEIRS), "the roles are swapped")


def ping(stage):
    for space, address in ((pair.HOST[1], pair.HOST4[2]), (pair.HOST[2], pair.HOST4[1]),
                           (pair.HOST[1], pair.HOST6[2]), (pair.HOST[2], pair.HOST6[1])):
        answers = stage.world.ping(space, address, PINGS)
        demand(answers == PINGS, f"ping {address}: {answers} answers of {PINGS}\n{stage.seen()}")


def flood(stage):
    """Sizes up to what a plain tunnel of 1,400 octets carries: what is larger is answered with ICMP, not cut."""
    for size in (1, 512, 1200, 1300):
        answers = stage.world.ping(pair.HOST[1], pair.HOST4[2], PINGS, size=size)
        demand(answers == PINGS, f"ping of {size} octets: {answers} answers of {PINGS}")


def pings_begin(stage):
    """What they say goes to a file: a pipe that nobody reads would stop them when it is full."""
    words = ["ping", "-n", "-i", str(LOAD_INTERVAL), pair.HOST4[2]]
    stage.told = tempfile.TemporaryFile("w+", encoding="utf-8")
    stage.load = stage.world.start(pair.HOST[1], words, stdout=stage.told)


def pings_end(stage):
    """Each was answered once, in order; those of the longest round trip before the end may be on their way."""
    stage.world.stop(stage.load, signal.SIGINT)
    with stage.told as file:
        file.seek(0)
        told = file.read()
    numbers = [int(number) for number in re.findall(r"icmp_seq=(\d+)", told)]
    sent = int(re.search(r"(\d+) packets transmitted", told)[1])
    longest = max(map(float, re.findall(r"time=([\d.]+) ms", told)), default=0.0) / 1000
    under_way = 1 + int(longest / LOAD_INTERVAL)
    missing = sorted(set(range(1, sent - under_way + 1)) - set(numbers))
    demand(numbers and not missing and numbers == sorted(set(numbers)),
           f"pings under load: {sent} sent, {len(numbers)} answered, missing {missing[:20]}, "
           f"{len(numbers) - len(set(numbers))} twice{'' if numbers == sorted(numbers) else ', out of order'}")


def rekey(stage, site, what):
    before = stage.both_agree()
    demand(before, f"nothing to rekey:\n{stage.seen()}")
    error = stage.sides[site].rekey(what)
    demand(error is None, f"cannot rekey: {error}")

    def renewed():
        after = stage.both_agree()
        if not after:
            return False
        if what == "ike":
            return number(after[0][0].spis[0]) != number(before[0][0].spis[0])
        return number(after[1][0].spi_in) != number(before[1][0].spi_in)

    eventually(renewed, lambda: f"the {what} was not rekeyed:\n{stage.seen()}")
    if what == "child":
        wanted = exchanges_of(stage.row.settings(THEIRS)["esp"][0])
        for child in stage.both_agree()[1]:
            demand(child.exchanges == wanted, f"the child was rekeyed with {child.exchanges}, not with {wanted}")


def delete(stage, site, what):
    error = stage.sides[site].delete(what)
    demand(error is None, f"cannot delete: {error}")


def gone(stage):
    eventually(lambda: not any(side.sas() for side in stage.sides.values()), lambda: f"SAs are left:\n{stage.seen()}")


def childless(stage):
    eventually(lambda: all(the_one(side.sas()) and not the_one(side.sas()).children for side in stage.sides.values()),
               lambda: f"no IKE SA without children:\n{stage.seen()}")


def die(stage, site):
    stage.sides[site].die()


def notice(stage, site):
    eventually(lambda: not stage.sides[site].sas(), lambda: "the peer is dead and its SA is still there", 30.0)


def liveness(stage, site):
    """An empty INFORMATIONAL request in their log, sent or received (RFC 7296 §1.4)."""
    pattern = r"parsed INFORMATIONAL request \d+ \[ \]" if site == OURS else r"generating INFORMATIONAL request \d+ \[ \]"
    eventually(lambda: re.search(pattern, stage.sides[THEIRS].log()), "no liveness check was seen")


def stranger_knocks(stage, site):
    """From the other gateway's address, since that is the one that is let in."""
    first, answer = stranger.knock(stage.world, pair.SPACE[3 - site], stage.row.outer()[site])
    demand(first == stranger.SA, f"the stranger's IKE_SA_INIT was answered with {stranger.told(first, answer)}")


STEPS = [
    (r"(we|they) initiate", initiate),
    (r"(we|they) initiate in vain", initiate_in_vain),
    (r"(we|they) open the expected ike", open_ike),
    (r"as expected", as_expected),
    (r"(we|they) are the initiator", initiator),
    (r"ping", ping),
    (r"ping in all sizes", flood),
    (r"pings begin", pings_begin),
    (r"pings end without a loss", pings_end),
    (r"(we|they) rekey the (ike|child)", rekey),
    (r"(we|they) delete the (ike|child)", delete),
    (r"gone", gone),
    (r"only the ike is left", childless),
    (r"(we|they) die", die),
    (r"(we|they) notice", notice),
    (r"(we|they) ask for signs of life", liveness),
    (r"a stranger knocks at (us|them)", stranger_knocks),
]
