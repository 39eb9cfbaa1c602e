import { minGenuine } from '../evaluation/calibrate.js'
import { calibratePeople, calibrateTemplates } from '../evaluation/calibrate-people.js'
import { storeCalibration, updateManifest } from '../evaluation/manifest-file.js'
import { parsePairs, peopleOfPairs } from '../evaluation/pairs.js'
import { accepted } from '../evaluation/pairwise/tally.js'
import {
  exclude,
  type PersonPhoto,
  parsePhotoList,
  photosInFolder
} from '../evaluation/people/list.js'
import { faceMatrix } from '../evaluation/people/matrix.js'
import { combineEmbeddings, type FaceEmbedding, InvalidArgumentError } from '../index.js'
import type { CalibrationRow } from '../models/manifest.js'
import { type Arguments, parseRunning, UsageError } from './arguments.js'
import { colour, print, printJson, printTable, rate } from './output.js'
import { tellSkipped, withoutExcluded } from './people.js'
import { folderOptions, photoFolder, readList } from './photo-folder.js'
import { progressBar } from './progress.js'

interface Chosen {
  readonly photos: readonly PersonPhoto[]
  readonly excluded: { readonly people: number; readonly photos: number }
}

/** The photos to calibrate with: those of the people in no list of --exclude-pairs and --exclude. */
async function choose(folder: string, options: Arguments): Promise<Chosen> {
  const list = options.text('list')
  const all =
    list === undefined
      ? await photosInFolder(folder)
      : parsePhotoList(await readList(list, 'list of photos'))
  const path = options.text('exclude-pairs')
  let photos: readonly PersonPhoto[] = all
  if (path !== undefined) {
    const { pairs } = parsePairs(await readList(path, 'list of pairs'))
    const rest = exclude(all, peopleOfPairs(pairs))
    if (rest.people === 0) {
      throw new InvalidArgumentError(
        'exclude-pairs',
        `--exclude-pairs: nobody on "${path}" is among the photos. People are told by person_a and ` +
          'person_b, or by the folder of a photo'
      )
    }
    photos = rest.kept
  }
  const { kept } = await withoutExcluded(photos, options.text('exclude'))
  const count = (some: readonly PersonPhoto[]): number =>
    new Set(some.map(({ person }) => person)).size
  if (count(kept) < 2) {
    throw new InvalidArgumentError(
      'photos',
      `"${folder}" must hold photos of two people or more, in a folder for each`
    )
  }
  return {
    photos: kept,
    excluded: { people: count(all) - count(kept), photos: all.length - kept.length }
  }
}

const rateCells = ({ far, threshold, impostors, interval, extrapolated }: CalibrationRow) => [
  String(far),
  threshold.toFixed(6),
  String(impostors),
  interval === undefined ? '' : `${interval.low} to ${interval.high}`,
  extrapolated === true ? 'fitted tail' : 'counted'
]
const rateHeading = ['FAR', 'threshold', 'impostors accepted', '95 % interval', 'how']

export async function calibrate(args: readonly string[]): Promise<number> {
  const options = parseRunning(args, {
    ...folderOptions,
    list: { type: 'string' },
    'exclude-pairs': { type: 'string' },
    exclude: { type: 'string' },
    templates: { type: 'boolean' }
  })
  if (options.positionals.length > 0) throw new UsageError('calibrate takes options only')
  const folder = await photoFolder(options)
  const { photos, excluded } = await choose(folder.folder, options)
  if (excluded.photos > 0 && !options.json) {
    print(`excluded ${excluded.people} people and ${excluded.photos} photos`)
  }
  const { embeddings, withoutFace, damaged } = await folder.embed(
    photos.map(({ path }) => path),
    { onDamaged: tellSkipped }
  )
  const faces = faceMatrix(photos, ({ path }) => embeddings.get(path)?.vector)
  const people = faces.names.length
  const dataset = options.text('dataset') ?? `${people} people, all pairs of ${faces.rows} photos`
  const { calibration: measured, comparison } = await calibratePeople(
    faces,
    dataset,
    folder.precision,
    { progress: progressBar('comparing', (faces.rows * (faces.rows - 1)) / 2) }
  )
  const combine = (rows: readonly number[]): Float32Array =>
    combineEmbeddings(
      rows.map((row) => embeddings.get(faces.paths[row] as string) as FaceEmbedding)
    ).vector
  const templates = options.flag('templates') ? await calibrateTemplates(faces, combine) : undefined
  const calibration = { ...measured, ...(templates !== undefined && { templates }) }
  const written = options.flag('write')
    ? await updateManifest(folder.model, folder.modelDir, (manifest) => {
        storeCalibration(manifest, calibration)
      })
    : undefined
  if (options.json) {
    printJson({
      model: folder.model,
      people,
      photos: photos.length,
      photosWithoutFace: withoutFace,
      photosDamaged: damaged,
      excluded,
      ...calibration
    })
    return 0
  }
  const { thresholds, probability, genuinePairs, impostorPairs } = calibration
  print(colour.bold(`${folder.model} (${folder.precision})`))
  print(
    `  ${people} people, ${faces.rows} photos (skipped: ${withoutFace.length} without a face, ` +
      `${damaged.length} damaged), ${impostorPairs} impostor and ${genuinePairs} genuine pairs`
  )
  printTable(
    [...rateHeading, 'genuine accepted'],
    thresholds.map((row) => [
      ...rateCells(row),
      `${accepted(comparison.genuine, row.threshold)} of ${genuinePairs}`
    ])
  )
  print(`  default FAR ${rate(calibration.defaultFar)}`)
  print(
    probability
      ? `  P(same | similarity s) = 1 / (1 + exp(−(${probability.slope} s ${probability.intercept < 0 ? '−' : '+'} ${Math.abs(probability.intercept)}))), for a prior of ½`
      : `  no probability: it takes ${minGenuine} genuine pairs or more`
  )
  for (const { photos: size, impostorPairs: pairs, thresholds: rows } of templates ?? []) {
    print(`  templates of ${size} photos, ${pairs} impostor pairs`)
    printTable(rateHeading, rows.map(rateCells))
  }
  if (written !== undefined) print(`written to ${written}`)
  return 0
}
