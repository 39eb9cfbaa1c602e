"""What scikit-learn makes of scores, for the tests of lib/evaluation to compare with.

    python research/evaluation/sklearn_reference.py > test/fixtures/evaluation/sklearn.json

Needs numpy and scikit-learn. Scores are rounded, so that many are equal.
"""

import json

import numpy as np
import sklearn
from sklearn.calibration import _SigmoidCalibration
from sklearn.metrics import roc_auc_score, roc_curve

RATES = (0.1, 0.01, 0.001)


def case(name: str, genuine: np.ndarray, impostors: np.ndarray) -> dict:
    scores = np.concatenate([genuine, impostors])
    truth = np.concatenate([np.ones(len(genuine)), np.zeros(len(impostors))])
    far, tar, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    # The error rates cross on the straight line between two points of the curve.
    after = int(np.argmax(far >= 1 - tar))
    lack, excess = 1 - tar[after - 1] - far[after - 1], far[after] - (1 - tar[after])
    eer = far[after - 1] + lack / (lack + excess) * (far[after] - far[after - 1])
    # Both kinds weigh as much as there are genuine pairs.
    weights = np.where(truth == 1, 1.0, len(genuine) / len(impostors))
    platt = _SigmoidCalibration().fit(scores, truth, weights)
    return {
        "name": name,
        "genuine": genuine.tolist(),
        "impostors": impostors.tolist(),
        "roc": {
            "far": far.tolist(),
            "tar": tar.tolist(),
            # The first threshold of scikit-learn is infinite: nothing is accepted there.
            "thresholds": thresholds[1:].tolist(),
        },
        "auc": float(roc_auc_score(truth, scores)),
        "eer": float(eer),
        "tarAtFar": [{"far": r, "tar": float(tar[far <= r].max())} for r in RATES],
        # P = 1 / (1 + exp(a s + b))
        "platt": {"slope": float(-platt.a_), "intercept": float(-platt.b_)},
    }


def main() -> None:
    rng = np.random.default_rng(11)
    cases = [
        case("apart", rng.normal(0.65, 0.12, 80).round(3), rng.normal(0.08, 0.09, 300).round(3)),
        case("ties", rng.normal(0.4, 0.2, 60).round(1), rng.normal(0.1, 0.2, 140).round(1)),
        case("mixed up", rng.normal(0.2, 0.2, 50).round(2), rng.normal(0.15, 0.2, 90).round(2)),
    ]
    print(json.dumps({"sklearn": sklearn.__version__, "cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
