import type { Box, Face } from '../../lib/faces/types.js'

/** Intersection over union of two boxes. */
export function overlap(a: Box, b: Box): number {
  const side = (from: 'x' | 'y', size: 'width' | 'height'): number =>
    Math.max(0, Math.min(a[from] + a[size], b[from] + b[size]) - Math.max(a[from], b[from]))
  const common = side('x', 'width') * side('y', 'height')
  return common / (a.width * a.height + b.width * b.height - common)
}

/** Largest distance between corresponding landmarks, in widths of face `a`. */
export function landmarkError(a: Face, b: Face): number {
  const distances = a.landmarks.map(({ x, y }, i) => {
    const other = b.landmarks[i] as { x: number; y: number }
    return Math.hypot(x - other.x, y - other.y)
  })
  return Math.max(...distances) / a.box.width
}
