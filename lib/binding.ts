import nodeGypBuild from 'node-gyp-build'
import { BindingLoadError } from './errors.js'
import type { NativeAddon } from './native.js'
import { packageRoot } from './paths.js'

const rebuild =
  'Debian, Ubuntu, Raspberry Pi OS: `sudo apt install g++ cmake ninja-build python3-pip && npm rebuild seesawface`; ' +
  'Termux: `pkg install clang cmake ninja python python-pip && npm rebuild seesawface`.'

/** Says, in one or two sentences, what keeps the add-on from loading and what to do about it. */
export function explainLoadFailure(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const target = `${process.platform}-${process.arch}, Node ${process.versions.node}`
  if (/No native build was found/.test(message)) {
    return `The native add-on has not been built for ${target}. Build it — ${rebuild}`
  }
  const library =
    /(lib[\w.+-]+\.so[\w.]*): cannot open shared object|library "(lib[^"]+)" not found/.exec(
      message
    )
  if (library) {
    return `The native add-on needs the system library ${library[1] ?? library[2]}, which is missing. Install it, or build the add-on here — ${rebuild}`
  }
  const symbolVersion = /version `([^']+)' not found/.exec(message)
  if (symbolVersion) {
    return `The native add-on was built on a newer system (it wants ${symbolVersion[1]}). Build it here — ${rebuild}`
  }
  if (/invalid ELF header|wrong ELF class|Exec format|mach-o|not a valid Win32/i.test(message)) {
    return `The native add-on was built for another kind of machine than ${target}; was node_modules copied? Build it here — ${rebuild}`
  }
  return `The native add-on cannot be loaded on ${target}: ${message.split('\n')[0]}. Build it anew — ${rebuild}`
}

let loaded: NativeAddon | undefined

/** Loads the add-on on first use, so that importing the package never fails for want of it. */
export function loadBinding(): NativeAddon {
  if (loaded === undefined) {
    try {
      loaded = nodeGypBuild<NativeAddon>(packageRoot)
    } catch (error) {
      throw new BindingLoadError(explainLoadFailure(error), { cause: error })
    }
  }
  return loaded
}
