"""Damaged and odd projects of every kind, A to I: each ends in words and a status, never a trace.

A row of ``ATTACKS`` spoils a small project on the fake engine, or one whose run has finished, and
asks the command about it. Its kind is a letter: A takes something away, B says more than it knows,
C mistakes one name for another, D changes values on their way in, E pictures, F text taken for
markup, G ends or hangs on one odd thing, H leaks, I what people meet.
"""

import hashlib
import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

ROWS = "datasets/dishes/samples.jsonl"
DATASET = "datasets/dishes.yaml"
IMAGES = "datasets/dishes/images"
SUITE = "prompts/titles/suite.yaml"
PLAIN = "prompts/titles/plain.yaml"
MODEL = "[{name: stand-in, engine: fake, model: none}]"
RUN = "results/titles/20260101-000000-abcdef"
PREDICT = "score --predictions p.csv --dataset dishes --metric exact_match"

Spoil = Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A spoiled project and what the command says about it."""

    name: str
    kind: str
    spoil: Spoil
    asks: tuple[str, ...]
    """Commands in their order; what is expected is of the last."""
    exits: int
    says: tuple[str, ...]
    """On stdout or stderr."""
    never: tuple[str, ...]
    """What neither may hold."""
    finished: bool
    """Whether the suite has been run before it is spoiled."""


def attack(kind, name, spoil, *asks, exits, says, never=(), finished=False):
    """Make a row of the table."""
    return Attack(
        name=name,
        kind=kind,
        spoil=spoil,
        asks=asks,
        exits=exits,
        says=(says,) if isinstance(says, str) else says,
        never=never,
        finished=finished,
    )


def both(*spoils: Spoil) -> Spoil:
    def spoil(root):
        for each in spoils:
            each(root)

    return spoil


def put(path: str, content: str | bytes) -> Spoil:
    """Write a file, in the place of what stands there."""

    def spoil(root):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.rmtree(place)
        place.write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def edit(path: str, old: str, new: str) -> Spoil:
    def spoil(root):
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return spoil


def add(path: str, text: str) -> Spoil:
    return lambda root: _append(root / path, text)


def _append(path, text):
    with path.open("a") as file:
        file.write(text)


def rows(change: Callable[[list[dict]], list[dict]]) -> Spoil:
    """Change the rows of the dataset, or of another file of JSON lines."""
    return lines(ROWS, change)


def lines(path: str, change: Callable[[list[dict]], list[dict]]) -> Spoil:
    def spoil(root):
        before = [json.loads(line) for line in (root / path).read_text().splitlines()]
        (root / path).write_text("".join(f"{json.dumps(row)}\n" for row in change(before)))

    return spoil


def each(**values) -> Spoil:
    return rows(lambda before: [{**row, **values} for row in before])


def first(**values) -> Spoil:
    return rows(lambda before: [{**before[0], **values}, *before[1:]])


def record(path: str, change: Callable[[dict], object]) -> Spoil:
    """Change a JSON file of the run in place."""

    def spoil(root):
        value = json.loads((root / path).read_text())
        changed = change(value)
        (root / path).write_text(json.dumps(value if changed is None else changed))

    return spoil


def picture(name: str, make: Callable[[Path], object]) -> Spoil:
    """Make an image anew, by the dataset's first row."""

    def spoil(root):
        place = root / IMAGES / name
        if place.is_file():
            place.unlink()
        make(place)
        first(image=name)(root)

    return spoil


def model(text: str) -> Spoil:
    return edit(SUITE, MODEL, text)


def folder(path: str) -> Spoil:
    """Put a folder where a file is meant."""

    def spoil(root):
        place = root / path
        if place.is_file():
            place.unlink()
        place.mkdir(parents=True)

    return spoil


def pipe(path: str) -> Spoil:
    """Put a named pipe that nobody writes to where a file is meant."""

    def spoil(root):
        (root / path).unlink(missing_ok=True)
        os.mkfifo(root / path)

    return spoil


def link(path: str, target: str) -> Spoil:
    def spoil(root):
        (root / path).unlink(missing_ok=True)
        (root / path).symlink_to(target)

    return spoil


def nothing(root):
    pass


