from __future__ import annotations

import os
import subprocess
import sys

from harness.executors.local_output import OutputToFile


def test_descriptors_and_children_write_to_the_log_until_stop(capfd, tmp_path):
    log = tmp_path / "new" / "engine.log"
    output = OutputToFile(log)
    output.start()
    output.start()
    os.write(1, b"out\n")
    os.write(2, b"err\n")
    subprocess.run([sys.executable, "-c", "print('child')"], check=True)
    output.stop()
    output.stop()
    os.write(1, b"terminal\n")
    assert log.read_text().split() == ["out", "err", "child"]
    assert capfd.readouterr() == ("terminal\n", "")


def test_a_log_is_continued(tmp_path):
    log = tmp_path / "engine.log"
    log.write_text("before\n")
    output = OutputToFile(log)
    output.start()
    os.write(1, b"after\n")
    output.stop()
    assert log.read_text() == "before\nafter\n"
