import test from 'ava'
import type { DecisionOptions, PhotoCounts } from '../../lib/models/decision.js'
import { checkDecision, decisionPoint } from '../../lib/models/decision.js'
import type { EmbedderManifest } from '../../lib/models/manifest.js'

const row = (far: number, threshold: number) => ({ far, threshold, impostors: far * 1e6 })
const thresholds = [row(0.1, 0.2), row(0.01, 0.3), row(0.001, 0.4)]
const template = (photos: number, shift: number) => ({
  photos,
  impostorPairs: 1_000_000,
  genuinePairs: 100,
  thresholds: thresholds.map(({ far, threshold }) => row(far, threshold + shift))
})
const manifest = {
  name: 'm',
  calibration: {
    dataset: 'a test',
    impostorPairs: 1_000_000,
    genuinePairs: 100,
    precision: 'fp32',
    thresholds,
    defaultFar: 0.001,
    probability: {
      method: 'platt',
      slope: 10,
      intercept: -3,
      prior: 0.5,
      genuinePairs: 100,
      impostorPairs: 1_000_000
    },
    templates: [template(5, 0.05), template(2, 0.02)]
  },
  calibrations: []
} as unknown as EmbedderManifest
const { templates: _, ...single } = manifest.calibration as object & { templates: unknown }
const plain = { ...manifest, calibration: single } as EmbedderManifest

const table: [
  name: string,
  manifest: EmbedderManifest,
  options: DecisionOptions,
  counts: PhotoCounts,
  threshold: number,
  far: number | undefined
][] = [
  ['two photos, by default', manifest, {}, [1, 1], 0.4, 0.001],
  ['two photos at a FAR', manifest, { far: 0.01 }, [1, 1], 0.3, 0.01],
  ['two photos at a threshold', manifest, { threshold: 0.3 }, [1, 1], 0.3, 0.01],
  ['a template of two', manifest, {}, [2, 1], 0.42, 0.001],
  ['a template of two on the other side', manifest, {}, [1, 2], 0.42, 0.001],
  ['one of three, as one of five', manifest, {}, [3, 1], 0.45, 0.001],
  ['one of five at a FAR', manifest, { far: 0.01 }, [5, 1], 0.35, 0.01],
  ['one of two at a threshold', manifest, { threshold: 0.32 }, [2, 1], 0.32, 0.01],
  ['one of more than are calibrated', manifest, {}, [6, 1], 0.4, undefined],
  ['two templates', manifest, {}, [2, 2], 0.4, undefined],
  ['a template, none calibrated', plain, {}, [2, 1], 0.4, undefined],
  ['the same at a threshold', plain, { threshold: 0.3 }, [2, 1], 0.3, undefined]
]
for (const [name, model, options, counts, threshold, far] of table) {
  test(`decision: ${name}`, (t) => {
    const point = decisionPoint(model, 'fp32', options, counts)
    t.true(Math.abs(point.threshold - threshold) < 1e-9, `${point.threshold}`)
    t.is(point.far, far)
    t.is(point.probability !== undefined, Math.max(...counts) === 1)
  })
}

for (const [name, model, counts] of [
  ['a template, none calibrated', plain, [3, 1]],
  ['one of more than are calibrated', manifest, [6, 1]],
  ['two templates', manifest, [2, 5]]
] as const) {
  test(`a FAR asked for that nobody can promise: ${name}`, (t) => {
    const error = t.throws(() => decisionPoint(model, 'fp32', { far: 0.01 }, counts), {
      code: 'FAR_UNSUPPORTED'
    })
    t.regex(error?.message ?? '', /templates of \d photos.*calibrate --templates/)
  })
}

for (const [options, argument] of [
  [{ far: 0.1, threshold: 0.1 }, 'threshold'],
  [{ far: 2 }, 'far'],
  [{ threshold: -2 }, 'threshold'],
  [{ threshold: Number.NaN }, 'threshold']
] as const) {
  test(`wrong: ${JSON.stringify(options)}`, (t) => {
    t.like(
      t.throws(() => checkDecision(options)),
      { code: 'INVALID_ARGUMENT', argument }
    )
  })
}
