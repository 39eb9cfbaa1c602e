import { resolve } from 'node:path'
import { checkInAddon } from '../conversion/check.js'
import { runConverter } from '../conversion/converter.js'
import { findPython } from '../conversion/python.js'
import { Staging } from '../conversion/staging.js'
import { listModels } from '../index.js'
import { type Arguments, parseGeneral, UsageError } from './arguments.js'
import { colour, print, printFields, printJson } from './output.js'

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
  force: { type: 'boolean' }
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
    throw new UsageError(`--name takes a plain name such as my-model, not "${name}"`)
  }
  return name
}

export async function convert(args: readonly string[]): Promise<number> {
  const parsed = parseGeneral(args, options)
  const [checkpoint, ...more] = parsed.positionals
  if (checkpoint === undefined || more.length > 0) throw new UsageError('convert takes one file')
  const network = parsed.text('network')
  if (network === undefined) {
    throw new UsageError('convert takes --network NAME: what the checkpoint is of')
  }
  const name = nameFor(parsed, checkpoint, network)
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
  const [manifest] = await listModels(staging.path)
  const path = await staging.publish()

  const parity = { ...report.parity, 'add-on to the reference': inAddon }
  if (parsed.json) {
    const { layout, unusedParameters } = report
    printJson({ model: name, manifest: path, layout, unusedParameters, parity })
    return 0
  }
  print(colour.bold(`${name} is in ${path}`))
  const fields: [string, string][] = [
    ['network', manifest?.architecture.network ?? network],
    ['read as', report.layout]
  ]
  if (report.unusedParameters > 0) {
    fields.push(['left out', `${report.unusedParameters} parameters that no layer reads`])
  }
  for (const [what, worst] of Object.entries(parity)) {
    fields.push(['agreement', `${worst.toFixed(8)} ${what}`])
  }
  printFields(fields)
  return 0
}
