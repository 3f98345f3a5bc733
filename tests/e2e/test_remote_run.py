"""A run on photos of a web server: each is fetched once, whatever is asked of it afterwards."""

import json
import shutil
import sys
from pathlib import Path

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "media"))
from file_server import serving


def test_a_photo_is_fetched_once_for_all_runs(project, harness):
    images = project / "datasets" / "dishes" / "images"
    description = project / "datasets" / "dishes.yaml"
    with serving() as server:
        for path in images.iterdir():
            server.files[f"/dishes/{path.name}"] = path.read_bytes()
        shutil.rmtree(images)
        text = description.read_text().replace("root: dishes/images", f"root: {server.url}/dishes")
        description.write_text(text)
        refused = harness("run", "prompts/titles", cwd=project)
        assert refused.returncode == 1
        assert "datasets/dishes.yaml:3: 'images.root' would be fetched from" in refused.stderr
        assert server.asked == []
        description.write_text(f"{text}remote: true\n")
        first = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)
        assert first["generated"] == 8
        assert server.count("GET") == 4
        assert len(list((project / first["folder"] / "report_files" / "thumbs").iterdir())) == 4
        prompt = project / "prompts" / "titles" / "plain.yaml"
        prompt.write_text(prompt.read_text().replace("Name", "Please name"))
        second = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)
        assert second["generated"] == 4
        assert server.count("GET") == 4
