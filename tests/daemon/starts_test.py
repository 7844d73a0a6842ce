# SPDX-License-Identifier: Apache-2.0
#
# Starts that cannot succeed: each ends with the exit code that the service unit relies on and with one line that names
# the key to change, and leaves nothing behind.
import os
import re
import unittest

import pair
from daemons import Daemon, Folder, free_huge_pages
from main import main
from spaces import World

BAD_CONFIG, DEVICE_MISSING, NOT_PERMITTED, USAGE = 78, 69, 77, 64
PLAIN = "dataplane: { memory: none, idle: adaptive }\nports:\n"
LAN = '  lan: { vdev: "net_af_packet,iface=lan", address: 10.1.0.1/24 }\n'


class Starts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.clear)
        cls.world.add("host", "gw").link("host", "eth0", "gw", "lan")

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.clear)
        self.daemon = Daemon(self.world, "gw", self.folder)
        self.addCleanup(lambda: self.daemon.child and self.world.stop(self.daemon.child))

    def ends(self, text, code, **more):
        """The lines with an error in the log of a daemon that ends by itself."""
        daemon = self.daemon.configure(text)
        self.assertEqual(daemon.launch(**more).wait(), code, daemon.log())
        self.assertFalse(os.path.exists(daemon.socket))
        self.assertFalse([name for name in ("lg-lan", "lg-wan") if self.world.exists("gw", name)])
        self.assertEqual(self.world.run("gw", ["nft", "list", "ruleset"]), "")
        return [line for line in daemon.log().splitlines() if " ERROR " in line]

    def assert_one_line(self, errors, pattern):
        self.assertEqual(len(errors), 1, self.daemon.log())
        self.assertRegex(errors[0], pattern)

    def test_a_bad_file_ends_it_with_every_fault(self):
        self.ends("dataplane: { memry: none }\nports:\n  lan: { vdev: x, adress: 10.1.0.1/24 }\n"
                  "routes: [ { to: here } ]\n", BAD_CONFIG)
        faults = re.findall(r"^\S+gw\.yaml:\d+:\d+: error\[LG-CFG-\d+\]", self.daemon.log(), re.M)
        self.assertGreaterEqual(len(faults), 3, self.daemon.log())
        for word in ('did you mean "memory"?', 'did you mean "address"?', '"here" is not an IP prefix',
                     "nothing was started"):
            self.assertIn(word, self.daemon.log())

    def test_a_file_that_is_missing(self):
        self.daemon.config += "-not"
        self.assertEqual(self.daemon.launch().wait(), BAD_CONFIG)
        self.assertIn("gw.yaml-not", self.daemon.log())
        self.assertIn("No such file or directory", self.daemon.log())

    def test_arguments(self):
        self.daemon.configure(PLAIN + LAN)
        self.assertEqual(self.daemon.launch("--check").wait(), 0)
        self.assertEqual(self.daemon.launch("--nonsense").wait(), USAGE)
        self.assertIn("Usage: levelgated", self.daemon.log())
        self.daemon.configure("nonsense: 1\n")
        self.assertEqual(self.daemon.launch("--check").wait(), BAD_CONFIG)

    def test_missing_devices(self):
        for vdev, words in (("net_af_packet,iface=nowhere", r'ports\.lan\.vdev: interface "nowhere" does not exist'),
                            ("net_af_xdp,iface=nowhere", r'ports\.lan\.vdev: interface "nowhere" does not exist'),
                            ("net_pcap,rx_pcap=/nowhere/x.pcap",
                             r"ports\.lan\.vdev: DPDK could not make net_pcap_lan")):
            with self.subTest(vdev=vdev):
                errors = self.ends(PLAIN + f'  lan: {{ vdev: "{vdev}", address: 10.1.0.1/24 }}\n', DEVICE_MISSING)
                self.assert_one_line(errors, words)

    def test_a_missing_nic(self):
        errors = self.ends(PLAIN + '  lan: { pci: "0000:ff:1f.7", address: 10.1.0.1/24 }\n', DEVICE_MISSING)
        self.assert_one_line(errors, r"ports\.lan\.pci: no NIC at 0000:ff:1f\.7 .*vfio-pci")

    def test_too_little_memory_and_too_few_huge_pages(self):
        hide = "mount -t tmpfs none /sys/kernel/mm/hugepages && exec \"$@\""
        hidden = ["unshare", "-m", "sh", "-c", hide, "sh"]
        errors = self.ends(PLAIN.replace("none", "256MiB") + LAN, DEVICE_MISSING, prefix=hidden)
        self.assert_one_line(errors, r"dataplane\.memory: 0 huge pages of 2 MiB are free, at least \d+ are needed: "
                                     r"reserve more \(echo \d+ > /proc/sys/vm/nr_hugepages\), or set it to none")
        if free_huge_pages() < 100:
            self.skipTest(f"{free_huge_pages()} huge pages of 2 MiB are free, 100 are needed to use too little")
        errors = self.ends(PLAIN.replace("none", "96MiB") + LAN, DEVICE_MISSING)
        self.assert_one_line(errors, r"no memory for .*: raise dataplane\.memory")

    def test_a_twin_that_exists(self):
        self.world.ip("gw", "link", "add", "taken", "type", "veth", "peer", "name", "peer-taken")
        errors = self.ends(PLAIN + LAN.replace("vdev:", "twin: taken, vdev:"), DEVICE_MISSING)
        self.world.ip("gw", "link", "del", "taken")
        self.assert_one_line(errors, r'ports\.lan\.twin: interface "taken" exists already')

    def test_a_second_daemon_on_the_same_ports_harms_nothing(self):
        self.daemon.configure(PLAIN + LAN).start()
        second = Daemon(self.world, "gw", self.folder, "second").configure(PLAIN + LAN)
        self.assertEqual(second.launch().wait(), DEVICE_MISSING)
        self.assertRegex(second.log(), r'ERROR app ports\.lan\.twin: interface "lg-lan" exists already: another')
        self.assertIn("policy drop", self.world.run("gw", ["nft", "list", "ruleset"]))
        third = Daemon(self.world, "gw", self.folder, "third")
        third.socket = self.daemon.socket
        third.configure(PLAIN + '  lan: { vdev: "net_null0,no-rx=1", twin: other, address: 10.3.0.1/24 }\n')
        self.assertEqual(third.launch().wait(), DEVICE_MISSING)
        self.assertRegex(third.log(), r"ERROR app management\.api\.socket \S+: address in use: another process")
        self.assertTrue(self.daemon.show("ports"))
        self.assertEqual(self.daemon.stop(), 0)

    def test_an_interface_with_an_address_or_the_default_route_is_not_taken(self):
        self.world.ip("gw", "address", "add", "192.0.2.1/24", "dev", "lan")
        errors = self.ends(PLAIN + LAN, DEVICE_MISSING)
        self.assert_one_line(errors, r'ports\.lan\.vdev: interface "lan" carries 192\.0\.2\.1: .*address flush dev lan')
        self.world.ip("gw", "route", "add", "default", "via", "192.0.2.2")
        errors = self.ends(PLAIN + LAN, NOT_PERMITTED)
        self.assert_one_line(errors, r'ports\.lan\.vdev: interface "lan" carries the host\'s default route')
        self.world.ip("gw", "address", "flush", "dev", "lan")

    def test_without_capabilities(self):
        for prefix in (["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"],
                       ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]):
            errors = self.ends(PLAIN + LAN, NOT_PERMITTED, prefix=prefix)
            self.assert_one_line(errors, r"CAP_NET_ADMIN and CAP_NET_RAW are needed")

    def test_a_socket_where_none_can_be(self):
        for place in ("/proc/nowhere/api.sock", f"{self.folder.path}/no/such/folder/api.sock"):
            self.daemon.socket = place
            errors = self.ends(PLAIN + LAN, BAD_CONFIG)
            self.assert_one_line(errors, r"management\.api\.socket \S+: cannot make its folder: No such file")


if __name__ == "__main__":
    main()
