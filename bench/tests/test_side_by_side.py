from bench.side_by_side import STEAL, undisturbed


def test_rounds_that_the_host_disturbed_do_not_count() -> None:
    assert undisturbed([(0.0, "a"), (STEAL, "b"), (STEAL + 0.01, "c")]) == ["a", "b"]


def test_unless_it_disturbed_all() -> None:
    assert undisturbed([(0.3, "a"), (0.2, "b")]) == ["a", "b"]
