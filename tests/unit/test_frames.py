import math

from harness.frames import pair_frame, result_frame, score_frame
from harness.records import SampleScores


def test_scores_of_samples_become_a_column_a_metric():
    scores = [
        SampleScores(system=system, metric=metric, sample_ids=samples, values=values)
        for system, metric, samples, values in [
            ("b", "CIDEr", ("s2", "s1"), (1.0, 2.0)),
            ("a", "CIDEr", ("s2",), (3.0,)),
            ("b", "BLEU_1", ("s2",), (0.5,)),
        ]
    ]
    frame = score_frame(scores, ["BLEU_1", "CIDEr"])
    assert list(frame.columns) == ["BLEU_1", "CIDEr"]
    assert list(frame.index) == [("b", "s2"), ("b", "s1"), ("a", "s2")]
    assert frame.loc[("b", "s2"), "BLEU_1"] == 0.5
    assert math.isnan(frame.loc[("a", "s2"), "BLEU_1"])


def test_frames_of_a_run_hold_what_its_summary_and_comparison_hold(project, monkeypatch):
    import harness

    monkeypatch.chdir(project)
    run = harness.run("prompts/titles", engine="fake")
    frame = result_frame(run.summary)
    for result in run.summary.results:
        row = frame.loc[(result.system, result.metric)]
        assert row["value"] == result.value
        assert (row["low"], row["high"]) == result.interval or math.isnan(row["low"])
        assert row["units"] == result.units
    compared = harness.compare(run)
    every = [pair for metric in compared.metrics for pair in metric.pairs]
    pairs = pair_frame(every)
    assert len(pairs) == len(every) > 0
    first = every[0]
    assert pairs.loc[(first.metric, first.candidate, first.baseline), "delta"] == first.delta
    assert len(run.score_frame()) == len(run.summary.systems) * len(run.samples)
