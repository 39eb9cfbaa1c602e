import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('peers/', import.meta.url))

/** Runs `make` unless it was done in this folder with the same lists. */
function once(folder: string, lists: readonly string[], make: () => void): void {
  const wanted = lists.map((name) => readFileSync(join(here, name), 'utf8')).join('\n')
  const mark = join(folder, '.done')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  mkdirSync(folder, { recursive: true })
  make()
  writeFileSync(mark, wanted)
}

const stdio: ['ignore', 'ignore', 'inherit'] = ['ignore', 'ignore', 'inherit']

/** The peers of Node.js, as bench/peers/package-lock.json has them. Returns their folder. */
export function installNodePeers(cache: string): string {
  const folder = join(cache, 'node')
  const lists = ['package.json', 'package-lock.json']
  once(folder, lists, () => {
    for (const name of lists) cpSync(join(here, name), join(folder, name))
    // No scripts: onnxruntime-node's would fetch libraries for GPUs.
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
    execFileSync('npm', args, { cwd: folder, stdio })
  })
  return folder
}

/** Packages for Python, in an environment of its own. Returns its interpreter. */
function installPython(folder: string, list: string): string {
  const python = join(folder, 'bin/python')
  once(folder, [list], () => {
    execFileSync('python3', ['-m', 'venv', folder], { stdio })
    const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', join(here, list)]
    execFileSync(python, args, { stdio })
  })
  return python
}

export const installOpenCv = (cache: string): string =>
  installPython(join(cache, 'python'), 'requirements.txt')

/** faiss and usearch. */
export const installSearches = (cache: string): string =>
  installPython(join(cache, 'search'), 'search-requirements.txt')

export const peerScript = (name: string): string => join(here, name)
