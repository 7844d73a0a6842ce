# SPDX-License-Identifier: Apache-2.0
#
# The whole command in virtual time: the gateway passes every gate, the negative control is found, the JSON has its stable
# names, the page stands alone, and what cannot run says why.
import json
import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import tfc_path  # noqa: F401

LEVELGATE = os.environ["LEVELGATE"]
GATES = ["sizes", "headers", "carried", "padding", "goodput", "exact", "count", "rate", "skipped", "jitter-p99", "jitter-p99.9", "ks",
         "variance", "entropy", "classifier-logistic", "classifier-stumps", "periodogram", "cross-correlation",
         "mutual-information", "impulse", "negative-control", "null-variance", "null-entropy", "null-classifier-logistic",
         "null-classifier-stumps"]
KEYS = ["schema", "verdict", "text", "time", "settings", "machine", "seconds", "notes", "gates", "figures", "idle-loaded", "idle-idle",
        "negative-control", "conditions"]


def bench(*words, before=()):
    return subprocess.run([LEVELGATE, *before, "bench", "tfc", *words], check=False, capture_output=True, text=True, timeout=500)


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="levelgate-tfc-")
        self.addCleanup(folder.cleanup)
        self.page = os.path.join(folder.name, "tfc.html")

    def test_the_wire_tells_nothing_in_virtual_time(self):
        done = bench("--quick", "--out", self.page)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("PASS", done.stdout)
        with open(self.page.replace(".html", ".json"), encoding="utf-8") as file:
            whole = json.load(file)
        self.assertEqual(list(whole), KEYS)
        self.assertEqual([whole["schema"], whole["verdict"], whole["time"]], [1, "pass", "virtual"])
        self.assertEqual([gate["name"] for gate in whole["gates"]], GATES)
        self.assertEqual({gate["name"] for gate in whole["gates"] if gate["holds"] is not True}, set())
        figures = whole["figures"]
        self.assertEqual(list(figures["outer-sizes"]), ["1400"])
        self.assertEqual([figures["off-slot"], figures["skipped-slots"]], [0, {"idle": 0, "loaded": 0}])
        self.assertEqual([whole["idle-loaded"]["ks"], whole["idle-loaded"]["windows"][1]["variance_auc"]], [0, 0.5])
        self.assertLess(figures["goodput"]["padding_share"], 0.005)
        self.assertGreater(figures["goodput"]["goodput_of_arithmetic"], 0.99)
        self.assertLessEqual({"both-ways", "attack", "bulk", "web"}, set(whole["conditions"]))
        self.stands_alone()

    def stands_alone(self):
        with open(self.page, encoding="utf-8") as file:
            doctype, rest = file.read().split("\n", 1)
        self.assertEqual(doctype, "<!DOCTYPE html>")
        root = ElementTree.fromstring(rest)
        self.assertEqual(len(root.findall(".//svg")), 6)
        for element in root.iter():
            for name, value in element.attrib.items():
                self.assertFalse(name.startswith("on") or name in ("href", "src", "srcset", "action"), (element.tag, name))
                self.assertNotIn("://", value)
        for word in ("<script", "javascript:", "@import", "url(", "http:", "https:", ">nan", "None"):
            self.assertNotIn(word, rest)

    def test_json_on_demand_and_another_tunnel(self):
        done = bench("--quick", "--slots", "1786", "--packet-size", "576", "--seed", "7", "--out", self.page, before=("-o", "json", "--quiet"))
        self.assertEqual([done.returncode, done.stderr], [0, ""], done.stdout)
        whole = json.loads(done.stdout)
        self.assertEqual([whole["verdict"], list(whole["figures"]["outer-sizes"])], ["pass", ["576"]])

    def test_usage(self):
        for words, told in ((["--packets", "3"], "--packets"), (["--runs", "1"], "--runs"), (["--out", "x.txt"], ".html"),
                            (["--out", "/nowhere/x.html"], "no folder"), (["--slots", "0"], "--slots"), (["--what"], "--what")):
            done = bench(*words)
            self.assertEqual([done.returncode, done.stdout], [2, ""], words)
            self.assertIn(told, done.stderr)

    def test_help_is_the_tests_own(self):
        done = bench("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--real", done.stdout)

    @unittest.skipIf(os.geteuid() == 0, "root may")
    def test_real_time_needs_root(self):
        done = bench("--real", "--out", self.page)
        self.assertEqual(done.returncode, 7)
        self.assertIn("root is needed", done.stderr)


class Missing(unittest.TestCase):
    def test_without_numpy(self):
        """The package as it stands, run by an interpreter that finds no numpy."""
        package = os.path.join(tfc_path.ROOT, "share", "levelgate", "tfc")
        done = subprocess.run(["/usr/bin/python3", "-S", "-B", package, "--levelgate", LEVELGATE, "--levelgated", "x"], check=False,
                              capture_output=True, text=True)
        self.assertEqual([done.returncode, done.stdout], [1, ""])
        self.assertIn("apt install python3-numpy", done.stderr)

    def test_without_the_package(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "bin"))
            program = os.path.join(folder, "bin", "levelgate")
            with open(LEVELGATE, "rb") as source, open(program, "wb") as target:
                target.write(source.read())
            os.chmod(program, 0o755)
            done = subprocess.run([program, "bench", "tfc"], check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("share/levelgate/tfc", done.stderr)


if __name__ == "__main__":
    unittest.main()
