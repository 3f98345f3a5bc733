"""Systems are the same by what their models were sent, whatever they are called."""

from dataclasses import replace

from harness.pipeline.across.identity import Identity

ONE = Identity(
    steps=("strip",), control=None, ways=frozenset({("model", "greedy")}), asked={"a": 1, "b": 2}
)


def test_a_run_of_fewer_samples_has_the_same_system():
    assert ONE.is_of(replace(ONE, asked={"b": 2}))
    assert replace(ONE, asked={"b": 2, "c": 3}).is_of(ONE)


def test_another_prompt_model_or_step_makes_another_system():
    assert not ONE.is_of(replace(ONE, asked={"a": 1, "b": 3}))
    assert not ONE.is_of(replace(ONE, ways=frozenset({("model", "warm")})))
    assert not ONE.is_of(replace(ONE, steps=()))
    assert not ONE.is_of(replace(ONE, control="blind"))


def test_without_a_common_sample_nothing_is_known():
    assert not ONE.is_of(replace(ONE, asked={"c": 1}))
    assert not replace(ONE, asked={}).is_of(replace(ONE, asked={}))
