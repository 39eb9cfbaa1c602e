// A library that is already on the machine: installed system-wide, or in a folder.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exists } from './cache.mjs'
import { run } from './run.mjs'
import { Refusal } from './say.mjs'

const probe = (name) => `cmake_minimum_required(VERSION 3.15)
project(probe CXX)
find_package(${name} REQUIRED)
message("FOUND=\${${name}_DIR}")
`

/** The install prefix of the library that cmake's find_package finds. */
export async function findSystem({ title, variable, system, name }) {
  if (!system) {
    throw new Refusal(
      `the ${title} of the system is looked for by cmake/${name}.cmake: set ${variable}=system ` +
        'where the addon is built.'
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-probe-'))
  try {
    await writeFile(join(folder, 'CMakeLists.txt'), probe(system.package))
    const done = await run('cmake', ['-S', folder, '-B', join(folder, 'build')])
    if (done.missing) {
      throw new Refusal('cmake is needed (Debian: apt install cmake; Termux: pkg install cmake).')
    }
    const found = (done.stdout + done.stderr).match(/FOUND=(.+)/)?.[1]
    if (done.code === 0 && found) return system.prefixOf(found)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  throw new Refusal(
    `cmake finds no installed ${title} (${system.missing}); leave ${variable} unset to have it built.`
  )
}

/** What kind of folder the user gave: 'prefix' of an installation or 'source' tree. */
export async function kindOfFolder({ title, prefix, source }, folder) {
  for (const file of prefix.files) if (await exists(join(folder, file))) return 'prefix'
  if (await exists(join(folder, source))) return 'source'
  throw new Refusal(
    `${folder} is neither an installed ${title} (${prefix.named}) nor its source (${source}).`
  )
}
