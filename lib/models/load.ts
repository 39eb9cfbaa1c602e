import { createHash } from 'node:crypto'
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NativeModel } from '../addon/types.js'
import { show } from '../check.js'
import {
  InvalidArgumentError,
  ModelCorruptError,
  ModelInvalidError,
  ModelNotFoundError,
  systemCode
} from '../errors.js'
import { unwritten } from '../frames/bytes.js'
import { checkOptionKeys } from '../keys.js'
import { bundledModelDir } from '../paths.js'
import {
  type DetectorManifest,
  type EmbedderManifest,
  type Manifest,
  parseManifest
} from './manifest.js'

/** The embedder used when none is named. */
export const defaultEmbedderModel = 'seesaw-shuffle'
/** The detector used when none is named. */
export const defaultDetectorModel = 'yunet'

const maxManifestBytes = 1024 * 1024

export interface LoadedModel<M extends Manifest> {
  readonly manifest: M
  readonly files: NativeModel
}

const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

function checkName(argument: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !plainName.test(name)) {
    throw new InvalidArgumentError(
      argument,
      `${argument} must be a plain model name such as '${defaultEmbedderModel}', not ${show(name)}`
    )
  }
}

function checkFolder(modelDir: unknown): asserts modelDir is string {
  if (typeof modelDir !== 'string' || modelDir === '') {
    throw new InvalidArgumentError('modelDir', `modelDir must be a path, not ${show(modelDir)}`)
  }
}

function notFound(what: string, error: unknown): ModelNotFoundError {
  const code = systemCode(error)
  const reason = code === 'ENOENT' ? 'no such file' : (code ?? String(error))
  return new ModelNotFoundError(`Cannot read ${what}: ${reason}`, { cause: error })
}

/** `argument` is what the caller's option with the name is called. */
export async function readManifest(
  name: string,
  modelDir = bundledModelDir,
  argument = 'model'
): Promise<Manifest> {
  checkName(argument, name)
  checkFolder(modelDir)
  const path = join(modelDir, `${name}.json`)
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw notFound(`the manifest "${path}" of model "${name}"`, error)
  }
  if (bytes.byteLength > maxManifestBytes) {
    throw new ModelInvalidError(`The manifest "${path}" is larger than ${maxManifestBytes} bytes`)
  }
  return parseManifest(bytes.toString('utf8'), name)
}

/** Reads a model file once; size and sha256 must be what the manifest states. */
async function readChecked(
  modelDir: string,
  { name, bytes, sha256 }: Manifest['files']['param']
): Promise<Uint8Array> {
  const path = join(modelDir, name)
  const content = unwritten(bytes)
  const hash = createHash('sha256')
  let size: number
  try {
    const file = await open(path, 'r')
    try {
      size = (await file.stat()).size
      if (size === bytes) {
        // In pieces, so that hashing a large model never holds up other work for long.
        const piece = 1024 * 1024
        for (let at = 0; at < bytes; ) {
          const { bytesRead } = await file.read(content, at, Math.min(piece, bytes - at), at)
          if (bytesRead === 0) break // shortened meanwhile: the hash tells
          hash.update(content.subarray(at, at + bytesRead))
          at += bytesRead
        }
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw notFound(`the model file "${path}"`, error)
  }
  if (size !== bytes) {
    throw new ModelCorruptError(
      `The model file "${path}" has ${size} bytes, but its manifest says ${bytes}. Copy it again, or reinstall the package`
    )
  }
  if (hash.digest('hex') !== sha256) {
    throw new ModelCorruptError(
      `The model file "${path}" does not match the sha256 in its manifest. Copy it again, or reinstall the package`
    )
  }
  return content
}

async function readModel(manifest: Manifest, modelDir: string): Promise<NativeModel> {
  const { param, bin } = manifest.files
  return { param: await readChecked(modelDir, param), bin: await readChecked(modelDir, bin) }
}

function wrongKind(manifest: Manifest, wanted: string): ModelInvalidError {
  const is = manifest.kind === 'embedder' ? 'an embedder' : 'a detector'
  return new ModelInvalidError(`Model "${manifest.name}" is ${is}, not ${wanted}`)
}

export async function loadEmbedderModel(
  name = defaultEmbedderModel,
  modelDir = bundledModelDir
): Promise<LoadedModel<EmbedderManifest>> {
  const manifest = await readManifest(name, modelDir)
  if (manifest.kind !== 'embedder') throw wrongKind(manifest, 'an embedder')
  return { manifest, files: await readModel(manifest, modelDir) }
}

/**
 * A folder of one's own may hold embedders alone (as `seesawface convert` leaves it): unless a
 * detector is named, the default one then comes from this package.
 */
async function defaultDetectorDir(modelDir: string): Promise<string> {
  try {
    const files = await readdir(modelDir)
    return files.includes(`${defaultDetectorModel}.json`) ? modelDir : bundledModelDir
  } catch {
    return modelDir // cannot be read: loading from it says why
  }
}

export async function loadDetectorModel(
  name?: string,
  modelDir = bundledModelDir
): Promise<LoadedModel<DetectorManifest>> {
  checkFolder(modelDir)
  const folder = name === undefined ? await defaultDetectorDir(modelDir) : modelDir
  const manifest = await readManifest(name ?? defaultDetectorModel, folder, 'detector')
  if (manifest.kind !== 'detector') throw wrongKind(manifest, 'a detector')
  return { manifest, files: await readModel(manifest, folder) }
}

/** A .json file in a model folder that is not a usable manifest. */
export interface RefusedManifest {
  readonly path: string
  readonly error: Error
}

export interface ListModelsOptions {
  /** Called for every .json file that is skipped, in order of file name. */
  onRefused?: (refused: RefusedManifest) => void
}

/**
 * The manifests in a folder, by name: of the models that come with the package by default. Other
 * .json files there, and broken manifests, are left out and reported to `onRefused`.
 */
export async function listModels(
  modelDir = bundledModelDir,
  options: ListModelsOptions = {}
): Promise<Manifest[]> {
  checkFolder(modelDir)
  checkOptionKeys('options', options, ['onRefused' satisfies keyof ListModelsOptions])
  const { onRefused } = options
  if (onRefused !== undefined && typeof onRefused !== 'function') {
    throw new InvalidArgumentError(
      'onRefused',
      `onRefused must be a function, not ${show(onRefused)}`
    )
  }
  let names: string[]
  try {
    names = await readdir(modelDir)
  } catch (error) {
    throw notFound(`the model folder "${modelDir}"`, error)
  }
  const files = names.filter((name) => name.endsWith('.json')).sort()
  const results = await Promise.allSettled(
    files.map((name) => readManifest(name.slice(0, -'.json'.length), modelDir))
  )
  const manifests: Manifest[] = []
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') manifests.push(result.value)
    else onRefused?.({ path: join(modelDir, files[i] ?? ''), error: result.reason })
  }
  return manifests
}
