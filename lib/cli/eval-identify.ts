import { identify, type SearchRate, settings } from '../evaluation/identification/rates.js'
import { drawDet } from '../evaluation/plot/det.js'
import { writeWhole } from '../files/whole-file.js'
import { InvalidArgumentError } from '../index.js'
import { parseRunning, UsageError } from './arguments.js'
import {
  bracket,
  headFields,
  headJson,
  percentOf,
  plotPath,
  seedOf,
  titleOf
} from './eval-all-pairs.js'
import { colour, print, printFields, printJson, printTable } from './output.js'
import { peopleOptions, readFaces } from './people.js'
import { progressBar } from './progress.js'

/** Whole numbers with commas between them. */
function numbers(name: string, text: string | undefined, most: number): number[] | undefined {
  if (text === undefined) return undefined
  const list = text.split(',').map(Number)
  if (!list.every((value) => Number.isInteger(value) && value >= 1 && value <= most)) {
    throw new UsageError(`--${name} must be whole numbers from 1 to ${most}, such as 1,3,5`)
  }
  return [...new Set(list)].sort((x, y) => x - y)
}

function one(name: string, text: string | undefined, most: number): number | undefined {
  const [value, ...more] = numbers(name, text, most) ?? []
  if (more.length > 0) throw new UsageError(`--${name} takes one number`)
  return value
}

const cells = ({ fpir, point }: SearchRate): string[] =>
  point === undefined
    ? [percentOf(fpir), 'too few searches', '', '', '']
    : [
        percentOf(fpir),
        percentOf(point.fnir),
        bracket(point.interval),
        point.threshold.toFixed(4),
        String(point.falsePositives)
      ]

export async function evalIdentify(args: readonly string[]): Promise<number> {
  const options = parseRunning(args, {
    ...peopleOptions,
    plot: { type: 'string' },
    enrol: { type: 'string' },
    galleries: { type: 'string' },
    draws: { type: 'string' },
    probes: { type: 'string' }
  })
  const plot = plotPath(options.text('plot'))
  const seed = seedOf(options.text('seed'))
  const photos = numbers('enrol', options.text('enrol'), 100)
  const galleries = numbers('galleries', options.text('galleries'), 10_000_000)
  const draws = one('draws', options.text('draws'), 1000) ?? 10
  const probes = one('probes', options.text('probes'), 1000) ?? 3
  const found = await readFaces(options)
  const { faces } = found
  const count = settings(faces, photos, galleries).length
  if (count === 0) {
    throw new InvalidArgumentError(
      'galleries',
      `${faces.names.length} people in ${faces.rows} photos are too few for any of these galleries; ` +
        'choose smaller ones with --galleries, or fewer photos with --enrol'
    )
  }
  const results = await identify(faces, {
    seed,
    draws,
    probes,
    ...(photos && { photos }),
    ...(galleries && { galleries }),
    progress: progressBar('searching', count * draws)
  })
  const title = titleOf(found, 'open-set identification')
  if (options.json) {
    printJson({
      ...headJson(found, 'identification'),
      rank: 1,
      seed,
      probes,
      bootstrap: { by: 'person', confidence: 0.95 },
      galleries: results.map(({ det: _det, ...rest }) => rest)
    })
  } else {
    print(colour.bold(title))
    printFields([
      ...headFields(found),
      ['draws', `${draws}, seed ${seed}; up to ${probes} photos of a person are searched for`]
    ])
    printTable(
      [
        'enrolled',
        'people',
        'mated',
        'strangers',
        'FPIR',
        'FNIR',
        '95 % interval',
        'threshold',
        'false positives'
      ],
      results.flatMap(({ photos: enrolled, gallery, searches, rates }) =>
        rates.map((rate, i) => [
          ...(i === 0
            ? [`${enrolled}`, `${gallery}`, `${searches.mated}`, `${searches.strangers}`]
            : ['', '', '', '']),
          ...cells(rate)
        ])
      )
    )
    print(
      colour.dim(
        '  FNIR: the person does not come first, or is below the threshold; intervals: bootstrap by person'
      )
    )
  }
  if (plot !== undefined) {
    const series = results.map(({ photos: enrolled, gallery, det }) => ({
      name: `${gallery} people, ${enrolled} ${enrolled === 1 ? 'photo' : 'photos'}`,
      points: det
    }))
    const axes = {
      x: 'false positive identification rate (FPIR)',
      y: 'false negative identification rate (FNIR)'
    }
    const facts = `${faces.names.length} people in ${faces.rows} photos, ${draws} draws`
    await writeWhole(plot, drawDet(title, facts, series, axes))
  }
  return 0
}
