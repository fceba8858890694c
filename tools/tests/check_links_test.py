import unittest

import support
from check_links import anchors_of, check_text


def check(path, text, files=()):
    return check_text(path, text, lambda p: p in files, lambda p: {"limits"})


class Links(unittest.TestCase):
    def test_a_link_to_a_file_that_is_not_there_is_found(self):
        self.assertEqual(len(check("docs/a.md", "x\n[b](b.md)\n")), 1)
        self.assertEqual(check("docs/a.md", "[b](b.md) [c](../README.md)", {"docs/b.md", "README.md"}), [])

    def test_a_picture_counts_as_a_link(self):
        self.assertEqual(len(check("README.md", '![feed](docs/feed.png)\n<img src="docs/b.png">\n')), 2)

    def test_an_anchor_needs_its_heading(self):
        self.assertEqual(check("a.md", "[x](b.md#limits)", {"b.md"}), [])
        self.assertEqual(len(check("a.md", "[x](b.md#bounds)", {"b.md"})), 1)
        self.assertEqual(anchors_of("# A `b` and (c)\n```\n# no\n```\n"), {"a-b-and-c"})

    def test_vectors_that_a_specification_names_must_exist(self):
        self.assertEqual(len(check("spec/README.md", "| x | `vectors/fold.json` |")), 1)
        self.assertEqual(check("spec/README.md", "`vectors/fold.json`", {"spec/vectors/fold.json"}), [])

    def test_addresses_and_code_are_not_links_to_files(self):
        self.assertEqual(check("a.md", "[x](https://example.org) `[y](z)`\n```\n[y](z)\n```\n"), [])


if __name__ == "__main__":
    unittest.main()
