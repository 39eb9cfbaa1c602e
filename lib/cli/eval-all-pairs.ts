import { type Comparison, compareAll } from '../evaluation/pairwise/compare.js'
import { detCurve, equalError, type PairRate, ratesOf } from '../evaluation/pairwise/rates.js'
import { accepted, binOf, edge, perUnit } from '../evaluation/pairwise/tally.js'
import { drawDet } from '../evaluation/plot/det.js'
import { writeWhole } from '../files/whole-file.js'
import { type Calibration, calibrationOf } from '../models/manifest.js'
import { parseRunning, UsageError } from './arguments.js'
import { colour, print, printFields, printJson, printTable } from './output.js'
import { type Faces, peopleOptions, readFaces } from './people.js'
import { progressBar } from './progress.js'

/** Text for people, and what goes before every result as JSON. */
export function titleOf({ manifest, precision, dataset }: Faces, protocol: string): string {
  const model =
    manifest === undefined
      ? 'embeddings read from a file'
      : `${manifest.name} ${manifest.version} (${precision})`
  return `${model}, ${dataset}, ${protocol}`
}

export function headJson(found: Faces, protocol: string): object {
  const { manifest, precision, dataset, faces, photos, withoutFace, damaged, excluded } = found
  return {
    model: manifest?.name ?? null,
    binSha256: manifest?.files.bin.sha256 ?? null,
    precision: manifest === undefined ? null : precision,
    dataset,
    protocol,
    people: faces.names.length,
    photos,
    photosWithoutFace: withoutFace,
    photosDamaged: damaged,
    excluded
  }
}

export function headFields(found: Faces): [string, string][] {
  const { faces, photos, withoutFace, damaged, excluded } = found
  return [
    ['people', `${faces.names.length} in ${photos} photos`],
    ['skipped', `${withoutFace.length} photos without a face, ${damaged.length} damaged ones`],
    ...(excluded.photos > 0
      ? [['excluded', `${excluded.photos} photos; ${excluded.people} people`] as [string, string]]
      : [])
  ]
}

export const percentOf = (share: number): string => `${(share * 100).toFixed(2)} %`
export const bracket = ({ low, high }: { low: number; high: number }): string =>
  `[${(low * 100).toFixed(2)}, ${(high * 100).toFixed(2)}]`

function report(rates: readonly PairRate[], genuine: number, impostors: number): void {
  printTable(
    ['FAR', 'TAR', '95 % interval', 'threshold', 'genuine accepted', 'impostors accepted'],
    rates.map(({ far, point }) =>
      point === undefined
        ? [String(far), 'too few impostor pairs', '', '', '', '']
        : [
            String(far),
            percentOf(point.tar),
            bracket(point.interval),
            point.threshold.toFixed(6),
            `${point.genuineAccepted} of ${genuine}`,
            `${point.impostorsAccepted} of ${impostors}`
          ]
    )
  )
}

/** The seed of whatever is drawn at random. */
export function seedOf(text: string | undefined): number {
  if (text === undefined) return 1
  const seed = Number(text)
  if (!/^\d+$/.test(text) || seed < 1 || seed > 2147483647) {
    throw new UsageError('--seed must be a whole number from 1 to 2147483647')
  }
  return seed
}

export function plotPath(text: string | undefined): string | undefined {
  if (text !== undefined && !text.endsWith('.svg'))
    throw new UsageError('--plot must name a .svg file')
  return text
}

interface AtThreshold {
  readonly far: number
  readonly threshold: number
  readonly genuineAccepted: number
  readonly impostorsAccepted: number
}

/** What passes where `verify` decides unless told otherwise. */
function atDefaultThreshold(
  calibration: Calibration | undefined,
  { genuine, impostors }: Comparison
): AtThreshold | undefined {
  const row = calibration?.thresholds.find(({ far }) => far === calibration.defaultFar)
  if (row === undefined) return undefined
  // A threshold of more than six decimals is taken as the next one of six.
  const bin = binOf(row.threshold)
  const threshold = edge(edge(bin) < row.threshold ? bin + 1 : bin)
  return {
    far: row.far,
    threshold,
    genuineAccepted: accepted(genuine, threshold),
    impostorsAccepted: accepted(impostors, threshold)
  }
}

const listedStrangers = 20

export async function evalAllPairs(args: readonly string[]): Promise<number> {
  const options = parseRunning(args, { ...peopleOptions, plot: { type: 'string' } })
  const plot = plotPath(options.text('plot'))
  const seed = seedOf(options.text('seed'))
  const found = await readFaces(options)
  const { faces, manifest, precision } = found
  const total = (faces.rows * (faces.rows - 1)) / 2
  const comparison = await compareAll(faces, { seed, progress: progressBar('comparing', total) })
  const { genuine, impostors, relatives } = comparison
  const rates = await ratesOf(comparison, undefined, { seed })
  const eer = equalError(comparison)
  const atDefault = manifest && atDefaultThreshold(calibrationOf(manifest, precision), comparison)
  const strangers = Array.from(impostors.top.scores.subarray(0, listedStrangers), (score, i) => ({
    similarity: score,
    a: faces.paths[impostors.top.a[i] as number],
    b: faces.paths[impostors.top.b[i] as number]
  }))
  const pairs = { genuine: genuine.count, impostors: impostors.count, relatives }
  const title = titleOf(found, 'all pairs')
  if (options.json) {
    printJson({
      ...headJson(found, 'all-pairs'),
      pairs,
      eer,
      rates,
      resolution: 1 / perUnit,
      bootstrap: { by: 'person', confidence: 0.95 },
      atDefaultThreshold: atDefault ?? null,
      mostSimilarStrangers: strangers
    })
  } else {
    print(colour.bold(title))
    printFields([
      ...headFields(found),
      [
        'pairs',
        `${pairs.genuine} genuine, ${pairs.impostors} impostor; ${relatives} of relatives are in neither`
      ],
      ['EER', percentOf(eer)]
    ])
    report(rates, genuine.count, impostors.count)
    print(
      colour.dim('  intervals: bootstrap by person; counts are exact at thresholds of six decimals')
    )
    if (atDefault !== undefined) {
      const { far, threshold, genuineAccepted, impostorsAccepted } = atDefault
      print(
        colour.dim(
          `  at the default threshold ${threshold} (FAR ${far}): ${genuineAccepted} of ${pairs.genuine} genuine and ${impostorsAccepted} of ${pairs.impostors} impostor pairs accepted`
        )
      )
    }
  }
  if (plot !== undefined) {
    const facts = `${pairs.genuine} genuine and ${pairs.impostors} impostor pairs of ${faces.names.length} people`
    await writeWhole(
      plot,
      drawDet(title, facts, [{ name: 'all pairs', points: detCurve(comparison) }], {
        x: 'false accept rate (FAR)',
        y: 'false reject rate (FRR)'
      })
    )
  }
  return 0
}
