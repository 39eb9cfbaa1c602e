import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Gallery, type GalleryKey } from '../../gallery/index.js'
import type { FaceRecognizer } from '../../index.js'
import { type Arguments, UsageError } from '../arguments.js'
import { openRecognizer } from '../open.js'

/** How a gallery is opened on the command line. */

export const keyOptions = {
  'key-file': { type: 'string' },
  'key-env': { type: 'string' },
  passphrase: { type: 'boolean' },
  'no-key': { type: 'boolean' }
} as const

/** Where the key of a gallery is unless something else is said. */
export const defaultKeyFile = (path: string): string => `${path}.key`

/** A line typed without being shown; from a pipe, its first line. */
async function secretLine(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = stdin.isTTY === true
  if (terminal) stderr.write(prompt)
  const lines = createInterface({ input: stdin, output: silent, terminal })
  try {
    for await (const line of lines) return line
    throw new UsageError('no passphrase was given on standard input')
  } finally {
    lines.close()
    if (terminal) stderr.write('\n')
  }
}

/** The key that options with this prefix name: `key-file` or `new-key-file`, and so on. */
export async function keyFrom(
  args: Arguments,
  fallback: string,
  { prefix = '', create = false } = {}
): Promise<GalleryKey> {
  const [file, env] = [args.text(`${prefix}key-file`), args.text(`${prefix}key-env`)]
  const passphrase = args.flag(`${prefix}passphrase`)
  const none = args.flag(`no-${prefix}key`)
  const given = [file !== undefined, env !== undefined, passphrase, none].filter(Boolean).length
  if (given > 1) {
    const names = [`--${prefix}key-file`, `--${prefix}key-env`, `--${prefix}passphrase`]
    throw new UsageError(`give only one of ${names.join(', ')} and --no-${prefix}key`)
  }
  if (none) return 'none'
  if (env !== undefined) return { env }
  if (passphrase) {
    const what = prefix === '' ? 'Passphrase: ' : 'New passphrase: '
    return { passphrase: await secretLine(what) }
  }
  return { file: file ?? fallback, create }
}

/** Exactly these positional arguments, or more of the last where `many`. */
export function positionals(
  args: Arguments,
  command: string,
  names: readonly string[],
  many = false
): string[] {
  const { positionals: given } = args
  if (given.length < names.length || (!many && given.length > names.length)) {
    throw new UsageError(`gallery ${command} takes ${names.join(' ')}${many ? ' …' : ''}`)
  }
  return [...given]
}

interface Opening {
  /** Whether faces are embedded or compared. */
  readonly recognizer?: boolean
  readonly create?: boolean
  readonly readOnly?: boolean
  readonly keepCrops?: boolean
}

/** Opens a gallery for as long as the work takes. */
export async function withGallery<T>(
  args: Arguments,
  path: string,
  opening: Opening,
  work: (gallery: Gallery, recognizer: FaceRecognizer | undefined) => Promise<T>
): Promise<T> {
  const { create = false, readOnly = false, keepCrops = false } = opening
  const exists = await stat(path).then(
    () => true,
    () => false
  )
  if (create && exists) throw new UsageError(`"${path}" already exists`)
  const key = await keyFrom(args, defaultKeyFile(path), { create })
  const recognizer = opening.recognizer ? await openRecognizer(args) : undefined
  try {
    const gallery = await Gallery.open(path, {
      key,
      create,
      readOnly,
      keep: keepCrops ? 'crops' : 'nothing',
      ...(recognizer && { recognizer })
    })
    try {
      return await work(gallery, recognizer)
    } finally {
      await gallery.close()
    }
  } finally {
    await recognizer?.close()
  }
}
