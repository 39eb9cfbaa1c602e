import { resolve } from 'node:path'
import { calibrateFromPairs, type PairsOptions, readPairs } from '../conversion/calibrate.js'
import { checkInAddon } from '../conversion/check.js'
import { runConverter } from '../conversion/converter.js'
import { findPython } from '../conversion/python.js'
import { Staging } from '../conversion/staging.js'
import { listModels } from '../index.js'
import { type Arguments, parseGeneral, UsageError } from './arguments.js'
import { colour, print, printFields, printJson, rate } from './output.js'
import { progressBar } from './progress.js'

const options = {
  network: { type: 'string' },
  name: { type: 'string' },
  out: { type: 'string', default: 'models' },
  input: { type: 'string' },
  mean: { type: 'string' },
  norm: { type: 'string' },
  weights: { type: 'string' },
  licence: { type: 'string' },
  terms: { type: 'string' },
  source: { type: 'string' },
  force: { type: 'boolean' },
  pairs: { type: 'string' },
  photos: { type: 'string' },
  crops: { type: 'string' }
} as const

/** Passed on to Python as they are: it checks them. */
const passedOn = ['network', 'input', 'mean', 'norm', 'weights', 'licence', 'terms', 'source']

/** `dir/Sface v2.onnx` → `Sface-v2` */
function nameFromFile(path: string): string {
  const stem = path.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '')
  return stem.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
}

function nameFor(args: Arguments, checkpoint: string, network: string): string {
  const name = args.text('name') ?? (network === 'onnx' ? nameFromFile(checkpoint) : network)
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw new UsageError(`--name must be a plain name such as my-model, not "${name}"`)
  }
  return name
}

function pairsOf(args: Arguments): PairsOptions | undefined {
  const pairs = args.text('pairs')
  const [photos, crops] = [args.text('photos'), args.text('crops')]
  const folder = photos ?? crops
  if (pairs === undefined && folder === undefined) return undefined
  if (pairs === undefined || folder === undefined || (photos && crops)) {
    throw new UsageError('calibration requires --pairs FILE and either --photos DIR or --crops DIR')
  }
  return { pairs, folder, kind: crops === undefined ? 'photos' : 'crops' }
}

export async function convert(args: readonly string[]): Promise<number> {
  const parsed = parseGeneral(args, options)
  const [checkpoint, ...more] = parsed.positionals
  if (checkpoint === undefined || more.length > 0) throw new UsageError('convert takes one file')
  const network = parsed.text('network')
  if (network === undefined) {
    throw new UsageError('convert requires --network NAME, the network in the file')
  }
  if (parsed.text('model-dir') !== undefined) {
    throw new UsageError('--out must name a folder')
  }
  const name = nameFor(parsed, checkpoint, network)
  const wanted = pairsOf(parsed)
  const pairs = wanted && (await readPairs(wanted.pairs))
  const python = await findPython()
  await using staging = await Staging.make(
    parsed.text('out') ?? options.out.default,
    name,
    parsed.flag('force')
  )
  const forPython = [
    resolve(checkpoint),
    ...['--name', name, '--out', staging.path],
    ...passedOn.flatMap((option) => {
      const value = parsed.text(option)
      return value === undefined ? [] : [`--${option}=${value}`]
    })
  ]
  const say = parsed.json ? () => {} : (line: string) => print(colour.dim(line))
  const report = await runConverter(python, forPython, say, staging.signal)
  const inAddon = await checkInAddon(name, staging.path, report)
  const calibrated =
    wanted &&
    pairs &&
    (await calibrateFromPairs(name, staging.path, pairs, wanted, (total) =>
      progressBar('embedding', total)
    ))
  const [manifest] = await listModels(staging.path)
  const path = staging.publish()

  const parity = { ...report.parity, 'addon to the reference': inAddon }
  if (parsed.json) {
    const { layout, unusedParameters } = report
    printJson({
      model: name,
      manifest: path,
      layout,
      unusedParameters,
      parity,
      calibration: calibrated?.calibration ?? null,
      genuineAccepted: calibrated?.genuineAccepted ?? null
    })
    return 0
  }
  print(colour.bold(`${name} is in ${path}`))
  const fields: [string, string][] = [
    ['network', manifest?.architecture.network ?? network],
    ['read as', report.layout]
  ]
  if (report.unusedParameters > 0) {
    fields.push(['skipped', `${report.unusedParameters} parameters that no layer uses`])
  }
  for (const [what, worst] of Object.entries(parity)) {
    fields.push(['agreement', `${worst.toFixed(8)} ${what}`])
  }
  if (calibrated) {
    const { calibration, genuineAccepted } = calibrated
    const far = `${rate(calibration.defaultFar)}, from ${calibration.impostorPairs} impostor pairs`
    fields.push(['default FAR', far])
    fields.push(['accepted', `${(genuineAccepted * 100).toFixed(1)} % of genuine pairs at that`])
  } else {
    fields.push(['default FAR', 'not calibrated: verify needs --threshold'])
  }
  printFields(fields)
  return 0
}
