import { access } from 'node:fs/promises'
import { extname } from 'node:path'
import { Transformer } from '@napi-rs/image'
import { decodeImage, type Face, type ImageOptions } from '../index.js'
import { UsageError } from './arguments.js'
import { writeWhole } from './files.js'
import { overlaySvg } from './overlay.js'

const encoders: Readonly<Record<string, (image: Transformer) => Promise<Uint8Array>>> = {
  '.png': (image) => image.png(),
  '.jpg': (image) => image.jpeg(92),
  '.jpeg': (image) => image.jpeg(92),
  '.webp': (image) => image.webp(90)
}

/** Refuses, before any work, what could not be written afterwards. */
export async function checkPicturePath(path: string, force: boolean): Promise<void> {
  if (encoders[extname(path).toLowerCase()] === undefined) {
    throw new UsageError(`"${path}" must end in ${Object.keys(encoders).join(', ')}`)
  }
  if (force) return
  const exists = await access(path).then(
    () => true,
    () => false
  )
  if (exists) throw new UsageError(`"${path}" exists already; --force writes over it`)
}

export async function writePicture(
  path: string,
  rgba: Uint8Array,
  width: number,
  height: number
): Promise<void> {
  const encode = encoders[extname(path).toLowerCase()]
  if (encode === undefined) throw new UsageError(`"${path}" is no picture's name`)
  await writeWhole(path, await encode(Transformer.fromRgbaPixels(rgba, width, height)))
}

/** Writes the upright photo with its faces marked. */
export async function drawFaces(
  photo: string,
  faces: readonly Face[],
  path: string,
  options: ImageOptions
): Promise<void> {
  const { data, width, height } = await decodeImage(photo, options)
  const channels = data.length / (width * height)
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
