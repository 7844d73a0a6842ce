# SPDX-License-Identifier: Apache-2.0
#
# What scripts/rfc_index.py takes for a citation, and that drift of the page is seen.
import subprocess
import sys
import unittest

from source_tree import SCRIPTS, SourceTreeTest, load

rfc_index = load("rfc_index")


class RfcIndexTest(SourceTreeTest):
    def found(self, text):
        return list(rfc_index.citations(text))

    def run_check(self):
        return subprocess.run(
            [sys.executable, SCRIPTS / "rfc_index.py", "--check", self.root], capture_output=True, check=False
        ).returncode

    def test_one_section(self):
        self.assertEqual(self.found("// the rule (RFC 9347 §2.2.3): x"), [(9347, "2.2.3")])

    def test_several_sections_of_one_document(self):
        self.assertEqual(
            self.found("// RFC 4303 §3.4.3, §3.4.4.2, appendix A2 and RFC 7634 §2"),
            [(4303, "3.4.3"), (4303, "3.4.4.2"), (4303, "appendix A2"), (7634, "2")],
        )
        self.assertEqual(self.found("// RFC 7296 §2.15-2.16"), [(7296, "2.15"), (7296, "2.16")])

    def test_a_citation_may_cross_a_line_break(self):
        self.assertEqual(self.found("  // as RFC 9347 §2.2,\n  // §2.3 says"), [(9347, "2.2"), (9347, "2.3")])

    def test_a_whole_document(self):
        self.assertEqual(self.found("// RFC 791, RFC 8200"), [(791, ""), (8200, "")])

    def test_sections_stand_in_their_order(self):
        self.write("src/esp/a.cpp", "// RFC 4303 §3.10, RFC 4303 §3.9, RFC 4303 appendix A, RFC 791\n")
        self.write("tests/unit/esp/a_test.cpp", "// RFC 4303 §3.9\n")
        page = rfc_index.page(rfc_index.collect(self.root))
        self.assertLess(page.index("RFC 791"), page.index("RFC 4303"))
        self.assertLess(page.index("§3.9"), page.index("§3.10"))
        self.assertLess(page.index("§3.10"), page.index("appendix A"))
        self.assertIn("| §3.9 | `esp/a.cpp` | `tests/unit/esp/a_test.cpp` |", page)

    def test_drift_fails_and_the_generated_page_does_not(self):
        self.write("src/esp/a.cpp", "// RFC 4303 §3.4\n")
        self.assertEqual(self.run_check(), 1)
        subprocess.run([sys.executable, SCRIPTS / "rfc_index.py", self.root], check=True)
        self.assertEqual(self.run_check(), 0)
        self.write("tests/unit/esp/a_test.cpp", "// RFC 4303 §3.4\n")
        self.assertEqual(self.run_check(), 1)


if __name__ == "__main__":
    unittest.main()
