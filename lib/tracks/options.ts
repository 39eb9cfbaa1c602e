import { checkBoolean, checkNumber, show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { checkOptionKeys, keysOf } from '../keys.js'
import { streamKeys } from '../work/stream.js'
import { trackerDefaults } from './tracker.js'
import type { TrackGallery, TrackOptions } from './types.js'

const trackKeys = [
  ...streamKeys.filter((key) => key !== 'embed'),
  ...keysOf<
    Pick<
      TrackOptions,
      | 'gallery'
      | 'fpir'
      | 'embeddingsPerSecond'
      | 'allowTwice'
      | 'fullEvery'
      | 'idleEvery'
      | 'patience'
      | 'memory'
      | 'time'
    >
  >({
    gallery: true,
    fpir: true,
    embeddingsPerSecond: true,
    allowTwice: true,
    fullEvery: true,
    idleEvery: true,
    patience: true,
    memory: true,
    time: true
  })
]

/** The options with their defaults, checked. */
export interface TrackSettings {
  readonly gallery: TrackGallery | undefined
  readonly fpir: number
  readonly embeddingsPerSecond: number
  readonly allowTwice: boolean
  readonly fullEvery: number
  readonly idleEvery: number
  readonly patience: number
  readonly memory: number
}

function checkGallery(gallery: unknown): asserts gallery is TrackGallery {
  const identify: unknown = Object(gallery).identify
  if (typeof identify !== 'function') {
    throw new InvalidArgumentError('gallery', `gallery must be a Gallery, not ${show(gallery)}`)
  }
}

export function trackSettings<F>(options: TrackOptions<F>): TrackSettings {
  checkOptionKeys('options', options, trackKeys)
  const { gallery, time, fpir = 0.01, embeddingsPerSecond = 5, allowTwice = false } = options
  const { fullEvery = 1, idleEvery = 0.2 } = options
  const { patience = trackerDefaults.patience, memory = trackerDefaults.memory } = options
  if (gallery !== undefined) checkGallery(gallery)
  if (time !== undefined && typeof time !== 'function') {
    throw new InvalidArgumentError('time', `time must be a function, not ${show(time)}`)
  }
  checkNumber('fpir', fpir, 1e-9, 0.999)
  checkNumber('embeddingsPerSecond', embeddingsPerSecond, 0.01, 1000)
  checkBoolean('allowTwice', allowTwice)
  for (const [name, seconds] of Object.entries({ fullEvery, idleEvery, patience, memory })) {
    checkNumber(name, seconds, 0, 3600)
  }
  return {
    gallery,
    fpir,
    embeddingsPerSecond,
    allowTwice,
    fullEvery,
    idleEvery,
    patience,
    memory
  }
}
