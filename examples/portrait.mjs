import { decodeImage } from 'seesawface'

/** What stands in for a camera: a portrait that moves from left to right, as NV12 or I420. */
export async function movingPortrait(photo, { width, height, format, count }) {
  const picture = await decodeImage(photo)
  // The portrait's square middle, as high as the picture.
  const side = Math.min(picture.width, picture.height)
  const [left, top] = [(picture.width - side) >> 1, (picture.height - side) >> 1]
  const room = Math.max(width - height, 0)

  const colour = (x, y, shift) => {
    const u = x - shift
    if (u < 0 || u >= height) return [40, 60, 80]
    const column = left + Math.floor((u * side) / height)
    const row = top + Math.floor((y * side) / height)
    const at = row * picture.stride + column * 3
    return picture.data.subarray(at, at + 3)
  }
  const chromaWidth = Math.ceil(width / 2)
  const chroma = chromaWidth * Math.ceil(height / 2)

  /** Writes one frame (BT.601, limited range) into `data`. */
  const draw = (data, index) => {
    const shift = Math.round((room * index) / Math.max(count - 1, 1))
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [r, g, b] = colour(x, y, shift)
        data[y * width + x] = 16.5 + 0.2568 * r + 0.5041 * g + 0.0979 * b
        if (x % 2 || y % 2) continue
        const sample = (y / 2) * chromaWidth + x / 2
        const [u, v] = format === 'nv12' ? [2 * sample, 2 * sample + 1] : [sample, chroma + sample]
        data[width * height + u] = 128.5 - 0.1482 * r - 0.291 * g + 0.4392 * b
        data[width * height + v] = 128.5 + 0.4392 * r - 0.3678 * g - 0.0714 * b
      }
    }
  }
  return { draw, bytes: width * height + 2 * chroma }
}
