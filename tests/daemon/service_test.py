# SPDX-License-Identifier: Apache-2.0
#
# The daemon as the service unit runs it: a user of its own with the unit's capabilities, telling the service manager
# how it is. What the unit promises is held against what the daemon needs.
import os
import shutil
import signal
import socket
import unittest

from daemons import Daemon, Folder
from main import main
from spaces import ROOT, World, wait_until

NOBODY = 65534
UNIT = os.path.join(ROOT, "config/levelgated.service")


def unit():
    """Section: key: list of values."""
    found, section = {}, None
    with open(UNIT, encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line.startswith("["):
                section = found.setdefault(line.strip("[]"), {})
            elif line and not line.startswith("#"):
                key, value = line.split("=", 1)
                section.setdefault(key, []).append(value)
    return found


class Unit(unittest.TestCase):
    def test_it_runs_as_a_user_of_its_own_with_few_rights(self):
        service = unit()["Service"]
        self.assertEqual(service["User"], ["levelgate"])
        self.assertEqual(service["Type"], ["notify"])
        rights = service["AmbientCapabilities"][0].split()
        self.assertEqual(rights, service["CapabilityBoundingSet"][0].split())
        self.assertLessEqual({"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK"}, set(rights))
        self.assertNotIn("CAP_SYS_ADMIN", rights)
        self.assertIn("/dev/net/tun rw", service["DeviceAllow"])
        for family in ("AF_UNIX", "AF_NETLINK", "AF_PACKET"):
            self.assertIn(family, service["RestrictAddressFamilies"][0].split())

    def test_it_reloads_truly_and_does_not_repeat_what_cannot_succeed(self):
        service = unit()["Service"]
        self.assertEqual(service["ExecReload"], ["/usr/bin/levelgate reload --wait"])
        self.assertEqual(service["RestartPreventExitStatus"], ["77 78"])
        self.assertEqual(service["RuntimeDirectory"], ["levelgate"])  # of management.api.socket


class Notify:
    """A service manager's socket."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.seen = []

    def words(self):
        while True:
            try:
                self.seen.append(self.socket.recv(4096, socket.MSG_DONTWAIT).decode())
            except BlockingIOError:
                return self.seen

    def wait(self, word, seconds=5):
        return wait_until(lambda: any(word in message for message in self.words()), seconds, 0.02)


class Service(unittest.TestCase):
    def setUp(self):
        self.world, self.folder = World(), Folder()
        self.addCleanup(self.folder.clear)
        self.addCleanup(self.world.clear)
        self.world.add("host", "gw").link("host", "eth0", "gw", "lan")
        self.world.host("host", "eth0", ["10.1.0.2/24", "fd01::2/64"])
        self.notify = Notify(os.path.join(self.folder.path, "notify.sock"))
        self.addCleanup(self.notify.socket.close)
        self.daemon = Daemon(self.world, "gw", self.folder)
        self.environment = dict(os.environ, NOTIFY_SOCKET=self.notify.path)
        self.text = ('dataplane: { memory: none, idle: adaptive }\nports:\n  lan: { vdev: "net_af_packet,iface=lan" }\n'
                     'interfaces:\n  lan: { port: lan, addresses: [10.1.0.1/24, "fd01::1/64"] }\n')

    def test_the_manager_hears_ready_watchdog_reloading_and_stopping(self):
        self.daemon.configure(self.text).start(env=self.environment)
        self.assertTrue(self.notify.wait("READY=1\nSTATUS=1 port, 0 tunnels"))
        self.assertTrue(self.notify.wait("WATCHDOG=1"))
        self.notify.seen.clear()
        self.daemon.child.send_signal(signal.SIGHUP)
        self.assertTrue(self.notify.wait("RELOADING=1\nMONOTONIC_USEC="))
        self.assertTrue(self.notify.wait("READY=1"))
        self.daemon.configure("nonsense: 1\n")
        self.daemon.child.send_signal(signal.SIGHUP)
        self.assertTrue(self.notify.wait("; the last reload was refused, see the log"))
        self.assertEqual(self.daemon.stop(), 0)
        self.assertTrue(self.notify.wait("STOPPING=1"))

    def test_it_is_never_ready_when_it_cannot_start(self):
        self.daemon.configure(self.text.replace("iface=lan", "iface=nowhere"))
        self.assertEqual(self.daemon.launch(env=self.environment).wait(), 69)
        self.assertFalse([word for word in self.notify.words() if "READY=1" in word])

    def test_as_another_user_with_the_rights_of_the_unit(self):
        if shutil.which("setpriv") is None:
            self.skipTest("setpriv is missing (util-linux)")
        listed = unit()["Service"]["AmbientCapabilities"][0].split()
        rights = ",".join("+" + right.removeprefix("CAP_").lower() for right in listed)
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={rights}",
                  f"--ambient-caps={rights}", "--bounding-set", "-all," + rights, "--no-new-privs"]
        os.chown(self.folder.path, NOBODY, NOBODY)
        self.daemon.configure(self.text)
        os.chown(self.daemon.config, NOBODY, NOBODY)
        environment = dict(self.environment, RUNTIME_DIRECTORY=self.folder.path)
        self.daemon.start(prefix=prefix, env=environment)
        with open(f"/proc/{self.daemon.child.pid}/status", encoding="utf-8") as file:
            self.assertRegex(file.read(), rf"Uid:\t{NOBODY}\t{NOBODY}\t")
        answers = [self.world.ping("host", address) for address in ("10.1.0.1", "fd01::1")]
        self.assertEqual(answers, [3, 3], self.daemon.log())
        self.assertEqual(self.world.read("gw", "/proc/sys/net/ipv6/conf/lan/disable_ipv6"), "1")
        self.assertEqual(os.stat(self.daemon.socket).st_mode & 0o777, 0o660)
        self.assertNotIn(" WARN ", self.daemon.log())
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.world.read("gw", "/proc/sys/net/ipv6/conf/lan/disable_ipv6"), "0")
        self.assertEqual(os.listdir(os.path.join(self.folder.path, "dpdk")), [])


if __name__ == "__main__":
    main()
