import * as v from 'valibot'
import { type Precision, precisions } from '../embeddings/precision.js'
import { ModelInvalidError } from '../errors.js'
import { cropSize } from '../faces/crop.js'
import { isSupported } from './support.js'

/**
 * The model manifest, models/NAME.json, schema 1. Unknown keys are allowed, so that later versions
 * can say more; what is read must be exactly right.
 */

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const text = v.pipe(v.string(), v.minLength(1))
const finite = v.pipe(v.number(), v.finite())
const three = v.pipe(v.array(finite), v.length(3))
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const rate = v.pipe(v.number(), v.gtValue(0), v.ltValue(1))
const cosine = v.pipe(v.number(), v.minValue(-1), v.maxValue(1))
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
/** How weights are stored. */
const stored = v.picklist(['fp32', 'fp16'])
/** What figures were measured in. */
const precision = v.picklist(precisions)

/** Files lie beside their manifest: a name that could lead elsewhere is refused. */
const fileName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), v.maxLength(128))

/** Far above any model of ours; a manifest must not make us read a disk full of zeros. */
const limits = { param: 4 * 1024 * 1024, bin: 1024 * 1024 * 1024 }

function file(maxBytes: number) {
  return v.object({
    name: fileName,
    bytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxBytes)),
    sha256
  })
}

const common = {
  schema: v.literal(1),
  name: fileName,
  version: text,
  architecture: v.object({
    network: text,
    source: v.optional(text),
    parameters: v.optional(count),
    macs: v.optional(count),
    layers: v.optional(count)
  }),
  precision: stored,
  files: v.object({ param: file(limits.param), bin: file(limits.bin) }),
  provenance: v.looseObject({}),
  licence: v.object({ spdx: text, terms: v.optional(text) })
}

const accuracySchema = v.object({
  dataset: text,
  protocol: text,
  accuracy: share,
  standardError: v.pipe(v.number(), v.minValue(0)),
  tarAtFar: v.array(v.object({ far: rate, tar: share })),
  binSha256: sha256,
  precision
})

const thresholdRow = v.pipe(
  v.object({
    far: rate,
    threshold: cosine,
    // How many pairs reach it.
    impostors: count,
    // Of the rate at this threshold, by drawing people again.
    interval: v.optional(
      v.pipe(
        v.object({ low: share, high: share }),
        v.check(({ low, high }) => low <= high, 'an interval must not end before it begins')
      )
    ),
    // From a fitted tail: too few pairs reach it to count them.
    extrapolated: v.optional(v.boolean())
  }),
  v.check(
    ({ interval, extrapolated }) => extrapolated !== true || interval !== undefined,
    'an extrapolated threshold must have an interval'
  )
)

/** From the largest FAR to the smallest. */
const thresholdRows = v.pipe(
  v.array(thresholdRow),
  v.minLength(1),
  v.check(
    (rows) =>
      rows.every((row, i) => {
        const before = rows[i - 1]
        return !before || (row.far < before.far && row.threshold >= before.threshold)
      }),
    'FARs must fall and thresholds must not'
  )
)

const pairCount = v.pipe(v.number(), v.integer(), v.minValue(1))

/** Of templates of so many photos, which are more similar to everybody. */
const templateSchema = v.object({
  photos: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1000)),
  impostorPairs: pairCount,
  genuinePairs: count,
  thresholds: thresholdRows
})

const calibrationSchema = v.pipe(
  v.object({
    dataset: text,
    impostorPairs: pairCount,
    genuinePairs: count,
    precision,
    thresholds: thresholdRows,
    defaultFar: rate,
    // Score → P(same | score) where same and different are equally likely beforehand.
    probability: v.optional(
      v.object({
        method: v.literal('platt'),
        slope: v.pipe(finite, v.gtValue(0)),
        intercept: finite,
        prior: v.literal(0.5),
        genuinePairs: pairCount,
        impostorPairs: pairCount
      })
    ),
    templates: v.optional(v.array(templateSchema))
  }),
  v.check(
    ({ thresholds, defaultFar, impostorPairs }) =>
      thresholds.some((row) => row.far === defaultFar && isSupported(row, impostorPairs)),
    'defaultFar must be one of the thresholds, with enough impostor pairs behind it'
  )
)

/** What `seesawface doctor` compares with: the answer to an input computed the same everywhere. */
const selfTestSchema = v.object({
  input: v.literal('waves'),
  // float32, little-endian, base64
  embedding: v.pipe(v.string(), v.base64()),
  binSha256: sha256,
  precision: v.literal('fp32')
})

const embedderSchema = v.object({
  ...common,
  kind: v.literal('embedder'),
  input: v.object({
    width: v.literal(cropSize),
    height: v.literal(cropSize),
    channels: v.picklist(['bgr', 'rgb']),
    mean: three,
    norm: three,
    blob: text
  }),
  output: v.object({
    blob: text,
    size: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096))
  }),
  accuracy: v.optional(v.array(accuracySchema), []),
  calibration: v.optional(calibrationSchema),
  // Of precisions whose scores differ.
  calibrations: v.optional(v.array(calibrationSchema), []),
  selfTest: v.optional(selfTestSchema)
})

const detectorSchema = v.object({
  ...common,
  kind: v.literal('detector'),
  input: v.looseObject({ channels: v.literal('bgr'), blob: text, multipleOf: v.literal(32) }),
  output: v.looseObject({ blobs: v.array(text), strides: v.array(count) })
})

const manifestSchema = v.variant('kind', [embedderSchema, detectorSchema])

export type EmbedderManifest = v.InferOutput<typeof embedderSchema>
export type DetectorManifest = v.InferOutput<typeof detectorSchema>
export type Manifest = EmbedderManifest | DetectorManifest
export type Calibration = v.InferOutput<typeof calibrationSchema>
export type CalibrationRow = Calibration['thresholds'][number]
export type TemplateCalibration = v.InferOutput<typeof templateSchema>
export type Accuracy = v.InferOutput<typeof accuracySchema>

/** Parses a manifest; `name` is what it must call itself. */
export function parseManifest(json: string, name: string): Manifest {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new ModelInvalidError(`The manifest of model "${name}" is not JSON`, { cause: error })
  }
  const result = v.safeParse(manifestSchema, value)
  if (!result.success) {
    const issue = result.issues[0]
    const where = v.getDotPath(issue) ?? 'its top level'
    throw new ModelInvalidError(
      `The manifest of model "${name}" is not valid at ${where}: ${issue.message}`
    )
  }
  if (result.output.name !== name) {
    throw new ModelInvalidError(
      `The manifest of model "${name}" calls itself "${result.output.name}"`
    )
  }
  return result.output
}

/** The calibration for scores of a precision; those of fp16 are so near to fp32 that one does. */
export function calibrationOf(
  { calibration, calibrations }: Pick<EmbedderManifest, 'calibration' | 'calibrations'>,
  precision: Precision
): Calibration | undefined {
  const own = [calibration, ...calibrations].find((each) => each?.precision === precision)
  return own ?? (precision === 'int8' ? undefined : calibration)
}
