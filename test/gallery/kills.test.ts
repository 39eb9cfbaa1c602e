// Kills a process at random moments of its changes to a gallery. KILLS says how often; at night 1,000.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { Gallery, GalleryKeyError } from '../../lib/gallery/index.js'
import { randomNumbers } from '../support/faces.js'
import { TemporaryFolder } from '../support/models.js'

const kills = Number(process.env.KILLS || 12)
const victim = fileURLToPath(new URL('../support/gallery-victim.ts', import.meta.url))

interface Line {
  readonly ready?: true
  readonly begin?: string
  readonly done?: string
  readonly name?: string
  readonly to?: string
  readonly key?: string
  readonly photos?: number
  readonly sealed?: readonly string[]
  readonly people?: readonly string[]
}

/** What it said until it was killed, so many milliseconds after it was ready. */
async function killed(args: readonly string[], after: number): Promise<Line[]> {
  const child = spawn(process.execPath, ['--import=tsx', victim, ...args], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const lines: Line[] = []
  for await (const text of createInterface({ input: child.stdout })) {
    const line: Line = JSON.parse(text)
    lines.push(line)
    if (line.ready) setTimeout(() => child.kill('SIGKILL'), after)
  }
  return lines
}

/**
 * By another process: where one that has a database open closes a file of it, POSIX takes away the
 * locks that SQLite relies on (sqlite.org/howtocorrupt.html, 2.2).
 */
function bytesOf(path: string): Buffer {
  const { status, stdout } = spawnSync('cat', [path], { maxBuffer: 1 << 28 })
  // A log goes with the last connection, which the drop-in closes when it is collected.
  if (status !== 0 && existsSync(path)) throw new Error(`cat ${path} ended with ${status}`)
  return stdout
}

/** What must be true of the gallery, from what was said. */
class Ledger {
  /** Names and numbers of photos. */
  readonly people = new Map<string, number>()
  /** Begun and not told done. */
  open: Line | undefined
  key = 'key-0'
  /** Beginnings of values that must be gone. */
  sealed: string[] = []
  backup: { readonly key: string; readonly people: readonly string[] } | undefined

  take(lines: readonly Line[]): void {
    for (const line of lines) {
      if (line.begin !== undefined) this.open = line
      if (line.done === undefined) continue
      this.open = undefined
      const { done, name = '', to = '', photos = 0, key = '', sealed = [], people = [] } = line
      if (done === 'enroll') this.people.set(name, photos)
      if (done === 'remove') this.people.delete(name)
      if (done === 'remove') this.sealed.push(...sealed)
      if (done === 'rename') this.people.set(to, this.people.get(name) ?? 0)
      if (done === 'rename') this.people.delete(name)
      if (done === 'rekey') this.key = key
      if (done === 'backup') this.backup = { key, people }
    }
  }

  /** What was under way has happened, or not. */
  settle(names: ReadonlySet<string>): void {
    const { begin, name = '', to = '', photos = 0 } = this.open ?? {}
    if (begin === 'enroll' && names.has(name)) this.people.set(name, photos)
    if (begin === 'remove' && !names.has(name)) this.people.delete(name)
    if (begin === 'rename' && names.has(to)) {
      this.people.set(to, this.people.get(name) ?? 0)
      this.people.delete(name)
    }
    this.open = undefined
  }
}

async function openedBy(folder: TemporaryFolder, path: string, keys: readonly string[]) {
  for (const [i, name] of keys.entries()) {
    try {
      const key = { file: folder.file(name) }
      return { gallery: await Gallery.open(path, { key, create: false }), key: name }
    } catch (error) {
      if (!(error instanceof GalleryKeyError) || i === keys.length - 1) throw error
    }
  }
  throw new Error('no key')
}

test(`${kills} kills: what was done is there, what was removed is gone`, async (t) => {
  t.timeout(60_000 + kills * 20_000)
  await using folder = await TemporaryFolder.make()
  const path = folder.file('people.gallery')
  const random = randomNumbers(Number(process.env.FC_SEED || 7))
  const ledger = new Ledger()
  let done = 0
  for (let kill = 1; kill <= kills; kill++) {
    const lines = await killed([folder.path, String(kill), ledger.key], 20 + random() * 600)
    done += lines.filter((line) => line.done !== undefined).length
    ledger.take(lines)
    const begun = ledger.open
    const candidates = begun?.begin === 'rekey' ? [ledger.key, begun.key ?? ''] : [ledger.key]
    const { gallery, key } = await openedBy(folder, path, candidates)
    ledger.key = key
    const people = await gallery.list()
    ledger.settle(new Set(people.map(({ name }) => name)))
    const found = people.map(({ name, photos }) => [name, photos.length] as const).sort()
    t.deepEqual(found, [...ledger.people].sort(), `kill ${kill}, in ${begun?.begin ?? 'nothing'}`)
    const { ok, problems } = await gallery.check()
    t.true(ok, JSON.stringify(problems))
    await gallery.close()
    const files = (await readdir(folder.path)).filter((name) => name.startsWith('people.gallery'))
    for (const file of files) {
      const bytes = bytesOf(folder.file(file))
      const left = ledger.sealed.filter((hex) => bytes.includes(Buffer.from(hex, 'hex')))
      t.deepEqual(left, [], `${file} after kill ${kill}`)
    }
    if (ledger.backup) {
      const copy = await Gallery.check(folder.file('backup.gallery'), {
        key: { file: folder.file(ledger.backup.key) }
      })
      t.is(copy.people, ledger.backup.people.length)
      t.true(copy.ok)
      // The next one takes its place, and may be killed in it.
      ledger.backup = undefined
    }
  }
  t.log(`${done} changes, ${ledger.sealed.length} values erased`)
  t.true(done > kills)
})
