import { copyFile, readdir, stat } from 'node:fs/promises'
import test from 'ava'
import { FaceEmbedding } from '../../lib/embeddings/embedding.js'
import { type CropEmbedder, Gallery } from '../../lib/gallery/index.js'
import {
  manifestOf,
  openIn,
  photoNamed,
  photosOf,
  pretendRecognizer,
  vectorOf
} from '../support/galleries.js'
import { TemporaryFolder } from '../support/models.js'

const exportKey = { passphrase: 'for the journey' }

async function filled(folder: TemporaryFolder): Promise<Gallery> {
  const gallery = await openIn(folder, { keep: 'crops' })
  await gallery.enroll('Ada', photosOf('ada', 3), { details: { door: 3 } })
  await gallery.enroll('Bob', photosOf('bob', 1))
  return gallery
}

test('a backup is made while the gallery is open, and is a gallery with the same key', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await filled(folder)
  const before = await gallery.list()
  const path = folder.file('backup.gallery')
  await gallery.backup(path)
  await gallery.remove('Bob')
  await gallery.backup(folder.file('later.gallery'))
  t.is((await stat(path)).mode & 0o777, 0o600)
  const key = { file: folder.file('key') }
  await using copy = await Gallery.open(path, { key, recognizer: pretendRecognizer() })
  t.deepEqual(await copy.list(), before)
  t.like(await copy.check(), { ok: true, people: 2, photos: 4 })
  t.is((await copy.identify(photoNamed('bob/7'))).person?.name, 'Bob')
  await gallery.backup(folder.file('later.gallery'))
  t.deepEqual(
    (await readdir(folder.path)).filter((name) => name.endsWith('.part')),
    []
  )
})

const targets: [string, (folder: TemporaryFolder) => string, object][] = [
  [
    'itself',
    (folder) => folder.file('people.gallery'),
    { code: 'INVALID_ARGUMENT', argument: 'path' }
  ],
  ['a folder that is not there', (folder) => folder.file('no/where'), { code: 'FILE_WRITE' }],
  ['no path', () => '', { code: 'INVALID_ARGUMENT', argument: 'path' }]
]
for (const [what, pathIn, expected] of targets) {
  test(`a backup or an export to ${what} is an error`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await using gallery = await filled(folder)
    const path = pathIn(folder)
    t.like(await t.throwsAsync(gallery.backup(path)), expected)
    t.like(await t.throwsAsync(gallery.export(path, { key: exportKey })), expected)
    t.true((await gallery.check()).ok)
  })
}

test('an export is imported into a gallery with another key', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using elsewhere = await TemporaryFolder.make()
  await using gallery = await filled(folder)
  const path = folder.file('people.export')
  await gallery.export(path, { key: exportKey })
  t.is((await stat(path)).mode & 0o777, 0o600)
  const bytes = await folder.read('people.export')
  for (const planted of ['Ada', 'door', 'overall']) t.false(bytes.includes(planted))

  await using other = await openIn(elsewhere, { key: 'none' })
  t.deepEqual(await other.import(path, { key: exportKey }), { added: 2, skipped: 0, replaced: 0 })
  t.deepEqual(await other.list(), await gallery.list())
  t.like(await other.check(), { ok: true, people: 2, photos: 4 })
  t.is((await other.identify(photoNamed('ada/7'))).person?.name, 'Ada')
  // Photos are recognised there too.
  t.like((await other.addPhotos('Ada', photosOf('ada', 3))).warnings, { length: 3 })

  await t.throwsAsync(other.import(path, { key: exportKey }), { code: 'PERSON_EXISTS' })
  const skipped = await other.import(path, { key: exportKey, onConflict: 'skip' })
  t.deepEqual(skipped, { added: 0, skipped: 2, replaced: 0 })
  await other.rename('Ada', 'Adele')
  const replaced = await other.import(path, { key: exportKey, onConflict: 'replace' })
  t.deepEqual(replaced, { added: 0, skipped: 0, replaced: 2 })
  t.deepEqual(await other.list(), await gallery.list())
  t.true((await other.check()).ok)
})

