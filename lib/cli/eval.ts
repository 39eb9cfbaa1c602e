import { access } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Embedded } from '../evaluation/embed-photos.js'
import { updateManifest } from '../evaluation/manifest-file.js'
import { type Pair, type PairList, parsePairs } from '../evaluation/pairs.js'
import { reliability } from '../evaluation/platt.js'
import { drawEvaluation } from '../evaluation/plot/index.js'
import {
  type EvaluatedPair,
  type Evaluation,
  evaluate,
  reportedRates
} from '../evaluation/report.js'
import { countAtLeast } from '../evaluation/roc.js'
import { writeWhole } from '../files/whole-file.js'
import { InvalidArgumentError, similarity } from '../index.js'
import { readManifest } from '../models/load.js'
import { calibrationOf, type EmbedderManifest } from '../models/manifest.js'
import { parseRunning, UsageError } from './arguments.js'
import { evalAllPairs } from './eval-all-pairs.js'
import { evalIdentify } from './eval-identify.js'
import { colour, print, printFields, printJson, printTable } from './output.js'
import { folderOptions, type PhotoFolder, photoFolder, readList } from './photo-folder.js'

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

async function checkPhotos(folder: string, pairs: readonly Pair[]): Promise<string[]> {
  const lineOf = new Map<string, number>()
  for (const { a, b, line } of pairs) {
    for (const path of [a, b]) if (!lineOf.has(path)) lineOf.set(path, line)
  }
  for (const [path, line] of lineOf) {
    try {
      await access(join(folder, path))
    } catch (error) {
      throw new InvalidArgumentError(
        'pairs',
        `line ${line} of the list of pairs: there is no photo "${path}" in "${folder}"`,
        { cause: error }
      )
    }
  }
  return [...lineOf.keys()]
}

/** Where no face is found the pipeline says "different": the lowest score there is. */
function score({ pairs }: PairList, { embeddings }: Embedded): EvaluatedPair[] {
  return pairs.map(({ a, b, same, fold, personA, personB }) => {
    const left = embeddings.get(a)
    const right = embeddings.get(b)
    const missed = left === undefined || right === undefined
    return {
      score: missed ? -1 : similarity(left, right),
      same,
      fold,
      missed,
      ...(personA !== undefined && { personA }),
      ...(personB !== undefined && { personB })
    }
  })
}

function report(title: string, result: Evaluation, photos: number, missing: number): void {
  const { accuracy, bootstrap: drawn, missed, pairs } = result
  print(colour.bold(title))
  const between = ({ low, high }: { low: number; high: number }, digits = 2): string =>
    digits === 2
      ? `[${(low * 100).toFixed(2)}, ${(high * 100).toFixed(2)}]`
      : `[${low.toFixed(digits)}, ${high.toFixed(digits)}]`
  printFields([
    ['pairs', `${pairs.genuine} genuine, ${pairs.impostors} impostor; ${photos} photos`],
    [
      'no face found',
      `${missing} photos: ${missed.genuine} genuine and ${missed.impostors} impostor pairs, judged "different"`
    ],
    [
      'accuracy',
      accuracy === undefined
        ? 'needs two folds or more'
        : `${percent(accuracy.accuracy)} ± ${percent(accuracy.standardError)} (${accuracy.folds.length} folds)`
    ],
    ['EER', `${percent(result.eer)} ${between(drawn.eer)}`],
    ['AUC', `${result.auc.toFixed(5)} ${between(drawn.auc, 5)}`]
  ])
  printTable(
    ['FAR', 'TAR', '95 % interval', 'threshold', 'genuine accepted', 'impostors accepted'],
    result.rates.map(({ far, point }) =>
      point === undefined
        ? [String(far), 'too few impostor pairs', '', '', '', '']
        : [
            String(far),
            percent(point.tar),
            between(point.interval),
            point.threshold.toFixed(4),
            `${point.genuineAccepted} of ${pairs.genuine}`,
            `${point.impostorsAccepted} of ${pairs.impostors}`
          ]
    )
  )
  print(colour.dim(`  intervals: bootstrap by ${drawn.by}, ${drawn.rounds} rounds`))
}

