# SPDX-License-Identifier: Apache-2.0
#
# What scripts/rfc_index.py takes for a citation and for a requirement, and that drift of the page and a requirement
# without code or test are seen.
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

    # --- requirements ---

    def list_of(self, *lines):
        self.write("docs/requirements/rfc4303.txt", "# comment\n\n" + "\n".join(lines) + "\n")

    def faults(self):
        requirements, faults = rfc_index.all_requirements(self.root)
        return faults + rfc_index.unproved(requirements, rfc_index.collect(self.root))

    def test_a_mark_is_a_claim_and_a_citation(self):
        text = "// Why (RFC 4303 §2) [4303-3.4-a,\n// 4303-A.2-b].\n"
        self.assertEqual(list(rfc_index.marks(text)), ["4303-3.4-a", "4303-A.2-b"])
        self.assertEqual(self.found(text), [(4303, "3.4"), (4303, "appendix A.2"), (4303, "2")])
        self.assertEqual(list(rfc_index.marks("x[4303-3.4] y[4303] [4303-3.4-A]")), [])

    def test_a_requirement_needs_code_and_a_test_that_names_it(self):
        self.list_of("4303-3.4-a  MUST  Sum it up.")
        self.assertEqual([fault.split(":")[0] for fault in self.faults()], ["4303-3.4-a has no code", "4303-3.4-a has no test"])
        self.write("src/esp/a.cpp", "// RFC 4303 §3.4\n")
        self.write("tests/unit/esp/a_test.cpp", "// RFC 4303 §3.4\n")
        self.assertEqual([fault.split(":")[0] for fault in self.faults()], ["4303-3.4-a has no test"])
        self.write("tests/unit/esp/a_test.cpp", "// [4303-3.4-a]\n")
        self.assertEqual(self.faults(), [])

    def test_a_mark_in_the_code_goes_before_the_citation_of_the_section(self):
        self.list_of("4303-3.4-a  MUST  Sum it up.", "4303-3.4-b  MUST NOT  Sum it twice.")
        self.write("src/esp/a.cpp", "// RFC 4303 §3.4\n")
        self.write("src/esp/b.cpp", "// [4303-3.4-b]\n")
        self.write("tests/unit/esp/a_test.cpp", "// [4303-3.4-a, 4303-3.4-b]\n")
        page = rfc_index.page(rfc_index.collect(self.root), rfc_index.all_requirements(self.root)[0])
        test = "`tests/unit/esp/a_test.cpp` |"
        self.assertIn(f"| 4303-3.4-a | MUST | Sum it up. | `esp/a.cpp`, `esp/b.cpp` | {test}", page)
        self.assertIn(f"| 4303-3.4-b | MUST NOT | Sum it twice. | `esp/b.cpp` | {test}", page)
        self.assertIn("2 requirements: 2 with code and test, 0 that do not concern this gateway, 0 not yet obeyed.", page)

    def test_a_reason_stands_in_for_both(self):
        self.list_of("4303-3.4-a  MUST  Sum it up.", "    not: there is nothing to sum",
                     "4303-3.4-b  MUST  Sum more.", "    not yet: slow")
        self.assertEqual(self.faults(), [])
        page = rfc_index.page(rfc_index.collect(self.root), rfc_index.all_requirements(self.root)[0])
        self.assertIn("| 4303-3.4-a | MUST | Sum it up. | not: there is nothing to sum | |", page)
        self.assertIn("0 with code and test, 1 that do not concern this gateway, 1 not yet obeyed.", page)

    def test_false_claims_are_seen(self):
        self.list_of("4303-3.4-a  MUST  Sum it up.", "    not: there is nothing to sum", "4303-3.4-a  MUST  Sum it up.",
                     "    not: again")
        self.write("tests/unit/esp/a_test.cpp", "// [4303-3.4-a] [4303-3.4-z]\n")
        self.assertEqual(
            self.faults(),
            [
                "4303-3.4-a stands twice in docs/requirements",
                "tests/unit/esp/a_test.cpp: [4303-3.4-a] is claimed, but the list says 'not: again'",
                "tests/unit/esp/a_test.cpp: [4303-3.4-z] is no requirement of docs/requirements",
            ],
        )

    def test_a_line_that_is_none_is_named(self):
        self.list_of("    not: of nothing", "4303-3.4-a MUST Sum it up.", "4303-3.4-a  CAN  Sum it up.")
        self.assertEqual([fault.split(": ")[0] for fault in self.faults()],
                         [f"docs/requirements/rfc4303.txt:{line}" for line in (3, 4, 5)])

    def test_an_unproved_requirement_fails_the_check_of_a_page_without_drift(self):
        self.list_of("4303-3.4-a  MUST  Sum it up.")
        self.assertEqual(subprocess.run([sys.executable, SCRIPTS / "rfc_index.py", self.root], check=False,
                                        capture_output=True).returncode, 1)
        self.assertEqual(self.run_check(), 1)
        self.list_of("4303-3.4-a  MUST  Sum it up.", "    not: there is nothing to sum")
        subprocess.run([sys.executable, SCRIPTS / "rfc_index.py", self.root], check=True)
        self.assertEqual(self.run_check(), 0)


if __name__ == "__main__":
    unittest.main()
