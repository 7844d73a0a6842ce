# SPDX-License-Identifier: Apache-2.0
#
# What scripts/check_units.py finds, and what it leaves alone.
import unittest

from source_tree import SourceTreeTest, load

units = load("check_units")


def local(text):
    return f"\nnamespace levelgate {{\nnamespace {{\n\n{text}\n\n}}  // namespace\n}}  // namespace levelgate\n"


class CheckUnitsTest(SourceTreeTest):
    def faults(self, **files):
        for name, text in files.items():
            self.write(f"src/room/{name}", text)
        found = units.check(self.root)
        for name in files:
            (self.root / "src/room" / name).unlink()
        return found

    def assert_fault(self, word, **files):
        found = self.faults(**files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(word, found[0])

    def test_two_files_with_one_name(self):
        for first, second in (
            ("int size(int of) { return of; }", "bool size(const Thing& of) {\n  return true;\n}"),
            ("constexpr int kMost = 1;", "constexpr std::array<int, 2> kMost{1, 2};"),
            ("struct Row {\n  int at = 0;\n};", "using Row = int;"),
            ("template <typename T>\nT named(T list) {\n  return list;\n}", "class named final {};"),
            ("using ikewire::Message;", "using ikemessage::Message;"),
            ("enum class Kind { kOne };", "const Kind Kind;"),
        ):
            with self.subTest(first=first):
                self.assert_fault("as well", **{"a.cpp": local(first), "b.cpp": local(second)})

    def test_a_name_of_the_rooms_headers(self):
        header = "#pragma once\nnamespace levelgate {\n\n[[nodiscard]] bool is_none(const T& of);\n\n}  // namespace levelgate\n"
        self.assert_fault("hides", **{"a.h": header, "b.cpp": local("bool is_none(const T& of) { return of.none; }")})

    def test_a_name_of_everybodys(self):
        self.write("include/levelgate/base/bytes.h", "inline int load(int at) { return at; }\n")
        self.assert_fault("hides", **{"b.cpp": local("int load(int at) { return at; }")})
        (self.root / "include/levelgate/base/bytes.h").unlink()

    def test_what_reaches_the_files_behind(self):
        self.assert_fault("ALONE", **{"a.cpp": local("using enum Kind;")})
        self.assert_fault("ALONE", **{"a.cpp": local("using namespace words;")})
        self.assertEqual(self.faults(**{"a.cpp": local("using namespace std::chrono_literals;")}), [])

    def test_a_file_kept_alone(self):
        names = {"a.cpp": local("using enum Kind;\nint size() { return 1; }"), "b.cpp": local("int size() { return 2; }")}
        self.assertEqual(self.faults(**names, **{"CMakeLists.txt": "levelgate_room(NAME room ALONE a.cpp LINKS base)\n"}), [])

    def test_what_is_no_clash(self):
        for first, second in (
            ("using ikewire::Message;", "using ikewire::Message;"),
            ("struct One {\n  int size() const { return 1; }\n};", "int size() { return 2; }"),
            ("int one() {\n  return kMost;\n}", "constexpr int kMost = 1;"),
            ("// size() counts", "int size() { return 2; }"),
            ("class Later;", "class Other;"),
        ):
            with self.subTest(first=first):
                self.assertEqual(self.faults(**{"a.cpp": local(first), "b.cpp": local(second)}), [])

    def faults_of_test(self, text):
        self.write("tests/unit/room/size_test.cpp", text)
        found = units.check(self.root)
        (self.root / "tests/unit/room/size_test.cpp").unlink()
        return found

    def test_a_test_has_a_namespace_named_after_its_file(self):
        text = "#include <x>\n\nnamespace levelgate::room::size_test {\nnamespace {\n\nint size() { return 1; }\n\n}\n}\n"
        self.assertEqual(self.faults_of_test(text), [])
        for wrong in (text.replace("::size_test", ""), text.replace("size_test", "sizes_test"),
                      text.replace("levelgate::room::size_test", ""), text + "namespace std {\n}\n",
                      text.replace("int size()", "#define SIZE 1\nint size()"),
                      text.replace("namespace levelgate", "namespace {\nint one = 1;\n}\nnamespace levelgate")):
            with self.subTest(wrong=wrong):
                self.assertEqual(len(self.faults_of_test(wrong)), 1)
        self.write("tests/unit/room/CMakeLists.txt", "levelgate_tests(LINKS room WITHOUT size_test.cpp)\n")
        self.assertEqual(self.faults_of_test("int size() { return 1; }\n"), [])
        (self.root / "tests/unit/room/CMakeLists.txt").unlink()

    def test_other_rooms_do_not_matter(self):
        self.write("src/other/c.cpp", local("int size() { return 1; }"))
        self.assertEqual(self.faults(**{"a.cpp": local("int size() { return 2; }")}), [])
        (self.root / "src/other/c.cpp").unlink()


if __name__ == "__main__":
    unittest.main()
