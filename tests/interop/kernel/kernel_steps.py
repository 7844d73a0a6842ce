# SPDX-License-Identifier: Apache-2.0
#
# The sentences of rows with a Linux kernel as peer, beside those of all rows.
import random
import re

import inner_traffic
import pair
import relay
from oracle import aggfrag, esp, ip
from row import OURS, THEIRS
from spaces import wait_until
from steps import STEPS, Stage, demand, eventually

# What must not be counted in a kernel that understands us. Numbers that came twice or late do no harm, and an SA that is
# just gone is no fault of the format.
KERNEL_FAULTS = ("XfrmInIptfsError", "XfrmInBufferError", "XfrmInHdrError", "XfrmInStateProtoError", "XfrmInStateModeError",
                 "XfrmInStateInvalid", "XfrmInTmplMismatch", "XfrmInError", "XfrmOutError", "XfrmOutNoQueueSpace")
OUR_FAULTS = ("next-header", "aggfrag-malformed", "aggfrag-sub-type", "aggfrag-block", "aggfrag-orphan", "aggfrag-incomplete",
              "aggfrag-late", "auth-failed", "esp-malformed", "inner-checksum", "inner-selector")
SEED = 20_231
TUNNEL = "peer"
GUEST_INSIDE = {4: "10.2.0.1", 6: "fd02::1"}
PATTERN = "5a01c3fe7700ff08a1"
LARGEST_ROOM = 1_442   # of data in an outer packet of 1,500 octets


def sizes_of(text):
    return [int(word) for word in text.replace(" and ", ", ").split(", ")]


def send(stage, site, count, sizes, how=None):
    """`at once`: all in one bundle."""
    count = int(count)
    try:
        inner_traffic.exactly(stage.world, site, sizes_of(sizes), count, SEED + count, count if how else inner_traffic.BUNDLE)
    except inner_traffic.Missing as fault:
        demand(False, f"{fault}; ours: {counters(stage)}; theirs: {stage.sides[THEIRS].kernel_counters()}")


def echo(stage, count, sizes):
    """The guest itself answers, since its interface to the far host may know no such MTU: there and back, octet for octet."""
    for size in sizes_of(sizes):
        for address, headers in ((GUEST_INSIDE[4], 28), (GUEST_INSIDE[6], 48)):
            words = ["ping", "-n", "-c", count, "-i", "0.05", "-W", "10", "-s", str(size - headers), "-p", PATTERN, address]
            told = stage.world.try_run(pair.HOST[1], words).stdout
            answers = re.findall(rf"^{size - headers + 8} bytes from", told, re.M)
            demand(len(answers) == int(count) and "wrong data" not in told,
                   f"{len(answers)} of {count} echoes of {size} octets from {address}: {told[-400:]}; {counters(stage)}")


def counters(stage):
    daemon = stage.sides[OURS].daemon
    return {"drops": daemon.drops(), **{group: said for group, said in daemon.tunnel(TUNNEL).items() if group.startswith("ip")}}


def in_use(stage):
    """Both ends have carried inner packets in AGGFRAG in both directions."""
    inner = stage.sides[OURS].daemon.tunnel(TUNNEL)["iptfs-inner-pkt-stats"]
    demand(inner["tx-pkts"] and inner["rx-pkts"], f"AGGFRAG is not in use at our end: {counters(stage)}")
    carried(stage, "iptfs")


def carried(stage, mode):
    """The kernel's SAs are those that both ends name, in that mode, and packets have passed in both directions."""
    agreed = stage.both_agree()
    demand(agreed, f"no agreement:\n{stage.seen()}")
    wanted = {int(str(agreed[1][1].spi_in), 16), int(str(agreed[1][1].spi_out), 16)}
    theirs = [sa for sa in stage.sides[THEIRS].kernel_sas() if sa["spi"] in wanted]
    demand(len(theirs) == 2 and all(sa["mode"] == mode and sa["packets"] for sa in theirs),
           f"the kernel's SAs are {[{k: v for k, v in sa.items() if k != 'keymat'} for sa in theirs]}")
    esn = stage.row.settings(THEIRS)["esn"]
    demand(all(sa["esn"] == esn for sa in theirs), f"ESN is not {esn} in the kernel")


def nothing_wrong(stage):
    theirs = {name: count for name, count in stage.sides[THEIRS].kernel_counters().items() if name in KERNEL_FAULTS}
    ours = {name: count for name, count in stage.sides[OURS].daemon.drops().items() if name in OUR_FAULTS}
    demand(not theirs and not ours, f"counted as wrong: theirs {theirs}, ours {ours}")


# --- the path ---

def path(stage, what):
    """Rules of both directions; their seeds differ."""
    for site in (OURS, THEIRS):
        stage.world.relay.follow(site, {
            "reorders": relay.reordering(0.25, 2, SEED + site),
            "reorders far": relay.reordering(0.25, 8, SEED + site),
            "loses one in 30": relay.losing(1 / 30, SEED + site),
            "loses one in 30 and reorders": relay.both(relay.losing(1 / 30, SEED + site), relay.reordering(0.25, 2, SEED + 9 + site)),
            "is good": relay.everything_passes}[what])


def disturbed(stage, site):
    """That the rule has done something: else the row proves nothing."""
    seen, lost, moved = stage.world.relay.counts(site)
    demand(lost or moved, f"the path did nothing to {seen} packets")


