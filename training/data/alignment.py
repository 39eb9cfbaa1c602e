"""Five-point alignment of a face to the 112x112 ArcFace template.

The similarity transform is the closed-form least-squares solution of S. Umeyama, "Least-squares
estimation of transformation parameters between two point patterns", IEEE TPAMI 13(4), 1991.
"""

import cv2
import numpy as np

CROP_SIZE = 112

# Left eye, right eye, nose tip, left and right mouth corner, as seen in the picture
# (Deng et al., "ArcFace", CVPR 2019; the five points used by its published preprocessing).
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    dtype=np.float64,
)


def similarity_transform(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The 2x3 matrix of the rotation, uniform scale and shift that best maps source on target."""
    source = np.asarray(source, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 2:
        raise ValueError(
            f"source and target must both be [n, 2]; got {source.shape} and {target.shape}"
        )
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_centred, target_centred = source - source_mean, target - target_mean
    variance = (source_centred**2).sum() / len(source)
    if not np.isfinite(variance) or variance <= 0:
        raise ValueError("source: the points must be finite and not all the same")
    covariance = target_centred.T @ source_centred / len(source)
    u, singular, vt = np.linalg.svd(covariance)
    # A reflection would fit mirrored points better, but a face must not be mirrored.
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0])
    rotation = (u * signs) @ vt
    scale = (singular * signs).sum() / variance
    matrix = np.empty((2, 3))
    matrix[:, :2] = scale * rotation
    matrix[:, 2] = target_mean - scale * rotation @ source_mean
    return matrix


def align(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The aligned 112x112 crop of the face with these five landmarks (pixel coordinates)."""
    landmarks = np.asarray(landmarks, dtype=np.float64)
    matrix = similarity_transform(landmarks, TEMPLATE)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:
        # Bilinear sampling looks at 2x2 pixels only: below one half it would skip some and alias,
        # so large faces are averaged down first. Pixel centres sit at +0.5 in both grids.
        factor = 2.0 * scale
        height, width = image.shape[:2]
        small = (max(1, round(width * factor)), max(1, round(height * factor)))
        ratio = np.array([small[0] / width, small[1] / height])
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        matrix = similarity_transform((landmarks + 0.5) * ratio - 0.5, TEMPLATE)
    # Training photos are often cut so close that a crop reaches beyond them. Black bars there would
    # be common in training and rare in use: the edge pixels are repeated instead.
    return cv2.warpAffine(
        image,
        matrix,
        (CROP_SIZE, CROP_SIZE),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
