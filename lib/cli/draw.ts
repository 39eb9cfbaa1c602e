import { loadDecoder } from '../addon/load.js'
import { decodeImage, type Face, type ImageOptions } from '../index.js'
import { overlaySvg } from './overlay.js'
import { writePicture } from './picture.js'

/** Writes the upright photo with its faces marked. */
export async function drawFaces(
  photo: string,
  faces: readonly Face[],
  path: string,
  options: ImageOptions
): Promise<void> {
  const { data, width, height } = await decodeImage(photo, options)
  const channels = data.length / (width * height)
  const { Transformer } = await loadDecoder()
  const marks = await Transformer.fromSvg(overlaySvg(faces, width, height)).rawPixels()
  const rgba = new Uint8Array(width * height * 4)
  for (let i = 0; i < width * height; i++) {
    const alpha = (marks[4 * i + 3] as number) / 255
    for (let c = 0; c < 3; c++) {
      const under = data[i * channels + (channels < 3 ? 0 : c)] as number
      rgba[4 * i + c] = Math.round((marks[4 * i + c] as number) * alpha + under * (1 - alpha))
    }
    rgba[4 * i + 3] = 255
  }
  await writePicture(path, rgba, width, height)
}
