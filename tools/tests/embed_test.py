import pathlib
import tempfile
import unittest

import support
import embed


class Embed(unittest.TestCase):
    def test_every_byte_and_the_length_are_written(self):
        text = embed.generate([("worker.js", bytes([0, 34, 255])), ("empty.mjs", b"")])
        self.assertIn("kBytes0[] = {\n0,34,255};", text)
        self.assertIn('{"worker.js", {reinterpret_cast<const char*>(kBytes0), 3}}', text)
        self.assertIn('{"empty.mjs", {reinterpret_cast<const char*>(kBytes1), 0}}', text)

    def test_an_unchanged_file_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            source, output = pathlib.Path(folder, "a.js"), pathlib.Path(folder, "out.cc")
            source.write_text("1")
            embed.main(["embed.py", str(output), f"a.js={source}"])
            before = output.stat().st_mtime_ns
            embed.main(["embed.py", str(output), f"a.js={source}"])
            self.assertEqual(output.stat().st_mtime_ns, before)
            source.write_text("2")
            embed.main(["embed.py", str(output), f"a.js={source}"])
            self.assertNotEqual(output.stat().st_mtime_ns, before)


if __name__ == "__main__":
    unittest.main()
