import { rmSync } from 'node:fs'
import { chmod, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FileWriteError, systemCode } from '../errors.js'

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be larger than this process may write',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such folder',
  ENOTDIR: 'no such folder',
  EISDIR: 'it is a folder'
}

/** Why something could not be written, in words. */
export function whyNotWritten(thrown: unknown): string {
  const code = systemCode(thrown)
  return code === undefined ? String(thrown) : (reasons[code] ?? code)
}

/** What the operating system says of a file or folder, as one of our errors. */
export function writeError(path: string, thrown: unknown): FileWriteError {
  const message = `"${path}" cannot be written: ${whyNotWritten(thrown)}`
  return new FileWriteError(message, { cause: thrown })
}

/** Half-written files of this process, to be removed when it is told to stop. */
const unfinished = new Set<string>()
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { force: true })
}

function stop(signal: NodeJS.Signals): void {
  removeUnfinished()
  process.off(signal, stop)
  // Nobody else wants to know: it ends the process as it would have without us.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

function watch(path: string): void {
  if (unfinished.size === 0) {
    for (const signal of signals) process.on(signal, stop)
    process.on('exit', removeUnfinished)
  }
  unfinished.add(path)
}

function unwatch(path: string): void {
  unfinished.delete(path)
  if (unfinished.size > 0) return
  for (const signal of signals) process.off(signal, stop)
  process.off('exit', removeUnfinished)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

/** Processes of other machines may write to the same folder: what is young is left alone. */
const staleAfter = 60_000

/** Removes what a process that was killed has left of an earlier try to write this file. */
async function removeLeftovers(target: string): Promise<void> {
  const [folder, name] = [dirname(target), basename(target)]
  for (const entry of await readdir(folder).catch((): string[] => [])) {
    const pid = entry.startsWith(`${name}.`) && /^\.(\d+)-\d+\.part$/.exec(entry.slice(name.length))
    if (!pid || isAlive(Number(pid[1]))) continue
    const path = join(folder, entry)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > staleAfter) await rm(path, { force: true }).catch(() => undefined)
  }
}

async function writeThrough(path: string, content: string | Uint8Array, flags: 'w' | 'wx') {
  const file = await open(path, flags)
  try {
    await file.writeFile(content)
    // Before it takes the old file's place: else a loss of power could leave neither.
    if (flags === 'wx') await file.sync()
  } finally {
    await file.close()
  }
}

let serial = 0

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Has `write` make a file beside the one at `path`, whose place it then takes: whole and on the disk,
 * or not at all. What `write` throws, it throws.
 */
export async function replaceFile(
  path: string,
  mode: number,
  write: (staged: string) => Promise<void>
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  await removeLeftovers(target)
  const staged = `${target}.${process.pid}-${++serial}.part`
  watch(staged)
  try {
    const file = await open(staged, 'wx', mode)
    await file.close()
    await write(staged)
    await syncFile(staged)
    await rename(staged, target)
    await syncFile(dirname(target))
  } finally {
    await rm(staged, { force: true }).catch(() => undefined)
    unwatch(staged)
  }
}

/**
 * Writes a file that is whole or as it was before, also when the program is stopped half-way or
 * there is no space: it is written beside and then renamed. Rejects with FileWriteError. What is no
 * file (a device, a pipe) is written to as it is; a symbolic link is followed.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const target = await realpath(path).catch(() => path)
    const old = await stat(target).catch(() => undefined)
    if (old !== undefined && !old.isFile()) return await writeThrough(target, content, 'w')
    await removeLeftovers(target)
    const staged = `${target}.${process.pid}-${++serial}.part`
    watch(staged)
    try {
      await writeThrough(staged, content, 'wx')
      if (old !== undefined) await chmod(staged, old.mode & 0o777)
      await rename(staged, target)
    } finally {
      await rm(staged, { force: true }).catch(() => undefined)
      unwatch(staged)
    }
  } catch (error) {
    throw writeError(path, error)
  }
}
