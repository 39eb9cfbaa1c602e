import {
  createHmac,
  hkdfSync,
  randomBytes,
  randomUUID,
  type ScryptOptions,
  scrypt
} from 'node:crypto'
import { GalleryCorruptError, GalleryKeyError } from '../errors.js'
import type { Secret } from './key-source.js'
import { keyBytes, place, seal, unseal } from './seal.js'

/** How a gallery's keys follow from the secret: kept in the file, and no secret itself. */
export interface KeyDescription {
  readonly kind: Secret['kind']
  /** Base64, 32 bytes: another one at each `rekey`. */
  readonly salt: string
  readonly scrypt?: { readonly N: number; readonly r: number; readonly p: number }
}

/** Takes 64 MiB: half of what OWASP advises for scrypt, as small boards have little memory. */
const stretching = { N: 2 ** 16, r: 8, p: 1 } as const
/** A file must not make us work for hours or take all memory. */
const mostMemory = 2 ** 28
const mostPasses = 16

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
}

/** Reads what a file says of its keys. */
export function parseDescription(text: string): KeyDescription {
  const wrong = (): never => {
    throw new GalleryCorruptError('What the file says about its key is damaged')
  }
  let value: Partial<Record<keyof KeyDescription, unknown>>
  try {
    value = JSON.parse(text)
  } catch {
    return wrong()
  }
  if (typeof value !== 'object' || value === null) return wrong()
  const { kind, salt } = value
  if (kind !== 'bytes' && kind !== 'passphrase' && kind !== 'none') return wrong()
  if (typeof salt !== 'string' || Buffer.from(salt, 'base64').length !== 32) return wrong()
  if (kind !== 'passphrase') return { kind, salt }
  const { N, r, p } = (value.scrypt ?? {}) as Record<string, unknown>
  if (!isCount(N, 2 ** 22) || !isCount(r, 64) || !isCount(p, mostPasses)) return wrong()
  if ((N & (N - 1)) !== 0 || N < 2 || 128 * N * r > mostMemory) return wrong()
  return { kind, salt, scrypt: { N, r, p } }
}

export function newDescription(kind: Secret['kind']): KeyDescription {
  const salt = randomBytes(32).toString('base64')
  return kind === 'passphrase' ? { kind, salt, scrypt: stretching } : { kind, salt }
}

function stretch(passphrase: Uint8Array, salt: Uint8Array, options: ScryptOptions) {
  return new Promise<Buffer>((resolve, reject) => {
    scrypt(passphrase, salt, keyBytes, { ...options, maxmem: 2 * mostMemory }, (error, key) =>
      error === null ? resolve(key) : reject(error)
    )
  })
}

const kinds: Readonly<Record<Secret['kind'], string>> = {
  bytes: 'with a key of 32 bytes',
  passphrase: 'with a passphrase',
  none: "without a key (key: 'none')"
}

const checkText = Buffer.from('seesawface gallery')

/**
 * The keys of one gallery. Each person has a random data key, kept sealed by the gallery's: when
 * that one row is gone, nothing that was sealed by it can be opened again.
 */
export class Vault {
  readonly id: string
  readonly description: KeyDescription
  readonly #wrapping: Buffer
  readonly #state: Buffer
  readonly #marking: Buffer

  private constructor(id: string, description: KeyDescription, root: Uint8Array) {
    this.id = id
    this.description = description
    const derive = (purpose: string): Buffer =>
      Buffer.from(
        hkdfSync(
          'sha256',
          root,
          Buffer.from(description.salt, 'base64'),
          `seesawface gallery 1 ${purpose} ${id}`,
          keyBytes
        )
      )
    this.#wrapping = derive('wrapping')
    this.#state = derive('state')
    this.#marking = derive('marking')
  }

  static async derive(id: string, description: KeyDescription, secret: Secret): Promise<Vault> {
    if (secret.kind !== description.kind) {
      throw new GalleryKeyError(
        `The gallery was made ${kinds[description.kind]}, and was to be opened ${kinds[secret.kind]}`
      )
    }
    const salt = Buffer.from(description.salt, 'base64')
    const { scrypt: options } = description
    const root = options === undefined ? secret.bytes : await stretch(secret.bytes, salt, options)
    return new Vault(id, description, root)
  }

  /** For a gallery that is being made, or that gets another key. */
  static make(secret: Secret, id: string = randomUUID()): Promise<Vault> {
    return Vault.derive(id, newDescription(secret.kind), secret)
  }

  #checkPlace(): Buffer {
    return place('check', this.id, JSON.stringify(this.description))
  }

  /** What tells later whether a key is the right one. */
  makeCheck(): Buffer {
    return seal(this.#state, checkText, this.#checkPlace())
  }

  verify(check: Uint8Array): void {
    // Whether the tag agrees is compared in constant time by the cipher.
    if (unseal(this.#state, check, this.#checkPlace()) === undefined) {
      throw new GalleryKeyError('The key is not the one of this gallery')
    }
  }

  sealState(state: unknown): Buffer {
    return seal(this.#state, Buffer.from(JSON.stringify(state)), place('state', this.id))
  }

  unsealState(sealed: Uint8Array): unknown {
    const content = unseal(this.#state, sealed, place('state', this.id))
    if (content === undefined) throw new GalleryCorruptError('The state of the gallery is damaged')
    return JSON.parse(content.toString())
  }

  /** A piece of an export: the `index`th of it, which is or is not its last. */
  sealPiece(index: number, isLast: boolean, content: Uint8Array): Buffer {
    return seal(this.#state, content, place('piece', this.id, index, isLast ? 1 : 0))
  }

  unsealPiece(index: number, isLast: boolean, sealed: Uint8Array): Buffer | undefined {
    return unseal(this.#state, sealed, place('piece', this.id, index, isLast ? 1 : 0))
  }

  newPersonKey(): Buffer {
    return randomBytes(keyBytes)
  }

  sealPersonKey(person: string, key: Uint8Array): Buffer {
    return seal(this.#wrapping, key, place('person key', this.id, person))
  }

  unsealPersonKey(person: string, sealed: Uint8Array): Buffer {
    const key = unseal(this.#wrapping, sealed, place('person key', this.id, person))
    if (key?.length !== keyBytes) {
      throw new GalleryCorruptError(`The key of person ${person} is damaged`)
    }
    return key
  }

  /** Finds a name without telling it: a keyed hash. */
  nameMark(name: string): Buffer {
    return createHmac('sha256', this.#marking).update(name).digest()
  }
}
