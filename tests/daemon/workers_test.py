# SPDX-License-Identifier: Apache-2.0
#
# Two workers: tunnels are spread over them, and packets that arrive at the wrong one cross over; so do the kernel's.
# A device that has fewer queues than there are workers is refused.
import os
import unittest

import pair
from daemons import Daemon, Folder
from main import main
from spaces import World

BOTH = "memory: none, idle: adaptive, workers: [0, 1]"
FLOWS = 12  # each by addresses of its own, so that the kernel spreads them


def why_not_two():
    return "" if len(os.sched_getaffinity(0)) >= 2 else "one core only"


@unittest.skipIf(why_not_two(), why_not_two())
class TwoWorkers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pair.make_world()
        cls.addClassCleanup(cls.world.clear)
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.clear)
        pair.make_keys(cls.folder)
        pair.make_keys(cls.folder, "side")
        cls.daemons = []
        for site in (1, 2):
            other = 3 - site
            text = pair.ports(site, dataplane=BOTH).replace(f"10.{site}.0.1/24", f"10.{site}.0.1/24, 10.7{site}.0.1/24")
            text += "tunnels:\n" + pair.tunnel(site) + pair.tunnel(site, "side", spi=0x3000)
            text += pair.ROUTES.format(other=other) + f"  - {{ to: 10.7{other}.0.0/24, via: side }}\n"
            cls.daemons.append(Daemon(cls.world, pair.SPACE[site], cls.folder).configure(text).launch())
            for flow in range(2, 2 + FLOWS):
                for network in (f"10.{site}.0", f"10.7{site}.0"):
                    if (network, flow) != (f"10.{site}.0", 2):
                        cls.world.ip(pair.HOST[site], "address", "add", f"{network}.{flow}/24", "dev", "eth0")
        for daemon in cls.daemons:
            cls.addClassCleanup(daemon.stop)
            daemon.wait_ready()

    def ping(self, space, source, address, count=2):
        words = ["ping", "-n", "-c", str(count), "-i", "0.02", "-W", "2", "-I", source, address]
        return sum("bytes from" in line for line in self.world.try_run(space, words).stdout.splitlines())

    def test_each_tunnel_has_its_worker_and_carries_every_flow(self):
        for daemon in self.daemons:
            tunnels = daemon.show("tunnels")["tunnels"]
            self.assertEqual([tunnels[name]["worker"] for name in ("lab", "side")], [0, 1])
        for network in ("10.{}.0", "10.7{}.0"):
            for flow in range(2, 2 + FLOWS):
                source, address = (f"{network.format(site)}.{flow}" for site in (1, 2))
                self.assertEqual(self.ping("hosta", source, address), 2, source)
        for daemon in self.daemons:
            self.assertEqual(daemon.drops(), {})
            for name, tunnel in daemon.show("tunnels")["tunnels"].items():
                self.assertGreaterEqual(tunnel["iptfs-inner-pkt-stats"]["tx-pkts"], 2 * FLOWS, name)

    def test_the_kernel_answers_every_flow(self):
        for flow in range(2, 2 + FLOWS):
            for network in ("10.1.0", "10.71.0"):
                self.assertEqual(self.ping("hosta", f"{network}.{flow}", f"{network}.1", 1), 1, f"{network}.{flow}")


@unittest.skipIf(why_not_two(), why_not_two())
class TooFewQueues(unittest.TestCase):
    def test_a_device_with_one_queue_is_refused_for_two_workers(self):
        world, folder = World(), Folder()
        self.addCleanup(world.clear)
        self.addCleanup(folder.clear)
        world.add("gw")
        daemon = Daemon(world, "gw", folder)
        daemon.configure(f"dataplane: {{ {BOTH} }}\nports:\n"
                         f'  lan: {{ vdev: "net_pcap0,tx_pcap={folder.path}/out.pcap", address: 10.1.0.1/24 }}\n')
        self.assertEqual(daemon.launch().wait(), 69, daemon.log())
        self.assertRegex(daemon.log(), r"ERROR app ports\.lan: the device's number of queues is 1; each of the 2 cores "
                                       r"in dataplane\.workers needs one\n")


if __name__ == "__main__":
    main()
