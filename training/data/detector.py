"""YuNet through OpenCV: five landmarks of the main face of a photo."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .archives import default_cache, network
from .onnx_fold import fold_file

# YuNet was trained for faces of 10 to 300 pixels: larger photos are shrunk to this side first.
_LONGEST_SIDE = 640


@dataclass(frozen=True)
class Face:
    box: np.ndarray  # x, y, width, height
    landmarks: np.ndarray  # [5, 2]
    score: float


def main_face(faces: list[Face], width: int, height: int) -> Face | None:
    """The largest face near the centre: size counts for, distance from the centre against."""

    def merit(face: Face) -> float:
        x, y, w, h = face.box
        distance = np.hypot(x + w / 2 - width / 2, y + h / 2 - height / 2)
        return float(np.sqrt(max(w, 0) * max(h, 0)) - distance)

    return max(faces, key=merit, default=None)


class Detector:
    def __init__(self, score: float = 0.6, cache: Path | None = None) -> None:
        folder = cache or default_cache()
        folded = folder / "yunet-fp32.onnx"
        if not folded.is_file():
            staged = folder / f"yunet-fp32.{id(self)}.onnx"
            fold_file(network("yunet", cache), staged).replace(folded)
        self._yunet = cv2.FaceDetectorYN.create(str(folded), "", (320, 320), score, 0.3, 100)

    def _detect(self, image: np.ndarray) -> list[Face]:
        height, width = image.shape[:2]
        self._yunet.setInputSize((width, height))
        _, rows = self._yunet.detect(image)
        if rows is None:
            return []
        return [Face(row[:4], row[4:14].reshape(5, 2), float(row[14])) for row in rows]

    def find(self, image: np.ndarray) -> Face | None:
        """The main face in the coordinates of `image` (BGR), or None."""
        height, width = image.shape[:2]
        scale = min(1.0, _LONGEST_SIDE / max(height, width))
        work = image
        if scale < 1.0:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            work = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        margin = 0
        face = main_face(self._detect(work), work.shape[1], work.shape[0])
        if face is None:
            # A face that fills the picture is found once it has room around it.
            margin = max(work.shape[:2]) // 2
            padded = cv2.copyMakeBorder(
                work, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(0, 0, 0)
            )
            face = main_face(self._detect(padded), padded.shape[1], padded.shape[0])
        if face is None:
            return None
        ratio = np.array([width / work.shape[1], height / work.shape[0]])
        landmarks = (face.landmarks - margin + 0.5) * ratio - 0.5
        box = np.concatenate([(face.box[:2] - margin) * ratio, face.box[2:] * ratio])
        return Face(box, landmarks, face.score)
