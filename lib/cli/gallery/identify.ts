import { parseSearching, photoOptions } from '../arguments.js'
import { colour, print, printFields, printJson } from '../output.js'
import { tellFailure } from '../photos.js'
import { progressBar } from '../progress.js'
import { keyOptions, positionals, withGallery } from './open.js'

/** Exit code 0: everybody is known, 1: somebody is a stranger, 2: a photo failed. */
export async function identify(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, {
    ...keyOptions,
    fpir: { type: 'string' },
    top: { type: 'string' },
    'min-quality': { type: 'string' }
  })
  const [path, ...photos] = positionals(options, 'identify', ['GALLERY', 'PHOTO'], true) as [string]
  const [fpir, top, minQuality] = ['fpir', 'top', 'min-quality'].map((name) => options.number(name))
  const identifying = {
    ...photoOptions(options),
    ...(fpir !== undefined && { fpir }),
    ...(top !== undefined && { top }),
    ...(minQuality !== undefined && { minQuality })
  }
  const shown = photos.length > 1 && !process.stdout.isTTY
  return withGallery(options, path, { recognizer: true, readOnly: true }, async (gallery) => {
    let exitCode = 0
    const results = gallery.identifyAll(photos, {
      ...identifying,
      ...(shown && { onProgress: progressBar('identifying', photos.length) })
    })
    for await (const { input: photo, value, error } of results) {
      if (value === undefined) {
        tellFailure(photo, error, options.json)
        exitCode = 2
        continue
      }
      const { person, candidates, threshold, size, margin } = value
      if (person === undefined) exitCode = Math.max(exitCode, 1)
      const named = candidates.map(({ person: { id, name }, similarity }) => ({
        id,
        name,
        similarity
      }))
      if (options.json) {
        const known = person && { id: person.id, name: person.name, details: person.details }
        const rest = { threshold, fpir: value.fpir, size, margin }
        printJson({ photo, person: known ?? null, candidates: named, ...rest })
        continue
      }
      print(`${photo}: ${person ? colour.green(person.name) : colour.yellow('a stranger')}`)
      printFields([
        ...named.map(({ name, similarity }, i): [string, string] => [
          i === 0 ? 'most similar' : '',
          `${name}, ${similarity.toFixed(4)}`
        ]),
        ['threshold', `${threshold.toFixed(4)} (FPIR ${value.fpir * 100} % among ${size} people)`],
        ...(margin === undefined ? [] : [['margin', margin.toFixed(4)] as [string, string]])
      ])
    }
    return exitCode
  })
}