test('a damaged export imports nobody', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using elsewhere = await TemporaryFolder.make()
  await using gallery = await filled(folder)
  await gallery.export(folder.file('x'), { key: exportKey })
  const good = await folder.read('x')
  await using other = await openIn(elsewhere, { key: 'none' })
  await other.enroll('Here', photosOf('here', 1))
  const head = good.indexOf('\n') + 1
  const first = head + 4 + good.readUInt32LE(head)
  const second = first + 4 + good.readUInt32LE(first)
  const changed = (at: number): Buffer => {
    const bytes = Buffer.from(good)
    bytes[at] = (bytes[at] as number) ^ 1
    return bytes
  }
  const otherSalt = Buffer.from(good)
  const inSalt = good.indexOf('"salt":"') + 10
  otherSalt[inSalt] = good[inSalt] === 65 ? 66 : 65
  const cases: [string, Buffer, string][] = [
    ['empty', Buffer.alloc(0), 'GALLERY_CORRUPT'],
    ['cut', good.subarray(0, good.length - 9), 'GALLERY_CORRUPT'],
    ['without its last piece', good.subarray(0, second), 'GALLERY_CORRUPT'],
    ['longer', Buffer.concat([good, Buffer.from('x')]), 'GALLERY_CORRUPT'],
    ['changed in a person', changed(first + 60), 'GALLERY_CORRUPT'],
    ['changed in its length', changed(first + 3), 'GALLERY_CORRUPT'],
    ['changed in its first piece', changed(head + 20), 'GALLERY_KEY'],
    ['changed in its salt', otherSalt, 'GALLERY_KEY'],
    [
      'without a person',
      Buffer.concat([good.subarray(0, first), good.subarray(second)]),
      'GALLERY_CORRUPT'
    ],
    [
      'of a later version',
      Buffer.from(good.toString('latin1').replace('"version":1', '"version":2'), 'latin1'),
      'GALLERY_VERSION'
    ],
    ['something else', Buffer.from('{"a":1}\n'), 'GALLERY_CORRUPT']
  ]
  for (const [what, bytes, code] of cases) {
    await folder.write('y', bytes)
    await t.throwsAsync(other.import(folder.file('y'), { key: exportKey }), { code }, what)
    t.is((await other.list()).length, 1)
  }
  await t.throwsAsync(other.import(folder.file('x'), { key: { passphrase: 'not this one' } }), {
    code: 'GALLERY_KEY'
  })
  await t.throwsAsync(other.import(folder.file('z'), { key: exportKey }), {
    code: 'GALLERY_NOT_FOUND'
  })
  t.like(await other.check(), { ok: true, people: 1 })
})

function embedderOf(
  model: string,
  fails = Number.POSITIVE_INFINITY
): CropEmbedder & { calls: number } {
  const embedder = {
    calls: 0,
    manifest: manifestOf(model),
    precision: 'fp32' as const,
    async embed(crop: Parameters<CropEmbedder['embed']>[0]) {
      if (++embedder.calls > fails) throw new Error('stopped')
      // The pretended crop repeats the photo's name.
      const text = Buffer.from(crop as Uint8Array).toString('latin1', 0, 40)
      const name = /^(\w+\/\d)/.exec(text)?.[1] ?? ''
      const modelSha256 = manifestOf(model).files.bin.sha256
      return new FaceEmbedding(vectorOf(name, model), { model, modelSha256, precision: 'fp32' })
    }
  }
  return embedder
}

