# SPDX-License-Identifier: Apache-2.0
#
# Plays outer packets into the gateway and into the oracle's receiver, and holds one against the other: what comes out
# on the protected side, when, in which order, and every counter (RFC 9348) and drop reason.
from rig import MS, ReplayTest, Tunnel, on_demand
from oracle import aggfrag, gateway, ip

LOST_TIMER = 5 * MS


def receiver(window=3, lost_timer_ns=LOST_TIMER, immediate=False, **more):
    """A tunnel whose own sending is silent, so that only what arrives makes things happen."""
    tfs = on_demand(packet_size="1400B", receive={"reorder-window": window, "lost-timer": f"{lost_timer_ns}ns",
                                                   "send-immediately": immediate})
    return Tunnel(tfs, **more)


def expected_drops(model):
    of_outer, of_payload = model.drops, model.receiver.counts
    named = {"unknown-spi": of_outer["spi"], "esp-malformed": of_outer["short"] + of_outer["pad"],
             "replay": of_outer["replay"], "auth-failed": of_outer["tag"], "next-header": of_outer["next_header"],
             "dummy": of_outer["dummy"], "aggfrag-malformed": of_payload["short"],
             "aggfrag-sub-type": of_payload["sub_type"],
             "aggfrag-block": of_payload["bad_block"] + of_payload["bad_length"],
             "aggfrag-late": 0 if model.immediate else of_payload["late"], "aggfrag-orphan": of_payload["orphan"],
             "aggfrag-incomplete": of_payload["incomplete"], "inner-checksum": of_outer["inner_checksum"],
             "inner-selector": of_outer["inner_selector"], "inner-ttl": of_outer["inner_ttl"]}
    return {name: count for name, count in named.items() if count}


def expected_counters(model):
    drops, counts = expected_drops(model), model.receiver.counts
    # The rest is about an outer packet of this tunnel.
    about_inner = ("aggfrag-incomplete", "unknown-spi", "inner-checksum", "inner-selector", "inner-ttl")
    errored = ("next-header", "aggfrag-malformed", "aggfrag-sub-type", "aggfrag-block")
    return {
        "ipsec-stats": {"rx-pkts": model.opened, "rx-octets": model.opened_octets,
                        "rx-drop-pkts": sum(n for name, n in drops.items() if name not in about_inner)},
        "iptfs-inner-pkt-stats": {"rx-pkts": model.inner, "rx-octets": model.inner_octets,
                                  "rx-incomplete-pkts": counts["incomplete"]},
        "iptfs-outer-pkt-stats": {"rx-all-pad-pkts": counts["all_pad"], "rx-all-pad-octets": counts["all_pad_octets"],
                                  "rx-extra-pad-pkts": counts["extra_pad"],
                                  "rx-extra-pad-octets": counts["extra_pad_octets"],
                                  "rx-errored-pkts": sum(drops.get(name, 0) for name in errored),
                                  "rx-missed-pkts": counts["missed"]},
    }


class ReceivingTest(ReplayTest):
    def model_of(self, tunnel, arrivals):
        """(the oracle after all arrivals and the end of every wait, [(moment, inner packet)])."""
        settings = tunnel.tfs["receive"]
        timer = settings["lost-timer"].removesuffix("ns")
        model = gateway.Inbound(tunnel.in_sa(), settings["reorder-window"], int(timer),
                                tunnel.replay_window or 4096, selectors=tunnel.networks(),
                                immediate=settings["send-immediately"])
        out = []
        for moment, octets in arrivals:
            out += model.accept(moment, octets)
        out += model.advance(float("inf"))
        model.finish()
        return model, out

    def compare(self, tunnel, arrivals):
        """Plays [(moment, outer packet)], the first at 0, into both; returns (outcome, model, inner packets)."""
        self.assertEqual(arrivals[0][0], 0)
        model, expected = self.model_of(tunnel, arrivals)
        self.configure(tunnel)
        out = self.replay([("wan", arrivals)])
        self.assertEqual(self.readable(out.packets("lan")), self.readable(expected))
        self.assertEqual(out.packets("lan"), expected)
        self.assertEqual(out.drops, expected_drops(model))
        for group, counters in expected_counters(model).items():
            got = out.tunnel()[group]
            self.assertEqual({name: got[name] for name in counters}, counters, group)
        for name, counted in (("late-pkts", "late"), ("skipped-fragment-pkts", "skipped"),
                              ("contradiction-pkts", "contradiction")):
            self.assertEqual(out.tunnel()[name], model.receiver.counts[counted], name)
        self.assertEqual(out.tunnel()["reorder-held-pkts"], 0)
        return out, model, [packet for _, packet in expected]

    @staticmethod
    def readable(packets):
        """Moments, lengths and ends: what a person can read when they differ."""
        return [(moment, len(packet), packet[-4:].hex()) for moment, packet in packets]

    @staticmethod
    def outers(tunnel, payloads, first=None):
        """Outer packets with consecutive numbers from `first` on."""
        sa = tunnel.in_sa()
        first = tunnel.first_in if first is None else first
        return [sa.outer(sa.seal(first + i, payload)) for i, payload in enumerate(payloads)]

    @staticmethod
    def payloads_of(packets, room, rng=None, all_pad=0.0, least_head=0):
        """A stream that carries the packets; all-pad payloads at random, also between fragments."""
        packer, out = aggfrag.Packer(room, least_head=least_head), []
        for packet in packets:
            packer.add(packet)
        while packer.waiting_octets():
            if all_pad and rng.random() < all_pad:
                out.append(aggfrag.all_pad(room))
            out.append(packer.payload())
        return out

    @staticmethod
    def at(moments, outers):
        return list(zip(moments, outers))


def forwarded(packets):
    return [ip.with_lower_ttl(packet) for packet in packets]