def half(path):
    def spoil(root):
        content = (root / path).read_bytes()
        (root / path).write_bytes(content[: len(content) // 2])

    return spoil


def gone(path: str) -> Spoil:
    return lambda root: (root / path).unlink()


def _run_behind_a_link(root):
    (root / RUN).rename(root / "kept")
    (root / RUN).symlink_to(root / "kept")


def _thumbs_that_lead_to_the_images(root):
    shutil.rmtree(root / RUN / "report_files" / "thumbs")
    (root / RUN / "report_files" / "thumbs").symlink_to(root / IMAGES)


def _thumbs_that_are_pipes(root):
    for path in [*(root / RUN / "report_files" / "thumbs").iterdir()]:
        path.unlink()
        os.mkfifo(path)


def _images_that_are_a_file_of_the_system(root):
    place = {"type": "file", "path": "/etc/passwd"}
    spoil = lines(
        f"{RUN}/samples.jsonl",
        lambda rows: [{**r, "media": [{**r["media"][0], "place": place}]} for r in rows],
    )
    spoil(root)
    shutil.rmtree(root / RUN / "report_files" / "thumbs")


def _moving(path):
    frames = [Image.new("P", (9, 9), colour) for colour in (1, 5)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def _pickled_statistics(root):
    np.savez(root / RUN / "statistics.npz", scored=np.array([{}], dtype=object))


def _suite_of_windows(root):
    text = (root / SUITE).read_bytes()
    (root / SUITE).write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))


def _before_1970(root):
    for path in root.rglob("*"):
        os.utime(path, (-1e9, -1e9))


def _without_a_system(summary):
    summary["systems"].pop()


def _statistics(root, change):
    path = root / RUN / "statistics.npz"
    with np.load(path) as file:
        arrays = {name: change(file[name]) for name in file.files}
    np.savez(path, **arrays)


def _scores(root, change):
    path = root / RUN / "scores.parquet"
    change(pd.read_parquet(path)).to_parquet(path)


def _twice(root):
    path = root / RUN / "run.json"
    path.write_text(path.read_text().replace('"suite":', '"suite": "other", "suite":', 1))


def _cut_parquet(root):
    pd.DataFrame({"id": ["s1"], "text": ["Soup"]}).to_parquet(root / "p.parquet")
    content = (root / "p.parquet").read_bytes()
    (root / "p.parquet").write_bytes(content[:-20] + content[-8:])


def _cut_letter(root):
    path = root / RUN / "completions.jsonl"
    text = path.read_bytes().replace(b'"text": "', '"text": "\u00e9'.encode())
    path.write_bytes(text[: text.rindex("\u00e9".encode()) + 1])


def _other_store(root):
    (root / "results").mkdir(exist_ok=True)
    with closing(sqlite3.connect(root / "results/store.sqlite")) as db, db:
        db.execute("create table completions (a)")
        db.execute("pragma user_version = 3")


def _broken_record(root):
    with closing(sqlite3.connect(root / "results/store.sqlite")) as db, db:
        db.execute("update completions set record = '{'")


EMPTY = "id,text,system\n" + "".join(f"s{i},,{s}\n" for s in "ab" for i in range(1, 5))
SAME = "id,text,system\n" + "".join(f"s{i},Soup,{s}\n" for s in "ab" for i in range(1, 5))

# fmt: off
ATTACKS = (
    # A, a verb that takes something away
    attack('A', 'score adds to a run whose statistics are half a file',
           half(f'{RUN}/statistics.npz'), f'score {RUN} --metric exact_match', exits=1,
           says='statistics.npz cannot be read', finished=True),
    attack('A', 'score of a run whose last completion is gone',
           lines(f'{RUN}/completions.jsonl', lambda rows: rows[:-1]), f'score {RUN}', exits=1,
           says="draw 0 of system 'title' for sample 's4' is not there", finished=True),
    attack('A', 'report of a run whose samples are no JSON', put(f'{RUN}/samples.jsonl', '{\n'),
           f'report {RUN}', exits=1, says='samples.jsonl:1 is damaged', finished=True),
    attack('A', "rm of a run with a person's own notes", put(f'{RUN}/notes.md', 'mine'),
           f'rm {RUN}', exits=1, says=('25 files', 'nothing was removed'), finished=True),
    attack('A', 'rm of a run whose run.json is null', put(f'{RUN}/run.json', 'null'),
           f'rm {RUN} --yes', exits=1, says='nothing is removed', finished=True),
    attack('A', 'results of the suite are kept beside its prompts', nothing,
           'run prompts/titles --out prompts', 'check', exits=0,
           says='nothing is wrong; looked at 1 suite, 2 variants', finished=False),
    attack('A', 'the store is exported onto itself', nothing, 'cache export results/store.sqlite',
           exits=1, says='is the store itself', finished=True),
    attack('A', 'the store is exported onto the dataset', nothing, f'cache export {ROWS}', exits=1,
           says='is there and no export: it is not written over', finished=True),
    attack('A', 'prune with a run that cannot be read',
           put(f'{RUN}/completions.jsonl', 'nonsense\n'), 'cache prune --yes', exits=0,
           says=('removed 0 completions', 'kept: 8 completions'), finished=True),
    attack('A', 'rm of a run that is a link to a run elsewhere',
           _run_behind_a_link,
           f'rm {RUN} --yes', exits=1, says='is a link', finished=True),
    attack('A', 'rm of a run whose thumbs are a link to the images',
           _thumbs_that_lead_to_the_images,
           f'rm {RUN} --yes', exits=0, says='removed', finished=True),
    # B, a verb that says more than it knows
    attack('B', 'one sample compared', nothing, 'run prompts/titles --limit 1 --out r',
           'compare r/titles', exits=0, says='fewer than 6 independent units (1 sample)'),
    attack('B', 'both prompts are the same',
           put('prompts/titles/title.yaml', 'user: Name the dish.\npostprocess: [strip]\n'),
           'run prompts/titles', 'compare titles', exits=0,
           says='title and plain score alike on all 6 metrics'),
    attack('B', 'all answers are empty', put('p.csv', EMPTY), PREDICT, exits=0,
           says='empty: answered with nothing, scored as that: a 4, b 4'),
    attack('B', 'statistics of fewer samples than the run',
           lambda root: _statistics(root, lambda a: a[:, :2]), f'compare {RUN}', exits=1,
           says='not 2 systems by 4 samples', finished=True),
    attack('B', 'statistics with another number of columns',
           lambda root: _statistics(root, lambda a: a[..., :1] if a.ndim == 3 else a),
           f'compare {RUN}', exits=1, says="'bleu' has not its columns", finished=True),
    attack('B', 'statistics of text', lambda root: _statistics(root, lambda a: a.astype(str)),
           f'compare {RUN}', exits=1, says='is damaged', finished=True),
    attack('B', 'summary without one system', record(f'{RUN}/summary.json', _without_a_system),
           f'compare {RUN}', exits=1, says='do not name the same systems (title)', finished=True),
    attack('B', 'summary with infinite scores',
           record(f'{RUN}/summary.json', lambda s: s['results'][0].update(value=np.inf)),
           f'report {RUN}', exits=1, says='Infinity is no number', finished=True),
    attack('B', 'summary of another run',
           record(f'{RUN}/summary.json', lambda s: s.update(run='other', suite='other')),
           f'report {RUN}', exits=1, says="is the summary of run 'other'", finished=True),
    attack('B', 'more samples than completions',
           lines(f'{RUN}/samples.jsonl', lambda r: [*r, {**r[0], 'id': 's5'}]),
           f'compare {RUN}', exits=1, says='it holds 5 samples, the run had 4', finished=True),
    attack('B', 'reported figures that are nan',
           both(put('prompts/titles/papers.csv', 'system,BLEU_1\nx,nan\n'),
                 add(SUITE, 'reported: papers.csv\n')),
           'run prompts/titles --with-reported', exits=1, says="papers.csv:2: not a number: 'nan'"),
    attack('B', "the run's tables are gone",
           both(gone(f'{RUN}/table.md'), gone(f'{RUN}/table.csv'), gone(f'{RUN}/report.html')),
           f'show {RUN}', f'compare {RUN}', 'run prompts/titles', exits=0,
           says='nothing has changed since run', finished=True),
    attack('B', 'a system of the predictions that has no sample of the dataset',
           put('p.csv', 'id,text,system\ns1,Soup,a\nx9,Soup,b\n'), PREDICT, exits=1,
           says='error: b has no answer at all'),
    attack('B', 'predictions of two systems that share no sample',
           put('p.csv', 'id,text,system\ns1,Soup,a\ns2,Soup,a\ns3,Soup,b\ns4,Soup,b\n'), PREDICT,
           'compare results/dishes-predictions', exits=0,
           says='no two of these systems have a sample in common'),
    # C, identity by a name
    attack('C', 'ids that differ by NFC alone',
           rows(lambda r: [{**r[0], 'id': 'café'}, {**r[1], 'id': 'café'}, *r[2:]]),
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('C', 'two suites of one name in two roots',
           lambda root: shutil.copytree(root / 'prompts/titles', root / 'prompts/old/titles'),
           'run prompts/old/titles', 'check', exits=0,
           says="2 suites are named 'titles'"),
    attack('C', 'only, twice the same', nothing, 'run prompts/titles --only plain --only plain',
           exits=0, says='4 completions generated'),
    attack('C', 'a model name of 300 letters',
           model(f"[{{name: {'m' * 300}, engine: fake, model: none}}]"), 'run prompts/titles',
           exits=1, says='has 300 characters, more than 200'),
    attack('C', 'a decoding that is named by an emoji',
           add(SUITE, "decoding: {'🔥': {temperature: 1}, '🧊': {temperature: 0}}\n"),
           'run prompts/titles', exits=0, says=('plain/🔥', 'title/🧊')),
    attack('C', 'run.json with a system twice',
           record(f'{RUN}/run.json', lambda r: r['systems'].append(r['systems'][0])),
           f'score {RUN}', exits=1, says="the system 'plain' stands twice", finished=True),
    attack('C', 'run.json with keys twice', _twice, f'report {RUN}', exits=1,
           says="the key 'suite' stands twice", finished=True),
    attack('C', 'completions with a line twice',
           lines(f'{RUN}/completions.jsonl', lambda r: [*r, {**r[0], 'text': 'Another dish'}]),
           f'score {RUN}', exits=1, says="for sample 's1' stands twice", finished=True),
    attack('C', 'completions of an unknown sample',
           lines(f'{RUN}/completions.jsonl', lambda r: [*r, {**r[0], 'sample_id': 's99'}]),
           f'score {RUN}', exits=1, says="a line is of sample 's99'", finished=True),
    attack('C', 'samples with an id twice', lines(f'{RUN}/samples.jsonl', lambda r: [*r, r[0]]),
           f'score {RUN}', exits=1, says="sample 's1' stands twice", finished=True),
    attack('C', 'a run that names a system by a variant it lacks',
           record(f'{RUN}/run.json', lambda r: r['systems'][0].update(variant='ghost')),
           f'score {RUN}', exits=1, says='of a variant that is not there', finished=True),
    # D, values on their way in
    attack('D', 'the dataset is a folder', folder(ROWS), 'run prompts/titles', exits=1,
           says='samples.jsonl (a folder, a pipe or a device stands there)'),
    attack('D', 'a cell of a million letters', first(title='soup ' * 200000), 'run prompts/titles',
           exits=0, says='8 completions generated'),
    attack('D', 'a row with 10,000 keys of metadata', first(n={f'k{i}': i for i in range(10000)}),
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('D', 'metadata of 5,000 digits',
           edit(ROWS, '"n": 0', '"n": ' + '9' * 5000),
           'run prompts/titles', exits=1, says='samples.jsonl:1: a number of 5,000 digits'),
    attack('D', 'an id that is a lone surrogate',
           edit(ROWS, '"s1"', '"\\ud83c"'),
           'run prompts/titles', exits=1, says=('samples.jsonl:1', "'id' holds half a character")),
    attack('D', 'predictions in UTF-16', put('p.csv', 'id,text\ns1,Soup\n'.encode('utf-16')),
           PREDICT, exits=1, says='p.csv: is not utf-8 but UTF-16'),
    attack('D', 'predictions with their header twice', put('p.csv', 'id,text\nid,text\ns1,Soup\n'),
           PREDICT, exits=0, says='the dataset does not have 1 id of the predictions: id'),
    attack('D', 'predictions with ids as floats',
           both(rows(lambda r: [{**row, 'id': str(i)} for i, row in enumerate(r)]),
                 put('p.csv', 'id,text\n0.0,Soup\n1.0,Stew\n')),
           PREDICT, exits=1,
           says=('p.csv has no sample of the dataset', 'its ids look like 0.0, 1.0')),
    attack('D', 'predictions in Parquet cut off', _cut_parquet,
           'score --predictions p.parquet --dataset dishes', exits=1,
           says='p.parquet: cannot be read'),
    attack('D', 'a title that is a whole character in two halves',
           edit(ROWS, 'Lemon', '\\ud83c\\udf4b'),
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('D', 'the delimiter is a line break',
           edit(DATASET, 'format: jsonl', 'format: csv, delimiter: "\\n"'), 'run prompts/titles',
           exits=1, says='one letter is wanted'),
    # E, pictures
    attack('E', 'an image of 1 by 30000',
           picture('thin.png', lambda p: Image.new('RGB', (1, 30000)).save(p)),
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('E', 'an image in CMYK', picture('c.jpg', lambda p: Image.new('CMYK', (9, 9)).save(p)),
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('E', 'an image that moves',
           picture('m.gif', _moving),
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('E', 'an image that is a pipe', picture('s1.png', os.mkfifo), 'run prompts/titles',
           exits=0, says='6 completions generated'),
    attack('E', 'an image whose link leads to a device',
           picture('s1.png', lambda p: p.symlink_to('/dev/zero')), 'run prompts/titles', exits=0,
           says='6 completions generated'),
    attack('E', 'an image whose name has a line break and quotes',
           picture('a\n"$(touch pwned)\'.png', lambda p: Image.new('RGB', (9, 9)).save(p)),
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('E', 'the folder of images is a link to itself',
           both(lambda root: shutil.rmtree(root / IMAGES), link(IMAGES, 'images')),
           'run prompts/titles', exits=1, says='4 rows left out: 4 missing_image'),
    attack('E', 'the images go after the run', lambda root: shutil.rmtree(root / IMAGES),
           f'report {RUN}', exits=0, says='report:', finished=True),
    attack('E', 'a thumb of the run is a pipe',
           _thumbs_that_are_pipes,
           f'report {RUN}', exits=0, says='report:', finished=True),
    # F, text taken for markup
    attack('F', 'a title that closes the script',
           first(title='</script></style><img src=x onerror=alert(1)>'), 'run prompts/titles',
           exits=0, says='8 completions generated'),
    attack('F', 'an id in brackets of rich', first(id='[/red][bold]x[/]'), 'run prompts/titles',
           'render prompts/titles', exits=0, says='[/red][bold]x[/]'),
    attack('F', 'metadata that is a template',
           both(each(n='{{ 7 * 7 }}{% raw %}'),
                 edit(PLAIN, 'user: Name the dish.', "user: 'Name {{ metadata.n }}.'")),
           'run prompts/titles', 'render prompts/titles', exits=0,
           says='Name {{ 7 * 7 }}{% raw %}.'),
    attack('F', 'a system of predictions that is LaTeX',
           put('p.csv', 'id,text,system\ns1,Soup,\\input{/etc/passwd}%\ns1,Soup,b\n'), PREDICT,
           exits=0, says='\\input{/etc/passwd}%'),
    attack('F', 'a prompt file named with a line break',
           put('prompts/titles/a\nb.yaml', 'user: {}\n'), 'check', exits=1, says='1 problem'),
    attack('F', 'a suite whose name is a command',
           lambda root: (root / 'prompts/titles').rename(root / 'prompts/$(touch pwned)'),
           "run 'prompts/$(touch pwned)'", exits=0, says='8 completions generated'),
    # G, one odd thing ends the run, or never ends it
    attack('G', 'the store is a folder', folder('results/store.sqlite'), 'run prompts/titles',
           exits=1, says='the completion store cannot be opened'),
    attack('G', 'results is a link to itself', link('results', 'results'), 'run prompts/titles',
           exits=1, says="File exists: 'results'"),
    attack('G', 'run.json of 10^6 lists', put(f'{RUN}/run.json', '[' * 1000000), f'compare {RUN}',
           exits=1, says='is damaged', finished=True),
    attack('G', 'run.json from the future',
           record(f'{RUN}/run.json', lambda r: r.update(schema=99)), f'score {RUN}', exits=1,
           says=('newer version (schema 99)', 'upgrade prompt-harness'), finished=True),
    attack('G', 'run.json of schema 1 that it is not',
           record(f'{RUN}/run.json', lambda r: r.update(schema=1, models=[], metrics=5)),
           f'report {RUN}', exits=1, says='has not the form of its version', finished=True),
    attack('G', 'summary.json of schema 1 whose results are texts',
           record(f'{RUN}/summary.json', lambda r: r.update(schema=1, results=['x'])),
           f'report {RUN}', exits=1, says='has not the form of its version', finished=True),
    attack('G', 'completions are a pipe', pipe(f'{RUN}/completions.jsonl'), f'score {RUN}', exits=1,
           says='completions.jsonl cannot be read (it is no file)', finished=True),
    attack('G', 'the suite is a pipe', pipe(SUITE), 'check', 'run prompts/titles', exits=1,
           says="'suite.yaml' is no file that can be read"),
    attack('G', 'completions cut in the middle of a letter', _cut_letter,
           f'score {RUN}', exits=1, says='unexpected end of data', finished=True),
    attack('G', 'statistics with pickled objects',
           _pickled_statistics,
           f'compare {RUN}', exits=1, says='Object arrays cannot be loaded', finished=True),
    attack('G', 'scores.parquet of another schema',
           lambda root: pd.DataFrame({'a': [1]}).to_parquet(root / RUN / 'scores.parquet'),
           f'report {RUN}', exits=1, says='scores.parquet cannot be read', finished=True),
    attack('G', 'scores.parquet with values that are words',
           lambda root: _scores(root, lambda f: f.assign(value='high')), f'report {RUN}', exits=1,
           says='its values are no numbers', finished=True),
    attack('G', 'a limit of 10^12', nothing, 'run prompts/titles --limit 1000000000000', exits=0,
           says='8 completions generated'),
    attack('G', 'repeats without end', nothing, 'run prompts/titles --repeat 100000000000000000000',
           exits=1, says='more than 100,000,000'),
    attack('G', 'a variant that extends a folder',
           both(folder('prompts/titles/base.yaml'), put(PLAIN, 'extends: base\nuser: x\n')),
           'check', 'run prompts/titles', exits=1, says="'base.yaml' is no file that can be read"),
    attack('G', 'a variant that extends itself through a link',
           both(link('prompts/titles/other.yaml', 'plain.yaml'), put(PLAIN, 'extends: other\n')),
           'check', 'run prompts/titles', exits=1,
           says='variants extend in a circle: plain → other'),
    attack('G', "the model's delay is a word",
           model('[{name: stand-in, engine: fake, model: none, args: {delay: long}}]'), 'check',
           'run prompts/titles', exits=1,
           says="suite.yaml:3: delay is 'long', not a number from 0 on"),
    attack('G', 'the model answers none at a time',
           model('[{name: stand-in, engine: fake, model: none, args: {in_flight: 0}}]'), 'check',
           'run prompts/titles', exits=1, says='in_flight is 0, not a whole number from 1 on'),
    attack('G', 'repeats of 10^12 in the run',
           record(f'{RUN}/run.json', lambda r: r.update(repeats=10 ** 9)), f'score {RUN}', exits=1,
           says="draw 1 of system 'plain' for sample 's1' is not there", finished=True),
    attack('G', 'the store has another table', _other_store,
           'run prompts/titles', exits=1,
           says="is no completion store: its table 'completions' lacks"),
    attack('G', "the store's record is no JSON", _broken_record, 'cache ls',
           'cache export out.jsonl', 'cache prune --yes', exits=1,
           says='holds a record that is no JSON', finished=True),
    attack('G', "the newest run's summary is damaged and the suite is run again",
           put(f'{RUN}/summary.json', '{'), 'run prompts/titles', exits=0, says='8 from the store',
           finished=True),
    attack('G', 'decoding asks for 10^9 draws',
           add(SUITE, 'decoding: {a: {temperature: 1, n: 2000000000}}\n'), 'check',
           'run prompts/titles', exits=1, says='more than 100,000,000'),
    # H, leaks
    attack('H', "git's HEAD is a pipe",
           both(lambda root: (root / '.git').mkdir(), pipe('.git/HEAD')), 'run prompts/titles',
           exits=0, says='8 completions generated'),
    attack('H', "git's HEAD leads out of the folder",
           put('.git/HEAD', 'ref: ../../../../../../etc/passwd\n'), 'run prompts/titles',
           'show titles', exits=0, says='commit:   none'),
    attack('H', 'a metric that is a program beside the suite',
           both(put('prompts/titles/mine/mine.py', "open('pwned', 'w')\n"),
                 edit(SUITE, '[bleu, rouge_l, cider]', '[bleu, {evaluate: ./mine}]')),
           'check', exits=0, says='runs code: metric'),
    attack('H', 'a template that reads a file',
           edit(PLAIN, 'user: Name the dish.', 'user: "{% include \'/etc/passwd\' %}"'), 'check',
           'run prompts/titles', exits=1, says='leads out of the folder'),
    attack('H', "a run's image leads to a file of the system",
           _images_that_are_a_file_of_the_system,
           f'report {RUN}', f'score {RUN}', exits=0, says='best of the column',
           never=('root:',), finished=True),
    attack('H', "the suite's reported figures are a file of the system",
           add(SUITE, 'reported: /etc/passwd\n'), 'check', 'run prompts/titles --with-reported',
           exits=1, says="/etc/passwd:2: no 'system' in this line", never=('root:',)),
    # I, what people meet
    attack('I', 'no metrics', edit(SUITE, '[bleu, rouge_l, cider]', '[]'), 'check',
           'run prompts/titles', exits=1, says="'metrics': at least 1 item is wanted here"),
    attack('I', 'metrics that are a text', edit(SUITE, '[bleu, rouge_l, cider]', 'bleu, cider'),
           'check', 'run prompts/titles', exits=1, says='a list stands in brackets: [bleu, cider]'),
    attack('I', "a metric's option that is a list",
           edit(SUITE, '[bleu, rouge_l, cider]', '[{keywords: {field: [1, 2]}}]'), 'check',
           'run prompts/titles', exits=1,
           says='suite.yaml:4: metric keywords: field is [1, 2], not a text'),
    attack('I', 'a suite that is a list', put(SUITE, '- dishes\n- plain\n'), 'check',
           'run prompts/titles', exits=1, says="expected 'key: value' lines"),
    attack('I', 'a suite of Windows',
           _suite_of_windows,
           'check', 'run prompts/titles', exits=0, says='8 completions generated'),
    attack('I', "a metric's name that is nearly right", nothing, f'compare {RUN} --metric cider',
           exits=1, says='known: BLEU_1', finished=True),
    attack('I', 'a difference that is no number', nothing, f'power {RUN} --difference nan', exits=1,
           says='no number of samples shows a difference of nan', finished=True),
    attack('I', 'a seed below zero', nothing, f'compare {RUN} --seed -1', exits=2, says="'--seed'",
           finished=True),
    attack('I', 'files from before 1970',
           _before_1970,
           'run prompts/titles', exits=0, says='8 completions generated'),
    attack('I', 'a layer below nothing',
           edit(SUITE, '[bleu, rouge_l, cider]', '[{bertscore: {layer: -1}}]'), 'check',
           'run prompts/titles', exits=1,
           says='suite.yaml:4: metric bertscore: -1 is no number of a layer'),
)
# fmt: on


REWRITTEN = {
    "score": (
        "summary.json",
        "scores.parquet",
        "statistics.npz",
        "table",
        "report.html",
        "report_files/",
    ),
    "report": ("table", "report.html", "report_files/"),
}
"""What a verb that succeeded may have written anew in a run's folder."""
STORES = ("results/store.sqlite", "results/file_hashes.sqlite")


def state(root):
    """Give each file's hash and each link's target by its path; pipes and the like are left out."""
    files = {}
    for folder, _, names in os.walk(root):
        for path in (Path(folder) / name for name in names):
            name = path.relative_to(root).as_posix()
            if path.is_symlink():
                files[name] = f"link to {path.readlink()}"
            elif path.is_file() and not name.startswith(STORES):
                files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return files


def may_change(name, words, code):
    """Tell whether a file may be another or gone after a command."""
    if words[0] == "rm":
        return code == 0 and name.startswith(f"{RUN}/")
    own = name.removeprefix(f"{RUN}/")
    return code == 0 and own != name and own.startswith(REWRITTEN.get(words[0], ("-",)))


@contextmanager
def not_for_ever():
    """Fail what hangs. It is no OSError, which a reader may take for a fault of the file."""

    def too_long(*_):
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, harness):
    """A project like ``project``, made once, whose suite has been run; its run is at RUN."""
    kept = {}

    def _finished(project):
        if not kept:
            root = tmp_path_factory.mktemp("finished") / "project"
            shutil.copytree(project, root)
            run = harness("run", "prompts/titles", cwd=root)
            assert run.returncode == 0, run.stderr
            [folder] = (root / "results/titles").iterdir()
            folder.rename(root / RUN)
            kept["root"] = root
        shutil.rmtree(project)
        shutil.copytree(kept["root"], project)

    return _finished


@pytest.mark.parametrize("row", ATTACKS, ids=lambda row: f"{row.kind}: {row.name}")
def test_an_odd_project_is_told_what_is_wrong(row, project, harness, finished):
    if row.finished:
        finished(project)
    row.spoil(project)
    for asked in row.asks:
        words = shlex.split(asked)
        before = state(project)
        with not_for_ever():
            done = harness(*words, cwd=project)
        said = f"{done.stdout}{done.stderr}"
        assert "Traceback" not in said
        assert "a fault of harness" not in said
        after = state(project)
        lost = [name for name in before if after.get(name) != before[name]]
        assert [name for name in lost if not may_change(name, words, done.returncode)] == []
    assert done.returncode == row.exits, said
    for words in row.says:
        assert words in said
    for words in row.never:
        assert words not in said
    assert list(project.rglob("pwned*")) == []
    for page in project.rglob("results/**/report.html"):
        assert page.is_dir() or "<img src=x" not in page.read_text()
    for table in project.rglob("results/**/table.tex"):
        assert "\\input" not in table.read_text()


def test_the_table_has_every_kind():
    kinds = Counter(row.kind for row in ATTACKS)
    assert kinds.keys() == set("ABCDEFGHI")
    assert min(kinds.values()) >= 4
    assert len({row.name for row in ATTACKS}) == len(ATTACKS) >= 60


PROGRAM = """
import os, sys
setting, *words = sys.argv[1:]
if setting == "no stdin":
    os.close(0)
if setting == "no folder":
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")
sys.argv = ["harness", *words]
from harness.cli import main
main()
"""


@pytest.mark.parametrize(
    ("setting", "changes", "words", "exits", "says"),
    [
        (
            "C",
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            "compare R",
            0,
            "told",
        ),
        (
            "no home",
            {"HOME": None, "XDG_CACHE_HOME": None},
            "run prompts/titles",
            0,
            "nothing has changed",
        ),
        ("narrow", {"COLUMNS": "20"}, "report R", 0, "plain"),
        ("no stdin", {}, "rm R", 1, "no terminal to ask on"),
        ("no folder", {}, "check", 1, ""),
        ("no java", {"HARNESS_JAVA": "/gone/java"}, "score R --metric meteor", 1, "METEOR"),
    ],
)
def test_an_odd_machine_is_told_what_is_wrong(
    project, finished, setting, changes, words, exits, says
):
    finished(project)
    environment = {**os.environ, "COLUMNS": "160", **changes}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, setting, *words.replace("R", RUN).split()],
        cwd=project,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = f"{done.stdout}{done.stderr}"
    assert "Traceback" not in said
    assert done.returncode == exits, said
    assert says in said