test('another model: people are not compared, until an upgrade from the kept crops', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await filled(folder)
  for (let i = 0; i < 10; i++) await gallery.enroll(`P${i}`, photosOf(`p${i}`, 3))
  {
    await using newer = await openIn(folder, { recognizer: pretendRecognizer('n') })
    await t.throwsAsync(newer.identify(photoNamed('ada/9')), { code: 'GALLERY_MODEL' })
    await t.throwsAsync(newer.enroll('Eve', photosOf('eve', 1)), { code: 'GALLERY_MODEL' })
    t.is((await newer.list()).length, 12)
  }
  await t.throwsAsync(gallery.upgrade(embedderOf('n', 20)), { message: 'stopped' })
  // Nothing has changed for those who ask meanwhile.
  t.is((await gallery.identify(photoNamed('ada/9'))).person?.name, 'Ada')
  await gallery.enroll('Eve', photosOf('eve', 1))
  const progress: [number, number][] = []
  const embedder = embedderOf('n')
  await using newer = await openIn(folder, { recognizer: pretendRecognizer('n') })
  const onProgress = (done: number, total: number): unknown => progress.push([done, total])
  t.deepEqual(await newer.upgrade(embedder, { onProgress }), { photos: 35 - 16 })
  t.is(embedder.calls, 35 - 16)
  t.deepEqual(progress.at(-1), [35, 35])
  t.is((await newer.identify(photoNamed('ada/9'))).person?.name, 'Ada')
  t.is((await newer.counts()).model?.name, 'n')
  t.like(await newer.check(), { ok: true, people: 13, photos: 35 })
  await t.throwsAsync(gallery.identify(photoNamed('ada/9')), { code: 'GALLERY_MODEL' })
  t.deepEqual(await newer.upgrade(embedder), { photos: 0 })
})

test('without crops there is no upgrade, and the error says whose are missing', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  await gallery.enroll('Ada', photosOf('ada', 2))
  await t.throwsAsync(gallery.upgrade(embedderOf('n')), {
    code: 'GALLERY_MODEL',
    message: /Of 2 photos of 1 people no crop was kept/
  })
  t.is((await gallery.identify(photoNamed('ada/9'))).person?.name, 'Ada')
})

test('an embedding of another model is refused by name', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await filled(folder)
  const other = await pretendRecognizer('other').embed(photoNamed('ada/1'))
  await t.throwsAsync(gallery.identify(other), {
    code: 'EMBEDDING_MISMATCH',
    message: /model "other"/
  })
  await t.throwsAsync(gallery.enroll('Eve', other), { code: 'EMBEDDING_MISMATCH' })
})

test('a damaged gallery is examined without being opened', async (t) => {
  await using folder = await TemporaryFolder.make()
  await (await filled(folder)).close()
  const key = { file: folder.file('key') }
  const path = folder.file('people.gallery')
  t.like(await Gallery.check(path, { key }), { ok: true, people: 2, photos: 4, problems: [] })
  const bytes = await folder.read('people.gallery')
  // Crops fill pages of their own: one bit in the middle of each page after the first twenty.
  for (let at = 20 * 4096 + 2000; at < bytes.length; at += 4096) {
    bytes[at] = (bytes[at] as number) ^ 0x40
  }
  await folder.write('people.gallery', bytes)
  const report = await Gallery.check(path, { key })
  t.false(report.ok)
  t.regex(report.problems[0]?.message ?? '', /damaged|SQLite/)
})

test('a copy of the files while it is open is a gallery, or an error', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await filled(folder)
  const key = { file: folder.file('key') }
  const writing = (async () => {
    for (let i = 0; i < 40; i++) await gallery.enroll(`P${i}`, photosOf(`p${i}`, 1))
  })()
  const outcomes: string[] = []
  for (let i = 0; i < 15; i++) {
    await using copied = await TemporaryFolder.make()
    const copy = copied.file('people.gallery')
    await copyFile(folder.file('people.gallery'), copy)
    if (i % 2 === 0) await copyFile(folder.file('people.gallery-wal'), `${copy}-wal`).catch(() => 0)
    try {
      await using opened = await Gallery.open(copy, { key })
      const { ok, people } = await opened.check()
      // Without the log, it is as it was when the log was last written into it.
      outcomes.push(ok && (people >= 2 || i % 2 === 1) ? 'a gallery' : 'wrong')
    } catch (error) {
      outcomes.push(String((error as { code?: string }).code))
    }
  }
  await writing
  t.log(outcomes.join())
  t.true(outcomes.every((outcome) => /^(a gallery|GALLERY_(CORRUPT|NOT_FOUND))$/.test(outcome)))
  t.like(await gallery.check(), { ok: true, people: 42 })
})
