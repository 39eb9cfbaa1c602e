import { keysOf } from '../keys.js'
import { type EmbedOptions, embedKeys } from '../recognizer.js'
import type {
  EnrolOptions,
  GalleryOptions,
  IdentifyOptions,
  ImportOptions,
  UpgradeOptions
} from './types.js'

/** The options of each call: others are refused, as a misspelled one would decide by its absence. */

export const galleryKeys = keysOf<GalleryOptions>({
  key: true,
  recognizer: true,
  create: true,
  keep: true,
  readOnly: true,
  lockTimeout: true
})

export const enrolKeys = [
  ...embedKeys,
  ...keysOf<Omit<EnrolOptions, keyof EmbedOptions>>({ details: true, strict: true })
]

export const identifyKeys = [
  ...embedKeys,
  ...keysOf<Omit<IdentifyOptions, keyof EmbedOptions>>({ fpir: true, top: true })
]

export const importKeys = keysOf<ImportOptions>({ key: true, onConflict: true })

export const upgradeKeys = keysOf<UpgradeOptions>({ signal: true, onProgress: true })
