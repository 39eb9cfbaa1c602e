import { readdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { resolveAddon } from '../doctor/addon.js'
import { bundledModelDir, packageRoot } from '../paths.js'

/** Bytes on disk of what is needed to run; `null` for what is not there. */
export interface Sizes {
  readonly code: number | null
  readonly addon: number | null
  readonly models: number | null
  readonly decoder: number | null
}

/** Bytes of all files in a folder and below, or of a file. */
async function bytesIn(path: string): Promise<number> {
  const entry = await stat(path)
  if (!entry.isDirectory()) return entry.size
  let sum = 0
  for (const name of await readdir(path)) sum += await bytesIn(join(path, name))
  return sum
}

async function bytesOrNull(path: string | undefined): Promise<number | null> {
  if (path === undefined) return null
  return bytesIn(path).catch(() => null)
}

/** The decoder's JavaScript and its binaries, which npm puts beside it. */
async function decoderFolders(): Promise<string[]> {
  try {
    const require = createRequire(join(packageRoot, 'package.json'))
    const scope = dirname(dirname(require.resolve('@napi-rs/image')))
    const names = await readdir(scope)
    return names.filter((name) => /^image(-|$)/.test(name)).map((name) => join(scope, name))
  } catch {
    return []
  }
}

export async function sizesOnDisk(modelDir = bundledModelDir): Promise<Sizes> {
  const decoders = await Promise.all((await decoderFolders()).map(bytesOrNull))
  return {
    code: await bytesOrNull(join(packageRoot, 'dist')),
    addon: await bytesOrNull(resolveAddon(packageRoot)),
    models: await bytesOrNull(modelDir),
    decoder: decoders.length === 0 ? null : decoders.reduce<number>((a, b) => a + (b ?? 0), 0)
  }
}
