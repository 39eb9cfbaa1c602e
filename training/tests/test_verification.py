import numpy as np
import pytest

from seesaw import verification as v


def test_threshold_lies_in_the_gap():
    scores = np.array([0.1, 0.2, 0.6, 0.8])
    same = np.array([False, False, True, True])
    assert v.best_threshold(scores, same) == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(20))
def test_threshold_has_as_few_errors_as_any(seed):
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, 12, 60) / 10  # many ties
    same = generator.random(60) < scores / 1.5
    errors = np.sum((scores >= v.best_threshold(scores, same)) != same)
    candidates = np.concatenate((np.unique(scores), [9.0]))
    assert errors == min(np.sum((scores >= t) != same) for t in candidates)


def test_all_genuine_or_all_impostors_still_have_a_threshold():
    scores = np.array([0.3, 0.5])
    assert np.all(scores >= v.best_threshold(scores, np.array([True, True])))
    assert not np.any(scores >= v.best_threshold(scores, np.array([False, False])))


def test_the_fold_itself_does_not_choose_its_threshold():
    # Fold 1 is fold 0 turned round: the good threshold of fold 0 gets all of it wrong, while fold
    # 1 itself can do no better than accept everything.
    scores = np.array([0.1, 0.9, 0.9, 0.1])
    same = np.array([False, True, False, True])
    assert v.fold_accuracies(scores, same, np.array([0, 0, 1, 1])).tolist() == [0.5, 0.0]


@pytest.mark.parametrize(("far", "allowed"), [(0.1, 10), (0.01, 1), (0.001, 0)])
def test_tar_accepts_no_more_impostors_than_allowed(far, allowed):
    scores = np.concatenate((np.arange(100) / 100, np.arange(0.5, 1.5, 0.01))).astype(np.float32)
    same = np.arange(200) >= 100
    row = v.tar_at_far(scores, same, far)
    assert row.accepted_impostors == allowed
    assert row.accepted_genuine == np.sum(scores[same] >= row.threshold)


def test_area_under_curve_against_counting():
    generator = np.random.default_rng(3)
    scores = generator.integers(0, 9, 50).astype(float)
    same = generator.random(50) < 0.4
    wins = [1.0 if g > i else 0.5 if g == i else 0.0 for g in scores[same] for i in scores[~same]]
    assert v.area_under_curve(scores, same) == pytest.approx(np.mean(wins))


def test_equal_error_rate_of_a_known_case():
    scores = np.array([0.9, 0.8, 0.7, 0.2, 0.75, 0.3, 0.1, 0.05])
    same = np.array([True, True, True, True, False, False, False, False])
    assert v.equal_error_rate(scores, same) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("scores", "same", "message"),
    [([0.5, np.nan], [True, False], "finite"), ([0.5, 0.4], [True, True], "impostor")],
)
def test_useless_input_is_refused(scores, same, message):
    with pytest.raises(ValueError, match=message):
        v.report(np.array(scores), np.array(same), np.zeros(2))
