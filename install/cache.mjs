// Where downloads and built libraries are kept, and the lock that keeps two builds apart.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal, say } from './say.mjs'

/** The cache folder, created if need be. */
export async function cacheFolder(env = process.env) {
  const base = env.SEESAWFACE_CACHE || env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(base, 'seesawface')
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw new Refusal(
      `the cache folder ${folder} cannot be made (${error.code}); ` +
        'set SEESAWFACE_CACHE to a folder you may write to.'
    )
  })
  return folder
}

export function exists(path) {
  return stat(path).then(
    () => true,
    () => false
  )
}

export async function sha256(path) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Runs `work` while holding the folder `path`; waits for a live holder, removes a dead one's. */
export async function locked(path, work) {
  const note = join(path, 'pid')
  for (let waited = false; ; await sleep(500)) {
    const made = await mkdir(path).then(
      () => true,
      (error) => {
        if (error.code === 'EEXIST') return false
        throw error
      }
    )
    if (made) break
    const holder = Number(await readFile(note, 'utf8').catch(() => ''))
    // A holder writes its pid right after making the folder: give it a moment to do so.
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs
    if (holder ? !alive(holder) : age > 10_000) await rm(path, { recursive: true, force: true })
    else if (!waited) {
      say(`another build of the same library is running (process ${holder || '?'}), waiting for it`)
      waited = true
    }
  }
  try {
    await writeFile(note, String(process.pid))
    return await work()
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}
