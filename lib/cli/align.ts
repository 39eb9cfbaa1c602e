import { extname } from 'node:path'
import { cropSize } from '../faces/crop.js'
import type { Face } from '../index.js'
import { parseSearching, photoOptions, UsageError } from './arguments.js'
import { openRecognizer } from './open.js'
import { print, printJson } from './output.js'
import { forEachPhoto } from './photos.js'
import { checkPicturePath, writePicture } from './picture.js'

/** `crop.png` → `crop-2.png` */
function numbered(path: string, number: number): string {
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}-${number}${extension}`
}

function opaque(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255)
  for (let i = 0; i < rgb.length / 3; i++) rgba.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i)
  return rgba
}

export async function align(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, {
    out: { type: 'string' },
    all: { type: 'boolean' },
    force: { type: 'boolean' }
  })
  const [photo, ...more] = options.positionals
  if (photo === undefined || more.length > 0) throw new UsageError('align takes one photo')
  const out = options.text('out')
  if (out === undefined) throw new UsageError('align requires --out FILE')
  const [all, force] = [options.flag('all'), options.flag('force')]
  const search = photoOptions(options)
  await checkPicturePath(out, force || all)
  await using recognizer = await openRecognizer(options)
  return await forEachPhoto([photo], options.json, async () => {
    // Which face is the most prominent one, embed knows; and its error tells what was seen instead.
    const { face: prominent } = await recognizer.embed(photo, search)
    const faces = all ? await recognizer.detect(photo, search) : [prominent as Face]
    const files = faces.map((_, i) => (all ? numbered(out, i + 1) : out))
    for (const file of files) await checkPicturePath(file, force)
    for (const [i, { landmarks }] of faces.entries()) {
      const crop = await recognizer.align(photo, landmarks, search)
      await writePicture(files[i] as string, opaque(crop), cropSize, cropSize)
    }
    if (options.json) {
      printJson({ photo, crops: faces.map((face, i) => ({ file: files[i], face })) })
      return
    }
    for (const [i, { score }] of faces.entries()) {
      print(`${files[i]}: face with score ${score.toFixed(3)} of ${photo}`)
    }
  })
}
