import { parseSearching, photoOptions, UsageError } from './arguments.js'
import { openRecognizer } from './open.js'
import { colour, print, printFields, printJson, rate } from './output.js'

/** A tenth of a percent is as fine as a fit to some hundred pairs can be. */
function likely(probability: number): string {
  if (probability > 0.999) return 'above 99.9 %'
  return probability < 0.001 ? 'below 0.1 %' : `${(probability * 100).toFixed(1)} %`
}

export async function verify(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, { far: { type: 'string' }, threshold: { type: 'string' } })
  const [a, b, ...more] = options.positionals
  if (a === undefined || b === undefined || more.length > 0) {
    throw new UsageError('verify takes two photos')
  }
  const far = options.number('far')
  const threshold = options.number('threshold')
  if (far !== undefined && threshold !== undefined) {
    throw new UsageError('give either --far or --threshold, not both')
  }
  const recognizer = await openRecognizer(options)
  try {
    const result = await recognizer.verify(a, b, {
      ...photoOptions(options),
      ...(far !== undefined && { far }),
      ...(threshold !== undefined && { threshold })
    })
    if (options.json) {
      const { embeddings, ...decision } = result
      const [faceA, faceB] = embeddings.map(({ face, faceCount }) => ({ face, faceCount }))
      printJson({
        ...decision,
        far: result.far ?? null,
        probability: result.probability ?? null,
        a: faceA,
        b: faceB
      })
    } else {
      print(
        result.same
          ? colour.bold(colour.green('same person'))
          : colour.bold(colour.yellow('different people'))
      )
      printFields([
        ['similarity', result.similarity.toFixed(4)],
        ['threshold', result.threshold.toFixed(4)],
        [
          'probability',
          result.probability === undefined
            ? 'not calibrated'
            : `${likely(result.probability)} if same and different are equally likely beforehand`
        ],
        ['FAR', result.far === undefined ? 'unknown at this threshold' : rate(result.far)],
        ['model', result.model]
      ])
      for (const [i, photo] of [a, b].entries()) {
        const count = result.embeddings[i]?.faceCount ?? 1
        if (count > 1) {
          print(colour.dim(`  "${photo}" shows ${count} faces; the most prominent one was taken`))
        }
      }
    }
    return result.same ? 0 : 1
  } finally {
    await recognizer.close()
  }
}
