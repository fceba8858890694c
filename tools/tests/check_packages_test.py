import unittest

import support
from check_packages import check, debian_packages, described, npm_packages


class Packages(unittest.TestCase):
    def test_groups_comments_and_alternatives_are_read(self):
        text = "# all\n[build]\ncmake  # 3.25\nnpm or command npm\n\n[test]\nstrace\n"
        self.assertEqual(debian_packages(text), {"cmake", "npm", "strace"})

    def test_every_kind_of_npm_dependency_counts(self):
        manifest = {"dependencies": {"a": "1.0.0"}, "devDependencies": {"b": "2.0.0"}}
        self.assertEqual(npm_packages(manifest), {"a": "1.0.0", "b": "2.0.0"})

    def test_a_package_without_a_line_and_a_line_without_a_package_are_found(self):
        paper = "| package | for |\n|---|---|\n| `cmake`, `ninja-build` | builds |\n| `gone` | - |\n"
        self.assertEqual(described(paper), {"cmake", "ninja-build", "gone"})
        self.assertEqual(len(check({"cmake", "ninja-build", "g++"}, paper)), 2)


if __name__ == "__main__":
    unittest.main()
