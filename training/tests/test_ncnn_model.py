from pathlib import Path

import numpy as np

from seesaw.ncnn_model import NcnnModel

MANIFEST = Path(__file__).parents[2] / "models" / "seesaw-shuffle.json"


def test_crops_and_their_planes_give_the_same_embeddings():
    # Planes of crops are strided, so they are copied on the way in: the copy must live long enough.
    crops = np.random.default_rng(1).integers(0, 256, (6, 112, 112, 3), np.uint8)
    planes = np.ascontiguousarray((crops.astype(np.float32).transpose(0, 3, 1, 2) - 127.5) / 127.5)
    model = NcnnModel.from_manifest(MANIFEST)
    assert np.array_equal(model.embed(crops), model.embed_planes(planes))
