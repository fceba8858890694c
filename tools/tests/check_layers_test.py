import unittest

import support
from check_layers import PACKAGES, ROOMS, check_links, check_module, cycles_of, test_files
from check_layers import check_source as check_one

NAMES = {"@offing/protocol": "protocol", "@offing/client": "client", "@offing/worker": "worker"}


def check_source(path, text):
    return check_one(path, text, path in test_files({path: text}))


def module(path, line, dependencies=None):
    return check_module(path, line + "\n", NAMES, dependencies or {})


class Rooms(unittest.TestCase):
    def test_an_include_along_the_arrows_passes(self):
        text = '#include "channels/hub.h"\n#include "store/store.h"\n'
        self.assertEqual(check_source("src/channels/hub.cc", text), [])

    def test_an_include_against_the_arrows_is_found_with_its_line(self):
        (finding,) = check_source("src/store/store.h", '#pragma once\n#include "journal/journal.h"\n')
        self.assertTrue(finding.startswith("src/store/store.h:2: store must not include journal"), finding)

    def test_features_do_not_include_each_other(self):
        for feature in ("channels", "live", "site", "web"):
            for other in {"channels", "live", "site", "web"} - {feature}:
                self.assertEqual(len(check_source(f"src/{feature}/a.cc", f'#include "{other}/b.h"\n')), 1)

    def test_only_the_server_and_tests_name_a_concrete_store(self):
        include = '#include "store/sqlite/sqlite_store.h"\n'
        self.assertEqual(len(check_source("src/journal/journal.cc", include)), 1)
        self.assertEqual(check_source("src/journal/journal_test.cc", include), [])
        self.assertEqual(check_source("src/server/server.cc", include), [])

    def test_a_header_that_only_tests_include_is_test_code(self):
        texts = {
            "src/channels/hub.h": "",
            "src/channels/hub.cc": '#include "channels/hub.h"\n',
            "src/channels/world.h": '#include "channels/world_parts.h"\n#include "channels/hub.h"\n',
            "src/channels/world_parts.h": "",
            "src/channels/hub_test.cc": '#include "channels/world.h"\n#include "channels/hub.h"\n',
        }
        tests = {"src/channels/world.h", "src/channels/world_parts.h", "src/channels/hub_test.cc"}
        self.assertEqual(test_files(texts), tests)

    def test_protocol_code_has_no_sockets_and_no_clock(self):
        self.assertEqual(len(check_source("src/proto/uri.cc", "#include <sys/socket.h>\n#include <thread>\n")), 2)
        self.assertEqual(len(check_source("src/crypto/a.h", '#include "base/clock.h"\n')), 1)
        self.assertEqual(check_source("src/net/core.cc", "#include <sys/socket.h>\n"), [])

    def test_a_file_in_no_room_and_an_include_not_from_the_root_are_found(self):
        self.assertEqual(len(check_source("src/misc/a.cc", "")), 1)
        self.assertEqual(len(check_source("src/base/a.cc", '#include "a.h"\n')), 1)

    def test_linking_against_the_arrows_is_found(self):
        self.assertEqual(len(check_links("src/base/CMakeLists.txt", "offing_uses(store_sqlite fmt::fmt)\n")), 1)
        self.assertEqual(check_links("src/server/CMakeLists.txt", "offing_uses(store_sqlite channels)\n"), [])

    def test_the_maps_have_no_circles_and_a_circle_would_be_found(self):
        self.assertEqual(cycles_of(ROOMS) + cycles_of(PACKAGES), [])
        self.assertTrue(cycles_of({"a": "b", "b": "a"}))


class Packages(unittest.TestCase):
    def test_worker_and_client_meet_only_in_protocol(self):
        self.assertEqual(module("web/packages/worker/src/a.ts", "import { F } from '@offing/protocol';"), [])
        self.assertEqual(len(module("web/packages/worker/src/a.ts", "import { F } from '@offing/client';")), 1)
        self.assertEqual(len(module("web/packages/protocol/src/a.ts", "export * from '@offing/worker';")), 1)

    def test_a_relative_import_stays_in_its_package(self):
        self.assertEqual(module("web/packages/worker/src/a.ts", "import './b.ts';"), [])
        self.assertEqual(len(module("web/packages/worker/src/a.ts", "import { x } from '../../client/src/b.ts';")), 1)

    def test_an_undeclared_package_is_found_where_it_would_be_shipped(self):
        line = "import x from 'left-pad';"
        self.assertEqual(len(module("web/packages/worker/src/a.ts", line)), 1)
        self.assertEqual(module("web/packages/worker/src/a.ts", line, {"worker": {"left-pad": "1.0.0"}}), [])
        self.assertEqual(module("web/packages/worker/src/a.test.ts", "import test from 'node:test';"), [])


if __name__ == "__main__":
    unittest.main()
