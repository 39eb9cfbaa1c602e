import {
  combineEmbeddings,
  type FaceEmbedding,
  InvalidArgumentError,
  similarity
} from '../index.js'
import { parseSearching, photoOptions, UsageError } from './arguments.js'
import { openRecognizer } from './open.js'
import { print, printFields, printJson } from './output.js'
import { tellFailure } from './photos.js'
import { progressBar } from './progress.js'

interface Embedded {
  readonly photo: string
  readonly embedding: FaceEmbedding
}

function summary({ vector, model, precision }: FaceEmbedding): [string, string][] {
  const head = Array.from(vector.subarray(0, 4), (value) => value.toFixed(4)).join(', ')
  return [
    ['embedding', `${vector.length} numbers: ${head}, …`],
    ['model', `${model}, ${precision}`]
  ]
}

function tell({ photo, embedding }: Embedded, json: boolean): void {
  const { face, faceCount } = embedding
  if (json) {
    printJson({ photo, face, faceCount, ...embedding.toJSON() })
    return
  }
  print(photo)
  printFields([
    ...summary(embedding),
    ['face', `score ${face?.score.toFixed(3)}, 1 of ${faceCount}`]
  ])
}

/** One embedding of all, and which photo is least like it: it may show somebody else. */
function tellTemplate(all: readonly Embedded[], json: boolean): void {
  const template = combineEmbeddings(all.map(({ embedding }) => embedding))
  const from = all.map(({ photo, embedding }) => ({
    photo,
    similarity: similarity(embedding, template)
  }))
  if (json) {
    printJson({ from, ...template.toJSON() })
    return
  }
  const least = from.reduce((a, b) => (b.similarity < a.similarity ? b : a))
  print(`template of ${all.length === 1 ? '1 photo' : `${all.length} photos`}`)
  printFields([
    ...summary(template),
    ['least like it', `${least.photo}, similarity ${least.similarity.toFixed(4)}`]
  ])
}

export async function embed(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, {
    'min-quality': { type: 'string' },
    template: { type: 'boolean' }
  })
  const { positionals: photos, json } = options
  const template = options.flag('template')
  const minQuality = options.number('min-quality')
  if (photos.length === 0) throw new UsageError('embed takes at least one photo')
  // Not into the results, where these go to the same terminal.
  const shown = photos.length > 1 && (template || !process.stdout.isTTY)
  await using recognizer = await openRecognizer(options)
  const results = recognizer.embedAll(photos, {
    ...photoOptions(options),
    ...(minQuality !== undefined && { minQuality }),
    ...(shown && { onProgress: progressBar('embedding', photos.length) })
  })
  const forTemplate: Embedded[] = []
  let exitCode = 0
  for await (const { input: photo, value, error } of results) {
    if (error !== undefined) {
      // An option that is wrong is so for every photo.
      if (error instanceof InvalidArgumentError) throw error
      tellFailure(photo, error, json)
      exitCode = 2
    } else if (template) {
      forTemplate.push({ photo, embedding: value })
    } else {
      tell({ photo, embedding: value }, json)
    }
  }
  if (forTemplate.length > 0) tellTemplate(forTemplate, json)
  return exitCode
}
