import { type EmbedderManifest, listModels, type Manifest } from '../index.js'
import { parseGeneral, UsageError } from './arguments.js'
import { colour, complain, print, printFields, printJson, rate } from './output.js'

type Field = readonly [label: string, value: string]

/** With as many digits as a reader compares: 27 kB, 2.75 MB, 130 MB. */
function amount(value: number, units: readonly [number, string][]): string {
  const [scale, unit] = units.find(([scale]) => value >= scale) ?? [1, '']
  return `${Number((value / scale).toPrecision(3))} ${unit}`.trim()
}

const bytes = (value: number): string =>
  amount(value, [
    [1e6, 'MB'],
    [1e3, 'kB'],
    [0, 'B']
  ])
const count = (value: number): string =>
  amount(value, [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k']
  ])
const short = (far: number): string => `${Number((far * 100).toPrecision(3))} %`
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

function size({ architecture: { parameters, macs, layers } }: Manifest): Field[] {
  const parts = [
    parameters === undefined ? undefined : `${count(parameters)} parameters`,
    macs === undefined ? undefined : `${count(macs)} multiply-accumulates`,
    layers === undefined ? undefined : `${layers} layers`
  ].filter((part) => part !== undefined)
  return parts.length > 0 ? [['size', parts.join(', ')]] : []
}

function quality({ accuracy, calibration }: EmbedderManifest): Field[] {
  const fields = accuracy.map((row): Field => {
    const tars = row.tarAtFar.map(({ far, tar }) => `${percent(tar)} at FAR ${short(far)}`)
    const figure = `${(row.accuracy * 100).toFixed(2)} ± ${percent(row.standardError)}`
    const accepted = tars.length > 0 ? `; accepts ${tars.join(', ')}` : ''
    return [row.dataset, `${figure} (${row.protocol}, ${row.precision})${accepted}`]
  })
  if (fields.length === 0) fields.push(['accuracy', 'not measured'])
  if (calibration === undefined) return [...fields, ['calibration', 'none: pass a threshold']]
  const { thresholds, defaultFar, impostorPairs } = calibration
  const smallest = thresholds.at(-1)?.far ?? defaultFar
  return [
    ...fields,
    [
      'calibration',
      `FAR ${rate(defaultFar)} by default, down to ${rate(smallest)}; ` +
        `${impostorPairs} impostor pairs`
    ]
  ]
}

function fieldsOf(manifest: Manifest): Field[] {
  const { architecture, files, licence, precision } = manifest
  const embedder = manifest.kind === 'embedder' ? manifest : undefined
  const source = architecture.source ? ` (${architecture.source})` : ''
  return [
    ['network', architecture.network + source],
    ...size(manifest),
    ...(embedder ? [['embedding', `${embedder.output.size} numbers`] as const] : []),
    [
      'files',
      [files.param, files.bin].map(({ name, bytes: size }) => `${name} ${bytes(size)}`).join(', ') +
        `; weights in ${precision}`
    ],
    ...(embedder ? quality(embedder) : []),
    ['licence', licence.terms ? `${licence.spdx}; ${licence.terms}` : licence.spdx]
  ]
}

export async function models(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args)
  if (options.positionals.length > 0) throw new UsageError('models takes no further argument')
  const manifests = await listModels(options.text('model-dir'), {
    onRefused: ({ path, error }) => complain(`skipped ${path}: ${error.message}`)
  })
  for (const manifest of manifests) {
    if (options.json) {
      printJson(manifest)
      continue
    }
    print(`${colour.bold(manifest.name)} ${manifest.version}  ${manifest.kind}`)
    printFields(fieldsOf(manifest))
    print()
  }
  return 0
}
