# SPDX-License-Identifier: Apache-2.0
#
# Each rule of scripts/check_layers.py fails once here, so that the check itself cannot rot.
import unittest

from source_tree import SourceTreeTest, load

layers = load("check_layers")


class CheckLayersTest(SourceTreeTest):
    def faults(self):
        return layers.check(self.root)[0]

    def warnings(self):
        return layers.check(self.root)[1]

    def assert_fault(self, words):
        found = self.faults()
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_an_empty_house_is_clean(self):
        self.assertEqual(self.faults(), [])

    def test_allowed_includes_pass(self):
        self.write("src/aggfrag/sender.h", '#include <levelgate/base/bytes.h>\n#include <span>\n#include "wire/a.h"\n')
        self.write("src/crypto/aead.cpp", '#include <openssl/evp.h>\n#include "esp/cipher.h"\n')
        self.write("src/app/main.cpp", '#include <unistd.h>\n#include "dpdk/port.h"\n#include "control/admin.h"\n')
        self.write("tests/unit/esp/sealer_test.cpp", '#include <openssl/evp.h>\n#include "support/virtual_clock.h"\n')
        self.assertEqual(self.faults(), [])

    def test_the_towers_never_meet(self):
        self.write("src/control/admin.h", '#include "dataplane/worker.h"\n')
        self.assert_fault("src/control/admin.h:1: control may not include dataplane")

    def test_an_include_against_the_table(self):
        self.write("src/wire/ip.h", '// one\n#include "aggfrag/sender.h"\n')
        self.assert_fault("src/wire/ip.h:2: wire may not include aggfrag")

    def test_the_seam_is_one_header(self):
        self.write("src/crypto/aead.cpp", '#include "esp/sealer.h"\n')
        self.assert_fault("only esp/cipher.h")

    def test_an_include_without_a_room(self):
        self.write("src/wire/ip.h", '#include "checksum.h"\n')
        self.assert_fault("names no room")

    def test_an_unknown_room(self):
        self.write("src/cellar/wine.h", "")
        self.assert_fault("no such room")

    def test_the_shared_language_has_two_rooms(self):
        self.write("include/levelgate/esp/cipher.h", "")
        self.assert_fault("base and model only")

    def test_outside_libraries_stay_in_their_room(self):
        for room, header in (
            ("dataplane", "rte_mbuf.h"),
            ("esp", "openssl/evp.h"),
            ("aggfrag", "intel-ipsec-mb.h"),
            ("control", "boost/asio/io_context.hpp"),
            ("sockets", "boost/beast/http.hpp"),
            ("sockets", "boost/json.hpp"),
            ("control", "libfyaml.h"),
            ("api", "netlink/route/addr.h"),
            ("dpdk", "spdlog/spdlog.h"),
            ("app", "CLI/CLI.hpp"),
            ("wire", "fmt/format.h"),
        ):
            with self.subTest(header=header):
                path = f"src/{room}/one.cpp"
                self.write(path, f"#include <{header}>\n")
                self.assert_fault(f"<{header}> belongs to")
                (self.root / path).unlink()

    def test_the_core_knows_no_operating_system(self):
        self.write("src/esp/sealer.cpp", "#include <sys/socket.h>\n")
        self.assert_fault("knows no operating system")

    def test_a_circle_of_headers(self):
        self.write("src/wire/one.h", '#include "wire/two.h"\n')
        self.write("src/wire/two.h", '#include "wire/one.h"\n')
        self.assert_fault("circle of headers")

    def test_a_circle_between_a_shared_header_and_itself(self):
        self.write("include/levelgate/base/one.h", "#include <levelgate/base/two.h>\n")
        self.write("include/levelgate/base/two.h", "#include <levelgate/base/one.h>\n")
        self.assert_fault("circle of headers")

    def test_links_against_the_table(self):
        self.write("src/esp/CMakeLists.txt", "levelgate_room(NAME esp DATA_TOWER\n  LINKS base ike EXTERNAL X::y)\n")
        self.assert_fault("esp links ike")

    def test_links_behind_other_words_of_the_room(self):
        for words in ("ALONE a.cpp b/c.cpp", "COMPUTES_LITTLE", "COMPUTES_LITTLE ALONE a.cpp", "DATA_TOWER ALONE a.cpp"):
            with self.subTest(words=words):
                self.write("src/esp/CMakeLists.txt", f"levelgate_room(NAME esp {words} LINKS base ike)\n")
                self.assert_fault("esp links ike")

    def test_two_files_of_one_name(self):
        self.write("src/wire/sealer.h", "")
        self.write("src/wire/sealer.cpp", "")
        self.write("src/esp/sealer.h", "")
        self.assert_fault("the name sealer is used in esp, wire")

    def test_a_header_of_the_shared_language_and_its_source_are_one_file(self):
        self.write("include/levelgate/base/ip_address.h", "")
        self.write("src/base/ip_address.cpp", "")
        self.assertEqual(self.faults(), [])

    def test_the_table_keeps_the_picture(self):
        self.assertEqual(list(layers.table_faults()), [])
        upward = list(layers.table_faults({"wire": ["esp"]}))
        self.assertIn("looks up", upward[0])
        meeting = list(layers.table_faults({"control": ["aggfrag"]}))
        self.assertIn("the towers meet", meeting[0])
        circle = list(layers.table_faults({"wire": ["base"], "base": ["model"], "model": ["base"]}))
        self.assertIn("circle", circle[0])

    def test_sizes_are_warnings(self):
        body = "  work();\n" * 61
        self.write("src/esp/sealer.cpp", f"void seal() {{\n{body}}}\n" + "// x\n" * 450)
        self.write("src/wire/ip.h", "// x\n" * 201)
        self.write("tests/unit/esp/sealer_test.cpp", "// x\n" * 601)
        self.assertEqual(self.faults(), [])
        found = "\n".join(self.warnings())
        self.assertIn("function of 61 lines", found)
        self.assertIn("src/esp/sealer: 513 lines", found)
        self.assertIn("header of 201 lines", found)
        self.assertIn("601 lines (wall for tests", found)

    def test_a_room_beyond_its_wall_is_a_warning(self):
        for number in range(6):
            self.write(f"src/esp/part{number}.cpp", "// x\n" * 450)
        self.assertEqual([warning for warning in self.warnings() if warning.startswith("room esp: 2700")], self.warnings())


if __name__ == "__main__":
    unittest.main()
