import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { loadBinding } from '../addon/load.js'
import { Budget } from '../budget.js'
import { checkInteger, checkOptions, show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { type Bytes, bytesOf } from '../frames/bytes.js'
import { type RawFrame, takeFrame } from '../frames/frame.js'
import { releaseMemory } from '../frames/memory.js'
import { checkOptionKeys } from '../keys.js'
import { planDecode } from './decode.js'
import { copyPhotoFile, readPhotoFile } from './file.js'
import {
  type DecodeRoom,
  defaultMaxFileBytes,
  defaultMaxPixels,
  type ImageOptions,
  imageKeys,
  type LoadedPhoto,
  type PhotoInput,
  type PhotoUse
} from './types.js'

/** Photos that one user of this decodes at a time: the threads they take are Node's, for all. */
const decoders = Math.min(2, availableParallelism())

export const defaultMaxPendingBytes = 128 * 2 ** 20

export function decodeRoom(maxPendingBytes = defaultMaxPendingBytes): DecodeRoom {
  return { decoders: new Budget(decoders), bytes: new Budget(maxPendingBytes) }
}

/** Of decodeImage, which belongs to no engine. */
const ownRoom = decodeRoom()

/** How a photo is to be loaded. */
export interface Loading {
  readonly options?: ImageOptions
  /** What errors call it. */
  readonly argument?: string
  readonly use?: PhotoUse
  readonly room?: DecodeRoom
  /** Ends the waiting; decoding, once begun, goes on to its end. */
  readonly signal?: AbortSignal
  /** Whether the bytes of a file are ours, and need not be copied. */
  readonly own?: boolean
}

function pathOf(url: URL, argument: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new InvalidArgumentError(
      argument,
      `${argument} must be a file: URL of this machine, not ${url.href}`,
      { cause }
    )
  }
}

export function isFrame(input: object): input is RawFrame {
  return 'data' in input
}

export function checkImageOptions({ maxPixels, maxFileBytes }: ImageOptions): void {
  if (maxPixels !== undefined) checkInteger('maxPixels', maxPixels, 1, Number.MAX_SAFE_INTEGER)
  if (maxFileBytes !== undefined) {
    checkInteger('maxFileBytes', maxFileBytes, 1, Number.MAX_SAFE_INTEGER)
  }
}

/**
 * Waits for a decoder and then for memory, in this order: no more files than there are decoders
 * have been read without being counted.
 */
async function loadFile(
  read: () => Promise<Uint8Array>,
  name: string | undefined,
  maxPixels: number,
  { use = {}, room = ownRoom, signal }: Loading
): Promise<LoadedPhoto> {
  const decoder = await room.decoders.take(1, signal)
  try {
    const file = await read()
    signal?.throwIfAborted()
    const { decoding, kept, decode } = planDecode(file, name, maxPixels, use)
    const share = await room.bytes.take(decoding + file.byteLength, signal)
    try {
      const frame = await decode()
      share.shrink(kept + file.byteLength)
      return {
        frame,
        keep: () => share.release(),
        release: () => {
          for (const bytes of [frame.data, file]) loadBinding().discard(bytes)
          share.release()
        }
      }
    } catch (error) {
      share.release()
      throw error
    }
  } finally {
    decoder.release()
  }
}

/**
 * Makes pixels of any kind of input that nobody can take away while they are read: decoded here,
 * or see `takeFrame`, which has done its work when this returns its promise.
 */
export async function loadPhoto(input: PhotoInput, loading: Loading = {}): Promise<LoadedPhoto> {
  const { options = {}, argument = 'photo' } = loading
  checkOptions('options', options)
  checkImageOptions(options)
  const { maxPixels = defaultMaxPixels, maxFileBytes = defaultMaxFileBytes } = options
  if (typeof input === 'string' || input instanceof URL) {
    const path = typeof input === 'string' ? input : pathOf(input, argument)
    return loadFile(() => readPhotoFile(path, maxFileBytes), path, maxPixels, loading)
  }
  const bytes = bytesOf(input)
  if (bytes !== undefined) {
    const copy = () => (loading.own ? Promise.resolve(bytes) : copyPhotoFile(bytes, maxFileBytes))
    return loadFile(copy, undefined, maxPixels, loading)
  }
  if (typeof input === 'object' && input !== null && isFrame(input)) {
    const frame = takeFrame(input, maxPixels, argument === 'photo' ? 'frame' : argument)
    const release = (): void => releaseMemory(frame.data)
    return { frame, keep: () => undefined, release }
  }
  throw new InvalidArgumentError(
    argument,
    `${argument} must be a path, a file URL, the bytes of an image file or a raw frame, not ${show(input)}`
  )
}

/**
 * Decodes an image file to upright 8-bit pixels (RGB, RGBA or grey). EXIF orientation is applied
 * for JPEG, TIFF, PNG and WebP; that of AVIF is not; colours under transparency are kept as they are stored.
 */
export async function decodeImage(
  input: string | URL | Bytes,
  options: ImageOptions = {}
): Promise<RawFrame & { readonly data: Uint8Array }> {
  if (typeof input === 'object' && input !== null && 'format' in input) {
    throw new InvalidArgumentError('input', 'input is a raw frame already')
  }
  checkOptionKeys('options', options, imageKeys)
  const loading = { options, argument: 'input', use: { turned: true } }
  const { frame, keep } = await loadPhoto(input, loading)
  keep()
  return frame
}