def send_over_loss(stage, site, count, size):
    """No more is lost than the lost outer packets held parts of."""
    count, size, before = int(count), int(size), stage.world.relay.counts(site)[1]
    try:
        missing = inner_traffic.some(stage.world, site, [size], count, SEED + count + site)
    except inner_traffic.Missing as fault:
        demand(False, f"{fault}; {counters(stage)}")
    seen, after, _ = stage.world.relay.counts(site)
    most = (after - before) * held_by_one(size)
    demand(after > before, f"the path lost none of {seen} packets")
    demand(missing <= most, f"{missing} inner packets of {size} octets did not come, the {after - before} outer packets that "
                            f"were lost held parts of at most {most}; ours: {counters(stage)}; "
                            f"theirs: {stage.sides[THEIRS].kernel_counters()}")


def held_by_one(size):
    """Inner packets of that size of which one outer packet can hold a part: whole ones and two ends."""
    return LARGEST_ROOM // size + 2


def lost_before_silence(stage, site):
    """The first of three outer packets is lost, nothing follows: what came behind it must not wait for ever."""
    packets = inner_traffic.make(random.Random(SEED), site, [1_200], 3)   # each in an outer packet of its own
    with inner_traffic.Way(stage.world, site) as way:
        stage.world.relay.follow(site, relay.losing_at(0))
        for number, packet in enumerate(packets, 1):
            way.send([packet])
            eventually(lambda number=number: stage.world.relay.counts(site)[0] >= number, f"packet {number} was not sent")
        found = way.collect(2)
        lost = stage.world.relay.counts(site)[1]
    stage.world.relay.follow(site, relay.everything_passes)
    demand(lost == 1 and found == [inner_traffic.after_hops(packet) for packet in packets[1:]],
           f"{lost} outer packets were lost and {len(found)} of 2 packets came; ours: {counters(stage)}")


# --- without fragments ---

def whole_only(stage, site, count, sizes):
    """Seen on the wire, opened with the kernel's keys: every payload begins with a new packet and holds whole ones."""
    with stage.world.tap("gwa", "near") as wire:   # levelgate's own port hides what it sends from others
        send(stage, site, count, sizes)
        frames = wire.frames()
    payloads = opened(stage, site, frames)
    blocks = [aggfrag.split(body) for body in payloads if not aggfrag.is_all_pad(body)]
    demand(blocks, "no payload with data was seen")
    for offset, data in blocks:
        demand(offset == 0 and ends_whole(data), f"a payload with BlockOffset {offset} or a part of a packet at its end")


def opened(stage, site, frames):
    outer, other = stage.row.outer(), stage.sides[THEIRS].kernel_sas()
    found = []
    for frame in frames:
        if frame.kind not in (0x0800, 0x86DD):
            continue
        said = ip.parse(frame.ip)
        if said.protocol != ip.ESP or said.source != outer[site]:
            continue
        _, octets = esp.esp_of(frame.ip)
        kept = next(sa for sa in other if sa["spi"] == int.from_bytes(octets[:4], "big"))
        cipher = {20: "aes128gcm16", 36: "aes256gcm16"}[len(kept["keymat"]) // 2]
        sa = esp.Sa(kept["spi"], outer[site], outer[3 - site], cipher, bytes.fromhex(kept["keymat"]), kept["esn"])
        found.append(sa.open(octets, int.from_bytes(octets[4:8], "big"))[0])
    return found


def ends_whole(data):
    at = 0
    while at < len(data) and data[at] >> 4:
        at += ip.length_of(data[at:]) or len(data) + 1
    return at <= len(data)


def too_big(stage, site, size):
    """What does not fit is answered with ICMP, in IPv4 with DF and in IPv6 (RFC 9347 §2.2.6)."""
    for family in (4, 6):
        with inner_traffic.Way(stage.world, site) as way:
            told = []

            def answered(way=way, told=told, family=family):
                way.send(inner_traffic.make(random.Random(SEED), site, [int(size)], 1, family, dont_fragment=True))
                told.extend(way.icmp_errors())
                return told

            wait_until(answered, 10.0, 0.5)
            demand(told and 0 < told[0].mtu < int(size), f"IPv{family}: no message about {size} octets came: {told}")
            demand(not way.came(), f"IPv{family}: {size} octets passed")


def greet(stage):
    """Neighbours are known before packets of our own making are sent: the first ones wait for them otherwise."""
    for space, address in ((pair.HOST[1], pair.HOST4[2]), (pair.HOST[1], pair.HOST6[2])):
        eventually(lambda space=space, address=address: stage.world.ping(space, address, 1), f"{address} does not answer")


NUMBERS = r"(\d+(?:, \d+)*(?: and \d+)?)"
SENTENCES = STEPS + [
    (r"they meet", greet),
    (rf"(we|they) send (\d+) packets of {NUMBERS} octets", send),
    (rf"(we|they) send (\d+) packets of {NUMBERS} octets (at once)", send),
    (rf"(\d+) echoes of {NUMBERS} octets", echo),
    (r"aggfrag is in use", in_use),
    (r"a plain (tunnel) is in use", carried),
    (r"nothing is wrong", nothing_wrong),
    (r"the path (.+)", path),
    (r"what (we|they) sent was disturbed", disturbed),
    (r"(we|they) send (\d+) packets of (\d+) octets, of which some are lost", send_over_loss),
    (r"(we|they) lose one packet before a silence", lost_before_silence),
    (rf"(we|they) send (\d+) packets of {NUMBERS} octets, none in parts", whole_only),
    (r"(we|they) are told that (\d+) octets are too big", too_big),
]


def stage(world, row, ours, theirs):
    return Stage(world, row, ours, theirs, SENTENCES)
