import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { FaceRecognizerOptions } from '../../lib/index.js'
import type { PhotoKind } from './embed-photos.js'

const common = {
  crops: { type: 'string' },
  photos: { type: 'string' },
  model: { type: 'string', default: 'seesaw-shuffle' },
  'model-dir': { type: 'string' },
  threads: { type: 'string' },
  precision: { type: 'string', default: 'fp32' },
  dataset: { type: 'string' },
  write: { type: 'boolean', default: false }
} as const satisfies ParseArgsConfig['options']

export interface ScriptOptions {
  readonly kind: PhotoKind
  readonly folder: string
  readonly model: string
  readonly modelDir: string | undefined
  readonly precision: 'fp32' | 'fp16'
  readonly open: FaceRecognizerOptions
  /** How the data set is called in the manifest. */
  readonly dataset: string | undefined
  readonly write: boolean
  /** The option of the script's own. */
  readonly own: string | undefined
}

/** Reads the options the evaluation scripts share, and one text option of the script's own. */
export function scriptOptions(ownName: string, usage: string): ScriptOptions {
  const fail = (message: string): never => {
    process.stderr.write(`${message}\n${usage}\n`)
    return process.exit(2)
  }
  const parse = () => {
    try {
      const options = { ...common, [ownName]: { type: 'string' } } as const
      return parseArgs({ options }).values
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error))
    }
  }
  const values: Readonly<Record<string, string | boolean | undefined>> = parse()
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  const crops = text('crops')
  const photos = text('photos')
  const folder = crops ?? photos
  if (folder === undefined || (crops !== undefined && photos !== undefined)) {
    return fail('Give either --crops DIR or --photos DIR')
  }
  const precision = text('precision')
  if (precision !== 'fp32' && precision !== 'fp16') return fail('--precision takes fp32 or fp16')
  const model = text('model') ?? common.model.default
  const modelDir = text('model-dir')
  const threads = text('threads')
  return {
    kind: crops === undefined ? 'photos' : 'crops',
    folder,
    model,
    modelDir,
    precision,
    open: {
      model,
      precision,
      ...(modelDir !== undefined && { modelDir }),
      ...(threads !== undefined && { threads: Number(threads) })
    },
    dataset: text('dataset'),
    write: values.write === true,
    own: text(ownName)
  }
}
