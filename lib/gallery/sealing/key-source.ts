import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, rm } from 'node:fs/promises'
import { types } from 'node:util'
import { show } from '../../check.js'
import { InvalidArgumentError, systemCode } from '../../errors.js'
import { writeError } from '../../files/whole-file.js'
import { GalleryKeyError } from '../errors.js'
import type { GalleryKey } from '../types.js'
import { keyBytes } from './seal.js'

/** What opens a gallery: bytes as they are, or a passphrase to be stretched. */
export type Secret =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'passphrase'; readonly bytes: Uint8Array }
  | { readonly kind: 'none'; readonly bytes: Uint8Array }

const shortest = 8

function fromHex(text: string, where: string): Uint8Array {
  const digits = text.trim()
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new GalleryKeyError(`${where} does not hold a key: it must be 64 hexadecimal digits`)
  }
  return Buffer.from(digits, 'hex')
}

/** Whole and durable before it has its name; an older file is never replaced. */
async function createFile(path: string): Promise<void> {
  const staged = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`
  try {
    const file = await open(staged, 'wx', 0o600)
    try {
      await file.writeFile(`${randomBytes(keyBytes).toString('hex')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(staged, path)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw writeError(path, error)
  } finally {
    await rm(staged, { force: true }).catch(() => undefined)
  }
}

async function readKeyFile(path: string, file: FileHandle): Promise<Uint8Array> {
  const { mode, size } = await file.stat()
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8)
    throw new GalleryKeyError(
      `The key file "${path}" can be read by others (mode ${octal}): run chmod 600 on it`
    )
  }
  if (size > 1024) throw new GalleryKeyError(`The key file "${path}" does not hold a key`)
  return fromHex(await file.readFile('utf8'), `The key file "${path}"`)
}

async function fromFile(path: string, create: boolean): Promise<Uint8Array> {
  for (let tries = 0; ; tries++) {
    let file: FileHandle
    try {
      file = await open(path, 'r')
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENOENT' && create && tries === 0) {
        await createFile(path)
        continue
      }
      const why = code === 'ENOENT' ? 'no such file' : (code ?? String(error))
      throw new GalleryKeyError(`The key file "${path}" cannot be read: ${why}`, { cause: error })
    }
    try {
      return await readKeyFile(path, file)
    } finally {
      await file.close()
    }
  }
}

async function fromFunction(make: () => unknown): Promise<Uint8Array> {
  const made: unknown = await make()
  if (!types.isUint8Array(made) || made.byteLength !== keyBytes) {
    throw new GalleryKeyError(`The key function must give a Uint8Array of ${keyBytes} bytes`)
  }
  return Uint8Array.from(made)
}

function stringOf(key: object, name: string): string | undefined {
  const value: unknown = (key as Readonly<Record<string, unknown>>)[name]
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '') return value
  throw new InvalidArgumentError('key', `key.${name} must be a string, not ${show(value)}`)
}

/** Reads the key where it is kept. */
export async function secretOf(key: GalleryKey): Promise<Secret> {
  if (key === 'none') return { kind: 'none', bytes: new Uint8Array(keyBytes) }
  if (typeof key === 'function') return { kind: 'bytes', bytes: await fromFunction(key) }
  if (typeof key === 'object' && key !== null) {
    const [file, env, passphrase] = ['file', 'env', 'passphrase'].map((name) => stringOf(key, name))
    const create = 'create' in key && key.create === true
    if (file !== undefined) return { kind: 'bytes', bytes: await fromFile(file, create) }
    if (env !== undefined) {
      const text = process.env[env]
      if (!text) throw new GalleryKeyError(`The environment variable ${env} is not set`)
      return { kind: 'bytes', bytes: fromHex(text, `The environment variable ${env}`) }
    }
    if (passphrase !== undefined) {
      if (passphrase.length < shortest) {
        throw new InvalidArgumentError(
          'key',
          `key.passphrase must have at least ${shortest} characters`
        )
      }
      return { kind: 'passphrase', bytes: Buffer.from(passphrase.normalize('NFC')) }
    }
  }
  throw new InvalidArgumentError(
    'key',
    "key must be { file }, { env }, { passphrase }, a function that gives 32 bytes, or 'none'"
  )
}