async function writeAccuracy(
  { model, modelDir, precision }: PhotoFolder,
  manifest: EmbedderManifest,
  dataset: string,
  protocol: string,
  result: Evaluation
): Promise<string> {
  const rounded = (value: number): number => Number(value.toFixed(6))
  const { accuracy } = result
  if (accuracy === undefined) throw new UsageError('--write requires pairs in at least two folds')
  const entry = {
    dataset,
    protocol,
    accuracy: rounded(accuracy.accuracy),
    standardError: rounded(accuracy.standardError),
    tarAtFar: result.rates.flatMap(({ far, point }) =>
      point === undefined ? [] : [{ far, tar: rounded(point.tar) }]
    ),
    binSha256: manifest.files.bin.sha256,
    precision
  }
  return updateManifest(model, modelDir, (fields) => {
    const others: unknown[] = Array.isArray(fields.accuracy) ? fields.accuracy : []
    const kept = others.filter((other) => {
      const row = other as Partial<typeof entry>
      const isSame =
        row.dataset === dataset && row.protocol === protocol && row.precision === precision
      return row.binSha256 === entry.binSha256 && !isSame
    })
    fields.accuracy = [...kept, entry]
  })
}

/** The protocols by their name; anything else is a list of pairs. */
const protocols: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  'all-pairs': evalAllPairs,
  identify: evalIdentify
}

export async function evaluation(args: readonly string[]): Promise<number> {
  const [first = '', ...rest] = args
  const protocol = Object.hasOwn(protocols, first) ? protocols[first] : undefined
  return protocol === undefined ? evalPairs(args) : protocol(rest)
}

async function evalPairs(args: readonly string[]): Promise<number> {
  const options = parseRunning(args, { ...folderOptions, plot: { type: 'string' } })
  const [listPath, ...more] = options.positionals
  if (listPath === undefined || more.length > 0)
    throw new UsageError('eval takes one list of pairs')
  const plot = options.text('plot')
  if (plot !== undefined && !plot.endsWith('.svg'))
    throw new UsageError('--plot must name a .svg file')
  const photos = await photoFolder(options)
  const list = parsePairs(await readList(listPath, 'list of pairs'))
  const paths = await checkPhotos(photos.folder, list.pairs)
  const manifest = await readManifest(photos.model, photos.modelDir)
  if (manifest.kind !== 'embedder')
    throw new UsageError(`"${photos.model}" is not an embedding model`)

  const embedded = await photos.embed(paths)
  const result = evaluate(score(list, embedded))
  const pipeline = photos.kind === 'photos' ? ', whole pipeline' : ''
  // 10 folds of 300 + 300 in LFW's own form: the published list of view 2 (Huang et al. 2007).
  const isView2 = list.format === 'lfw' && list.folds === 10 && list.pairs.length === 6000
  const protocol = `${isView2 ? 'view 2, ' : ''}${list.pairs.length} pairs, ${list.folds} folds, no flip${pipeline}`
  const dataset = options.text('dataset') ?? (isView2 ? 'LFW' : basename(listPath))
  const calibration = calibrationOf(manifest, photos.precision)
  const map = calibration?.probability
  const fit = map === undefined ? undefined : reliability(map, result.genuine, result.impostors)
  const row = calibration?.thresholds.find(({ far }) => far === calibration.defaultFar)
  const atDefault = row && {
    far: row.far,
    threshold: row.threshold,
    genuineAccepted: countAtLeast(result.genuine, row.threshold),
    impostorsAccepted: countAtLeast(result.impostors, row.threshold)
  }
  const title = `${manifest.name} ${manifest.version} (${photos.precision}), ${dataset}, ${protocol}`
  if (options.json) {
    const {
      roc: _roc,
      band: _band,
      genuine: _genuine,
      impostors: _impostors,
      bootstrap: drawn,
      ...rest
    } = result
    printJson({
      model: manifest.name,
      binSha256: manifest.files.bin.sha256,
      precision: photos.precision,
      dataset,
      protocol,
      photos: paths.length,
      photosWithoutFace: embedded.withoutFace,
      ...rest,
      bootstrap: { ...drawn, rates: reportedRates },
      atDefaultThreshold: atDefault ?? null,
      probability: fit ?? null
    })
  } else {
    report(title, result, paths.length, embedded.withoutFace.length)
    if (fit !== undefined) {
      print(
        colour.dim(
          `  probability: expected calibration error ${percent(fit.expectedCalibrationError)}, log loss ${fit.logLoss.toFixed(4)}`
        )
      )
    }
    if (atDefault !== undefined) {
      const { far, threshold, genuineAccepted, impostorsAccepted } = atDefault
      print(
        colour.dim(
          `  at the default threshold ${threshold} (FAR ${far}): ${genuineAccepted} of ${result.pairs.genuine} genuine and ${impostorsAccepted} of ${result.pairs.impostors} impostor pairs accepted`
        )
      )
    }
  }
  if (plot !== undefined) {
    await writeWhole(plot, drawEvaluation(result, title, atDefault))
  }
  if (options.flag('write')) {
    const path = await writeAccuracy(photos, manifest, dataset, protocol, result)
    if (!options.json) print(`written to ${path}`)
  }
  return 0
}
