import { type ParseArgsConfig, parseArgs } from 'node:util'
import { precisions } from '../embeddings/precision.js'
import type { DetectOptions, FaceRecognizerOptions, Powersave, Precision } from '../index.js'

/** The command line itself is wrong: told with a pointer to the help. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>

/** Options that every command takes. */
const general = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  'model-dir': { type: 'string' }
} as const satisfies Options

/** Options of the commands that run a network. */
const running = {
  model: { type: 'string' },
  threads: { type: 'string' },
  powersave: { type: 'string' },
  precision: { type: 'string' },
  device: { type: 'string' },
  'min-score': { type: 'string' },
  'max-pixels': { type: 'string' },
  'max-file-bytes': { type: 'string' }
} as const satisfies Options

/** Options of the commands that look for faces in photos. */
const searching = {
  search: { type: 'string' },
  'min-face-size': { type: 'string' },
  'no-rotations': { type: 'boolean' }
} as const satisfies Options

export interface Arguments {
  readonly positionals: readonly string[]
  readonly json: boolean
  readonly help: boolean
  /** An option's text, undefined when it was not given. */
  text(name: string): string | undefined
  /** All texts of an option that may be given more than once. */
  texts(name: string): readonly string[]
  /** An option as a number; what is none is a usage error. */
  number(name: string): number | undefined
  /** Whether an option without a value was given. */
  flag(name: string): boolean
}

function parse(args: readonly string[], options: Options): Arguments {
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(message.split('. ')[0])
  }
  const { values, positionals } = parsed
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    positionals,
    json: values.json === true,
    help: values.help === true,
    flag: (name) => values[name] === true,
    text,
    texts(name) {
      const value = values[name]
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
    },
    number(name) {
      const value = text(name)
      if (value === undefined) return undefined
      const parsedNumber = Number(value)
      if (value.trim() === '' || Number.isNaN(parsedNumber)) {
        throw new UsageError(`--${name} must be a number, not "${value}"`)
      }
      return parsedNumber
    }
  }
}

export function parseGeneral(args: readonly string[], own: Options = {}): Arguments {
  return parse(args, { ...general, ...own })
}

export function parseRunning(args: readonly string[], own: Options = {}): Arguments {
  return parse(args, { ...general, ...running, ...own })
}

export function parseSearching(args: readonly string[], own: Options = {}): Arguments {
  return parseRunning(args, { ...searching, ...own })
}

function isPrecision(text: string): text is Precision {
  return precisions.some((precision) => precision === text)
}

/** Leaves out what was not given, so that the library's defaults stand. */
function given<T extends object>(options: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<T>
}

const isPowersave = (word: string): word is Powersave => ['off', 'little', 'big'].includes(word)

export function openOptions(args: Arguments): FaceRecognizerOptions {
  const precision = args.text('precision')
  if (precision !== undefined && !isPrecision(precision)) {
    throw new UsageError(`--precision must be fp32, fp16 or int8, not "${precision}"`)
  }
  const device = args.text('device')
  if (device !== undefined && device !== 'cpu' && device !== 'vulkan' && device !== 'auto') {
    throw new UsageError(`--device must be cpu, vulkan or auto, not "${device}"`)
  }
  const powersave = args.text('powersave')
  if (powersave !== undefined && !isPowersave(powersave)) {
    throw new UsageError(`--powersave must be off, little or big, not "${powersave}"`)
  }
  return given<FaceRecognizerOptions>({
    model: args.text('model'),
    modelDir: args.text('model-dir'),
    threads: args.text('threads') === 'auto' ? 'auto' : args.number('threads'),
    powersave,
    precision,
    device
  })
}

/** How faces are looked for; the library checks the numbers. */
export function photoOptions(args: Arguments): DetectOptions {
  const search = args.text('search')
  if (search !== undefined && search !== 'quick' && search !== 'thorough') {
    throw new UsageError(`--search must be quick or thorough, not "${search}"`)
  }
  return given<DetectOptions>({
    minScore: args.number('min-score'),
    maxPixels: args.number('max-pixels'),
    maxFileBytes: args.number('max-file-bytes'),
    minFaceSize: args.number('min-face-size'),
    rotations: args.flag('no-rotations') ? false : undefined,
    search
  })
}
