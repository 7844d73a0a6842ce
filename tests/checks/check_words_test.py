# SPDX-License-Identifier: Apache-2.0
#
# Each rule of scripts/check_words.py fails once here, so that the check itself cannot rot.
import unittest

from source_tree import SourceTreeTest, load

words = load("check_words")
words.CAST_ALLOWED = {}
HEAD = "// SPDX-License-Identifier: Apache-2.0\n"


class CheckWordsTest(SourceTreeTest):
    def faults(self):
        return words.check(self.root)

    def assert_fault(self, path, text, rule):
        self.write(path, HEAD + text)
        found = self.faults()
        (self.root / path).unlink()
        self.assertEqual(len(found), 1, found)
        self.assertIn(f"[{rule}]", found[0])

    def assert_clean(self, path, text):
        self.write(path, HEAD + text)
        found = self.faults()
        (self.root / path).unlink()
        self.assertEqual(found, [])

    def test_threads_meet_in_handover_only(self):
        for line in ("std::atomic<int> n;", "std::mutex m;", "thread_local int n;", "#include <atomic>", "__atomic_load_n(p, 0);"):
            with self.subTest(line=line):
                self.assert_fault("src/dataplane/a.h", line, "threads-meet")
                self.assert_clean("src/handover/a.h", line)

    def test_threads_start_in_two_shells(self):
        self.assert_fault("src/app/a.cpp", "std::thread t;", "threads-start")
        self.assert_clean("src/dpdk/a.cpp", "std::thread t;")

    def test_the_core_reads_no_clock(self):
        for line in ("auto t = std::chrono::steady_clock::now();", "clock_gettime(0, &t);", "__rdtsc();"):
            with self.subTest(line=line):
                self.assert_fault("src/aggfrag/a.cpp", line, "clock")
        self.assert_clean("src/sockets/a.cpp", "auto t = std::chrono::steady_clock::now();")

    def test_the_core_draws_no_randomness(self):
        for line in ("std::random_device d;", "int r = rand();", "RAND_bytes(p, 1);"):
            with self.subTest(line=line):
                self.assert_fault("src/esp/a.cpp", line, "random")

    def test_the_core_does_not_log(self):
        for line in ("std::cerr << 1;", 'printf("x");', "spdlog::info(x);"):
            with self.subTest(line=line):
                self.assert_fault("src/wire/a.cpp", line, "log")

    def test_byte_offsets_have_a_home(self):
        self.assert_fault("src/esp/a.cpp", "auto* p = reinterpret_cast<char*>(q);", "byte-offsets")
        self.assert_fault("src/kernel/a.cpp", "auto n = ntohs(m);", "byte-offsets")
        self.assert_clean("src/wire/a.h", "auto* p = reinterpret_cast<char*>(q);")
        self.assert_clean("include/levelgate/base/bytes.h", "auto* p = reinterpret_cast<char*>(q);")

    def test_an_allowed_file_may_cast_and_must_exist(self):
        words.CAST_ALLOWED = {"src/kernel/a.cpp": "a C library"}
        self.addCleanup(lambda: setattr(words, "CAST_ALLOWED", {}))
        self.assert_clean("src/kernel/a.cpp", "auto* p = reinterpret_cast<char*>(q);")
        self.assertIn("is gone", self.faults()[0])

    def test_the_data_tower_has_no_exceptions(self):
        self.assert_fault("src/esp/a.cpp", "throw 1;", "exceptions")
        self.assert_clean("src/config/a.cpp", "throw 1;")

    def test_directions_have_two_words(self):
        self.assert_fault("src/esp/a.cpp", "int encap_length = 0;", "directions")
        self.assert_clean("src/esp/a.cpp", "int encapsulation = 0;")

    def test_empty_words_name_nothing(self):
        self.assert_fault("src/app/a.h", "class SaManager {};", "empty-words")
        self.assert_fault("src/app/a.h", "struct TunnelData {};", "empty-words")

    def test_no_feature_macros_in_logic(self):
        self.assert_fault("src/app/a.cpp", "#ifdef LEVELGATE_WITH_DPDK\n#endif", "feature-macros")

    def test_no_dead_code(self):
        self.assert_fault("tests/unit/esp/a_test.cpp", "#if 0\n#endif", "dead-code")

    def test_no_default_over_enumerators(self):
        text = "switch (drop) {\n  case Drop::kRunt:\n    break;\n  default:\n    break;\n}"
        self.assert_fault("src/esp/a.cpp", text, "enum-default")
        self.assert_clean("src/esp/a.cpp", "switch (letter) {\n  case 'a':\n    break;\n  default:\n    break;\n}")

    def test_an_inner_switch_over_numbers_may_have_a_default(self):
        text = "switch (drop) {\n  case Drop::kRunt:\n    switch (n) { case 1: break; default: break; }\n    break;\n}"
        self.assert_clean("src/esp/a.cpp", text)

    def test_markers_say_their_kind(self):
        self.assert_fault("src/esp/a.cpp", "// TODO: later", "marker")
        self.assert_fault("src/esp/a.cpp", "// FIXME", "marker")
        self.assert_clean("src/esp/a.cpp", "// TODO(perf): prefetch the next one")

    def test_citations_have_one_form(self):
        for line in ("// RFC 9347 section 2.2", "// RFC9347", "// RFC 4303, Section 3"):
            with self.subTest(line=line):
                self.assert_fault("src/esp/a.cpp", line, "citation")
        self.assert_clean("src/esp/a.cpp", '// RFC 9347 §2.2.3\nauto why = "RFC 9347 section 2.2";')

    def test_file_names_say_something(self):
        for path in ("src/esp/util.cpp", "src/esp/esp_helpers.cpp", "src/common/a.cpp", "tests/misc/a_test.cpp"):
            with self.subTest(path=path):
                self.assert_fault(path, "", "file-name")

    def test_every_source_names_its_licence(self):
        self.write("src/esp/a.cpp", "int a;\n")
        self.assertIn("[licence]", self.faults()[0])

    def test_comments_and_literals_are_not_code(self):
        self.assert_clean("src/esp/a.cpp", '// std::atomic\n/* std::mutex\n throw */\nauto s = "std::atomic \\" throw";')
        self.assert_clean("src/esp/a.cpp", "auto s = R\"x(\nstd::atomic \" \n)x\";")
        self.assert_fault("src/esp/a.cpp", "auto n = 1'000'000; std::mutex m; char c = '\"';", "threads-meet")

    def test_line_numbers_survive_the_blanking(self):
        self.write("src/esp/a.cpp", HEAD + "/* a\n b\n*/\nstd::mutex m;\n")
        self.assertIn("src/esp/a.cpp:5:", self.faults()[0])


if __name__ == "__main__":
    unittest.main()
