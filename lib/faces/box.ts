import type { Box } from './types.js'

/** Intersection over union of two boxes, 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  if (!(width > 0 && height > 0)) return 0
  const both = width * height
  return both / (a.width * a.height + b.width * b.height - both)
}

/** The side of a square of the same area. */
export function sizeOf({ width, height }: Box): number {
  return Math.sqrt(width * height)
}

/** Distance between the centres of two boxes. */
export function distance(a: Box, b: Box): number {
  return Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2)
}
