import { FaceRecognizer } from '../index.js'
import { openOptions, parseRunning, photoOptions, UsageError } from './arguments.js'
import { print, printFields, printJson } from './output.js'
import { forEachPhoto } from './photos.js'

export async function embed(args: readonly string[]): Promise<number> {
  const options = parseRunning(args, { 'min-quality': { type: 'string' } })
  const minQuality = options.number('min-quality')
  if (options.positionals.length === 0) throw new UsageError('embed takes at least one photo')
  const recognizer = await FaceRecognizer.open(openOptions(options))
  try {
    return await forEachPhoto(options.positionals, options.json, async (photo) => {
      const embedding = await recognizer.embed(photo, {
        ...photoOptions(options),
        ...(minQuality !== undefined && { minQuality })
      })
      if (options.json) {
        const { face, faceCount } = embedding
        printJson({ photo, face, faceCount, ...embedding.toJSON() })
        return
      }
      const { vector, face, faceCount } = embedding
      print(photo)
      const head = Array.from(vector.subarray(0, 4), (value) => value.toFixed(4)).join(', ')
      printFields([
        ['embedding', `${vector.length} numbers: ${head}, …`],
        ['model', `${embedding.model}, ${embedding.precision}`],
        ['face', `score ${face?.score.toFixed(3)}, 1 of ${faceCount}`]
      ])
    })
  } finally {
    await recognizer.close()
  }
}
