// The package as npm publishes it, with every binary in prebuilds/, and the same with only one of
// them, for machines where each megabyte counts.
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, tail } from '../../install/run.mjs'
import { Refusal } from '../../install/say.mjs'
import { type Target, targets } from './targets.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm pack --json` tells of a tarball. */
export interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly size: number }[]
}

async function must(program: string, args: string[], cwd = root): Promise<string> {
  const done = await run(program, args, { cwd })
  if (done.code !== 0) throw new Refusal(`${program} ${args[0]} failed.\n${tail(done)}`)
  return done.stdout
}

async function pack(folder: string, destination: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(destination)]
  const [packed]: Packed[] = JSON.parse(await must('npm', args, folder))
  if (packed === undefined) throw new Error('npm pack told nothing')
  return packed
}

/** Packs this package into the folder `destination`. */
export function packAll(destination: string): Promise<Packed> {
  return pack(root, destination)
}

/** Packs what the tarball `all` holds with no binary but the target's: NAME-VERSION-TARGET.tgz. */
export async function packFor(target: Target, all: string, destination: string): Promise<Packed> {
  const work = await mkdtemp(join(destination, '.pack-'))
  try {
    await must('tar', ['-xzf', resolve(all), '-C', work])
    const folder = join(work, 'package')
    for (const { file } of targets.filter(({ name }) => name !== target.name)) {
      await rm(join(folder, 'prebuilds', file), { force: true })
    }
    const out = join(work, 'out')
    await mkdir(out)
    const packed = await pack(folder, out)
    const filename = packed.filename.replace(/\.tgz$/, `-${target.name}.tgz`)
    await rename(join(out, packed.filename), join(destination, filename))
    return { ...packed, filename }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
