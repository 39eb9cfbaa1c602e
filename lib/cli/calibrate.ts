import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fitCalibration, minGenuine, scoreAllPairs } from '../evaluation/calibrate.js'
import { storeCalibration, updateManifest } from '../evaluation/manifest-file.js'
import { parsePairs } from '../evaluation/pairs.js'
import { countAtLeast } from '../evaluation/roc.js'
import { parseRunning, UsageError } from './arguments.js'
import { colour, print, printJson, printTable, rate } from './output.js'
import { folderOptions, photoFolder, readList } from './photo-folder.js'

async function excludedPeople(path: string | undefined): Promise<ReadonlySet<string>> {
  if (path === undefined) return new Set()
  const { pairs } = parsePairs(await readList(path, 'list of pairs'))
  return new Set(pairs.flatMap(({ personA = '', personB = '' }) => [personA, personB]))
}

/** The photos of each person: a folder of photos is a person. */
async function photosByPerson(
  folder: string,
  excluded: ReadonlySet<string>
): Promise<Map<string, string[]>> {
  const people = new Map<string, string[]>()
  const entries = await readdir(folder, { withFileTypes: true })
  for (const { name } of entries
    .filter((entry) => entry.isDirectory() && !excluded.has(entry.name))
    .sort((x, y) => (x.name < y.name ? -1 : 1))) {
    const photos = (await readdir(join(folder, name)))
      .filter((file) => /\.(jpe?g|png|webp)$/i.test(file))
      .sort()
    if (photos.length > 0) {
      people.set(
        name,
        photos.map((file) => join(name, file))
      )
    }
  }
  if (people.size < 2) {
    throw new UsageError(`"${folder}" must hold a folder of photos for each of two people or more`)
  }
  return people
}

export async function calibrate(args: readonly string[]): Promise<number> {
  const options = parseRunning(args, { ...folderOptions, 'exclude-pairs': { type: 'string' } })
  if (options.positionals.length > 0) throw new UsageError('calibrate takes options only')
  const folder = await photoFolder(options)
  const people = await photosByPerson(
    folder.folder,
    await excludedPeople(options.text('exclude-pairs'))
  )
  const { embeddings, withoutFace } = await folder.embed([...people.values()].flat())

  // In the order of the names, so that the outcome does not depend on which photo was ready first.
  const vectors = [...people].flatMap(([person, photos]) =>
    photos.flatMap((photo) => {
      const vector = embeddings.get(photo)?.vector
      return vector ? [{ person, vector }] : []
    })
  )
  const { genuine, impostors } = scoreAllPairs(vectors)
  const dataset =
    options.text('dataset') ?? `${people.size} people, all pairs of ${vectors.length} photos`
  const calibration = fitCalibration({ genuine, impostors }, dataset, folder.precision)
  if (calibration === undefined) {
    throw new UsageError(
      `${impostors.length} impostor pairs are too few to calibrate with: give more people`
    )
  }
  const { thresholds, probability } = calibration
  const written = options.flag('write')
    ? await updateManifest(folder.model, folder.modelDir, (manifest) => {
        storeCalibration(manifest, calibration)
      })
    : undefined
  if (options.json) {
    printJson({ model: folder.model, photosWithoutFace: withoutFace, ...calibration })
    return 0
  }
  print(colour.bold(`${folder.model} (${folder.precision})`))
  print(
    `  ${people.size} people, ${vectors.length} photos (${withoutFace.length} without a face), ` +
      `${impostors.length} impostor and ${genuine.length} genuine pairs`
  )
  printTable(
    ['FAR', 'threshold', 'impostors accepted', 'genuine accepted'],
    thresholds.map(({ far, threshold, impostors: accepted }) => [
      String(far),
      threshold.toFixed(6),
      String(accepted),
      `${countAtLeast(genuine, threshold)} of ${genuine.length}`
    ])
  )
  print(`  default FAR ${rate(calibration.defaultFar)}`)
  print(
    probability
      ? `  P(same | similarity s) = 1 / (1 + exp(−(${probability.slope} s ${probability.intercept < 0 ? '−' : '+'} ${Math.abs(probability.intercept)}))), for a prior of ½`
      : `  no probability: it takes ${minGenuine} genuine pairs or more`
  )
  if (written !== undefined) print(`written to ${written}`)
  return 0
}
