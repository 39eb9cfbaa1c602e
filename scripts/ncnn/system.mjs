// An NCNN that is already on the machine: installed system-wide, or in a folder.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exists } from './cache.mjs'
import { run } from './run.mjs'
import { Refusal } from './say.mjs'

const probe = `cmake_minimum_required(VERSION 3.15)
project(probe CXX)
find_package(ncnn REQUIRED)
message("ncnn_DIR=\${ncnn_DIR}")
`

/** The install prefix of the NCNN that cmake's find_package finds. */
export async function findSystem() {
  const folder = await mkdtemp(join(tmpdir(), 'ncnn-probe-'))
  try {
    await writeFile(join(folder, 'CMakeLists.txt'), probe)
    const done = await run('cmake', ['-S', folder, '-B', join(folder, 'build')])
    if (done.missing) {
      throw new Refusal('cmake is needed (Debian: apt install cmake; Termux: pkg install cmake).')
    }
    const found = (done.stdout + done.stderr).match(/ncnn_DIR=(.+)/)?.[1]
    if (done.code === 0 && found) return found.replace(/\/(lib|lib64)(\/[^/]+)?\/cmake\/ncnn$/, '')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  throw new Refusal(
    'cmake finds no installed NCNN (Termux: pkg install ncnn; Debian has no package of it); ' +
      'leave SEESAWFACE_NCNN unset to have it built.'
  )
}

/** What kind of folder the user gave: 'prefix' of an installation or 'source' tree. */
export async function kindOfFolder(folder) {
  for (const lib of ['lib', 'lib64']) {
    if (await exists(join(folder, lib, 'cmake/ncnn/ncnnConfig.cmake'))) return 'prefix'
  }
  if (await exists(join(folder, 'src/net.h'))) return 'source'
  throw new Refusal(
    `${folder} is neither an installed NCNN (lib/cmake/ncnn/ncnnConfig.cmake) nor its source ` +
      '(src/net.h).'
  )
}
