import { access } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Transformer } from '@napi-rs/image'
import { loadDecoder } from '../addon/load.js'
import { writeWhole } from '../files/whole-file.js'
import { UsageError } from './arguments.js'

const encoders: Readonly<Record<string, (image: Transformer) => Promise<Uint8Array>>> = {
  '.png': (image) => image.png(),
  '.jpg': (image) => image.jpeg(92),
  '.jpeg': (image) => image.jpeg(92),
  '.webp': (image) => image.webp(90)
}

/** Refuses, before any work, what could not be written afterwards. */
export async function checkPicturePath(
  path: string,
  force: boolean,
  endings: readonly string[] = Object.keys(encoders)
): Promise<void> {
  if (!endings.includes(extname(path).toLowerCase())) {
    throw new UsageError(`"${path}" must end in ${endings.join(', ')}`)
  }
  if (force) return
  const exists = await access(path).then(
    () => true,
    () => false
  )
  if (exists) throw new UsageError(`"${path}" already exists; use --force to overwrite it`)
}

export async function writePicture(
  path: string,
  rgba: Uint8Array,
  width: number,
  height: number
): Promise<void> {
  const encode = encoders[extname(path).toLowerCase()]
  if (encode === undefined) throw new UsageError(`"${path}" has an unsupported image extension`)
  const decoder = await loadDecoder()
  await writeWhole(path, await encode(decoder.Transformer.fromRgbaPixels(rgba, width, height)))
}
