import json

import numpy as np
import pytest

from seesaw import groups as g


@pytest.mark.parametrize(
    ("label", "band"),
    [
        ("0-2", "0–9"),
        ("03-Sep", "0–9"),
        ("Oct-19", "10–19"),
        ("20-29", "20–29"),
        ("35", "30–39"),
        ("59", "50–59"),
        ("60-69", "60+"),
        ("more than 70", "60+"),
        ("105", "60+"),
    ],
)
def test_ages_fall_into_bands(label, band):
    assert g.age_band(label) == band


def test_a_label_without_an_age_is_refused():
    with pytest.raises(ValueError, match="no age"):
        g.age_band("unknown")


@pytest.mark.parametrize("far", [0.3, 0.1, 0.01])
def test_the_threshold_accepts_no_more_than_its_rate(far):
    scores = np.random.default_rng(1).integers(0, 50, 500).astype(np.float32) / 50
    at = g.threshold_at(scores, far)
    assert np.mean(scores >= at) <= far
    below = np.max(scores[scores < at])
    assert np.mean(scores >= below) > far


def symmetric(size, chosen):
    matrix = np.zeros((size, size), bool)
    for i, j in chosen:
        matrix[i, j] = matrix[j, i] = True
    return matrix


def test_pairs_that_both_teachers_call_same_are_counted_apart():
    pairs = g.Pairs(symmetric(4, [(0, 1), (2, 3)]), symmetric(4, [(0, 1)]))
    rate = g.false_accepts(pairs)
    assert (rate.faces, rate.pairs, rate.accepted, rate.excluded) == (4, 5, 1, 1)
    assert (rate.accepted_of_all, rate.all_pairs) == (2, 6)
    assert rate.interval is None  # one accepted pair is no rate
    assert "too few" in g.rate_cells(rate)[2]


def test_the_bootstrap_equals_resampling_by_hand():
    size, repeats = 12, 50
    accepted = symmetric(size, [(i, j) for i in range(size) for j in range(i) if (i * j) % 3 == 1])
    counted = ~np.eye(size, dtype=bool)
    weights = np.random.default_rng(1).multinomial(size, np.full(size, 1 / size), size=repeats)
    rates = []
    for row in weights:
        faces = np.repeat(np.arange(size), row)
        pairs = [(a, b) for a in faces for b in faces if a != b]
        rates.append(np.mean([accepted[pair] for pair in pairs]))
    expected = np.percentile(rates, [2.5, 97.5])
    assert g.bootstrap_interval(accepted, counted, repeats) == pytest.approx(tuple(expected))


def test_a_section_is_replaced_and_nothing_else():
    text = "a\n<!-- groups of m: begin -->\nold\n<!-- groups of m: end -->\nb\n"
    new = g.replace_section(text, "m", "new")
    assert new == text.replace("old", "new")
    assert g.replace_section(new, "m", "new") == new
    with pytest.raises(ValueError, match="begin"):
        g.replace_section(text, "other", "new")


def test_a_coarse_mirror_is_mirrored():
    crop = np.zeros((112, 112, 3), np.uint8)
    crop[:, :56] = 200
    out = g.coarse_mirror(crop)
    assert out.shape == crop.shape
    assert out[:, 80:].min() == 200 and out[:, :32].max() == 0


def test_pairs_of_the_control_are_those_of_different_people(tmp_path):
    (tmp_path / "lfw-other.json").write_text(json.dumps({"people": ["b", "a", "b"]}))
    assert g.different_people(tmp_path).tolist() == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]
