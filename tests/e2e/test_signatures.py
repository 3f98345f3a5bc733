"""A user sees how each number was computed: in the terminal, on the page, in files and JSON."""

import json

from harness.records import Signature

SUITE = "prompts/titles"


def test_a_run_says_how_its_numbers_were_computed(project, harness):
    run = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    folder = project / run["folder"]
    shown = harness("report", run["folder"], "--signatures", cwd=project)
    plain = harness("report", run["folder"], cwd=project)
    described = json.loads(harness("show", run["folder"], "--json", cwd=project).stdout)

    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    [cider] = [line for line in lines if line.startswith("CIDEr|")]
    text = cider.partition("  (")[0]
    signature = Signature.parse(text)
    written = json.loads((folder / "summary.json").read_text())["results"]
    long = [each["signature"] for each in written if each["metric"] == "CIDEr"]
    assert signature.long() in long
    assert long == [each["signature"] for each in run["results"] if each["metric"] == "CIDEr"]
    assert described["summary"]["results"][0]["signature"] == written[0]["signature"]
    assert "|t:none|c:mixed|m:line-1|" in cider
    assert "rs refset" in next(line for line in lines if line.startswith("keys: "))
    assert "CIDEr|" not in plain.stdout
    assert f"<code>{text}" in (folder / "report.html").read_text()
