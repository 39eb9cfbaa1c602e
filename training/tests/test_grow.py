"""A grown network computes what the small one does, and its copies can part."""

import copy

import pytest
import torch
from randomised import randomised
from torch import nn

from seesaw.grow import TARGETS, grow, origins, wider, wider_shuffled
from seesaw.manifest import beginning


@pytest.mark.parametrize(
    ("channels", "expected"),
    [(2, [0, 0, 1]), (4, [0, 0, 1, 2, 2, 3])],
)
def test_wider(channels: int, expected: list[int]) -> None:
    assert wider(channels).tolist() == expected


@pytest.mark.parametrize("channels", [16, 128, 512])
def test_the_map_commutes_with_quarters_and_shuffle(channels: int) -> None:
    old = torch.arange(channels)
    for start, end in ((0, channels // 4), (channels // 4, channels)):
        grown = wider(channels)[start * 3 // 2 : end * 3 // 2]
        assert torch.equal(grown, old[start:end][wider(end - start)])
    shuffle = nn.ChannelShuffle(2)
    before = old.float().reshape(1, -1, 1, 1)
    shuffled_then_grown = shuffle(before)[:, wider_shuffled(channels)]
    grown_then_shuffled = shuffle(before[:, wider(channels)])
    assert torch.equal(shuffled_then_grown, grown_then_shuffled)


def test_blocks_begin_as_their_row() -> None:
    begins = origins()
    assert [is_new for _, is_new in begins].count(False) == 15
    assert sorted({origin for origin, _ in begins}) == list(range(15))


@pytest.mark.parametrize("name", TARGETS)
def test_a_grown_network_computes_the_same(name: str) -> None:
    small = randomised("seesaw-shuffle").eval()
    grown = grow(copy.deepcopy(small), name).eval()
    images = torch.randn(3, 3, 112, 112)
    with torch.no_grad():
        expected, result = small(images), grown(images)
    assert torch.cosine_similarity(result, expected).min() > 0.99999
    assert float((result - expected).abs().max() / expected.abs().max()) < 1e-3


def test_copies_have_different_readers() -> None:
    grown = grow(randomised("seesaw-shuffle"), "dw-seesaw-v2")
    weight = grown.blocks[1].expand.second[0].weight[:, :, 0, 0]
    # Columns 0 and 1 read copies of one channel.
    assert not torch.allclose(weight[:, 0], weight[:, 1], rtol=1e-2)


def test_a_network_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="--to: 'mobiface' is none of"):
        grow(randomised("seesaw-shuffle"), "mobiface")


def test_where_a_grown_network_comes_from_is_told() -> None:
    assert beginning(None) == "random weights"
    told = beginning({"network": "seesaw-shuffle", "samples": 12})
    assert told.startswith("seesaw-shuffle after 12 samples, grown")
