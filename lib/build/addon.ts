import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { BuildFailedError, systemCode } from '../errors.js'
import { installCommand, missingTools, thisSystem } from './tools.js'

export interface BuildOptions {
  /** NCNN with Vulkan, for GPUs. */
  readonly vulkan: boolean
  /** Configure anew, as after a compiler was changed. */
  readonly clean: boolean
  /** How many compilers run at once; by default as many as there are cores. */
  readonly jobs?: number | undefined
}

/** Where cmake-js leaves the addon, in the package. */
export const builtAddon = join('build', 'Release', 'seesawface.node')

async function checkTools(): Promise<void> {
  const missing = await missingTools()
  if (missing.length === 0) return
  const reasons = missing.map(({ name, reason }) => `${name} (${reason})`).join(', ')
  throw new BuildFailedError(
    `Compiling the addon requires ${reasons}. Install what is missing, then run the command again: ` +
      `\`${installCommand(missing, thisSystem())}\``
  )
}

async function checkWritable(root: string): Promise<void> {
  try {
    await access(root, constants.W_OK)
  } catch (cause) {
    throw new BuildFailedError(
      `The addon is compiled in "${root}", which you may not write to (${systemCode(cause)}). ` +
        'Run the command as the user who installed the package',
      { cause }
    )
  }
}

/** Runs a program whose output goes to stderr as it comes: stdout carries only the answer. */
function runTo(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  return new Promise<number | NodeJS.Signals>((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 2, 2] })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(signal ?? code ?? 1))
  })
}

/** Loads the addon in a process of its own, which a faulty one may end. */
async function tryOut(file: string, root: string): Promise<void> {
  const code = 'require(process.argv[1]).ncnnVersion.length'
  const outcome = await runTo(process.execPath, ['-e', code, file], root, process.env)
  if (outcome !== 0) {
    throw new BuildFailedError(
      `The addon was compiled but cannot be loaded (${outcome}); run \`npx seesawface doctor\``
    )
  }
}

/**
 * Compiles the addon of the package at `root` and tries to load it. NCNN and libjpeg-turbo come from
 * the cache, or are fetched and compiled first. Until the new addon is linked the old one stays.
 */
export async function buildAddon(root: string, options: BuildOptions): Promise<string> {
  await checkTools()
  await checkWritable(root)
  if (options.clean) {
    for (const name of ['CMakeCache.txt', 'CMakeFiles']) {
      await rm(join(root, 'build', name), { recursive: true, force: true })
    }
  }
  const cmakeJs = createRequire(join(root, 'package.json')).resolve('cmake-js/bin/cmake-js')
  const args = [cmakeJs, 'compile', `--CDSEESAWFACE_VULKAN=${options.vulkan ? 'ON' : 'OFF'}`]
  if (options.jobs !== undefined) args.push('--parallel', String(options.jobs))
  const env = {
    ...process.env,
    ...(options.jobs !== undefined && { SEESAWFACE_JOBS: String(options.jobs) })
  }
  const outcome = await runTo(process.execPath, args, root, env)
  if (outcome !== 0) {
    throw new BuildFailedError(
      `The addon could not be compiled (${outcome}); the messages above say why`
    )
  }
  const file = join(root, builtAddon)
  await tryOut(file, root)
  return file
}
