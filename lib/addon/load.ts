import nodeGypBuild from 'node-gyp-build'
import { BindingLoadError } from '../errors.js'
import { packageRoot } from '../paths.js'
import { decoderProblem, loadProblem, type Problem } from './remedies.js'
import type { NativeAddon } from './types.js'

function asError({ problem, remedy }: Problem, cause: unknown): BindingLoadError {
  return new BindingLoadError(`${problem} ${remedy}`, { cause })
}

let loaded: NativeAddon | undefined

/** Loads the addon on first use, so that importing the package never fails for want of it. */
export function loadBinding(): NativeAddon {
  if (loaded === undefined) {
    try {
      loaded = nodeGypBuild<NativeAddon>(packageRoot)
    } catch (error) {
      throw asError(loadProblem(error), error)
    }
  }
  return loaded
}

/** Loads the image decoder on first use: its binary can be missing like ours. */
export async function loadDecoder(): Promise<typeof import('@napi-rs/image')> {
  try {
    return await import('@napi-rs/image')
  } catch (error) {
    throw asError(decoderProblem(error), error)
  }
}
