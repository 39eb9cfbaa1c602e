// Several connections to one file stand in for several processes: SQLite treats them alike.
import { mkdir, rename } from 'node:fs/promises'
import test from 'ava'
import { Gallery, type GalleryChange } from '../../lib/gallery/index.js'
import { loadSqlite } from '../../lib/gallery/store/sqlite.js'
import { openIn, photoNamed, photosOf, pretendRecognizer } from '../support/galleries.js'
import { TemporaryFolder } from '../support/models.js'

test('a reader sees at once what another process has changed', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using writer = await openIn(folder)
  await using reader = await openIn(folder)
  const who = async (photo: string): Promise<string | undefined> =>
    (await reader.identify(photoNamed(photo))).person?.name
  t.is(await who('ada/9'), undefined)
  await writer.enroll('Ada', photosOf('ada', 1))
  t.is(await who('ada/9'), 'Ada')
  await writer.rename('Ada', 'Adele')
  t.is(await who('ada/9'), 'Adele')
  await writer.addPhotos('Adele', photosOf('bob', 1))
  await writer.enroll('Bob', photosOf('bob', 3))
  t.is(await who('bob/9'), 'Bob')
  await writer.merge('Adele', 'Bob')
  t.is((await reader.counts()).people, 1)
  await writer.remove('Adele')
  t.is(await who('ada/9'), undefined)
  t.is(await who('bob/9'), undefined)
})

test('changes are told in order, here and elsewhere, and again from any of them', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using writer = await openIn(folder)
  await using reader = await openIn(folder)
  const [near, far]: [GalleryChange[], GalleryChange[]] = [[], []]
  const listen = async (gallery: Gallery, into: GalleryChange[]): Promise<void> => {
    for await (const change of gallery.changes({ interval: 20 })) {
      into.push(change)
      if (change.kind === 'removed') break
    }
  }
  const listening = Promise.all([listen(writer, near), listen(reader, far)])
  const { person: ada } = await writer.enroll('Ada', photosOf('ada', 1))
  const { person: bob } = await writer.enroll('Bob', photosOf('bob', 2))
  await writer.setDetails(ada, 1)
  await writer.merge(ada, bob)
  await reader.addPhotos(ada, photosOf('ada', 2))
  await writer.remove(ada)
  await listening
  const expected = [
    { seq: 1, kind: 'enrolled', person: ada.id },
    { seq: 2, kind: 'enrolled', person: bob.id },
    { seq: 3, kind: 'updated', person: ada.id },
    { seq: 4, kind: 'merged', person: ada.id, merged: bob.id },
    { seq: 5, kind: 'updated', person: ada.id },
    { seq: 6, kind: 'removed', person: ada.id }
  ] as const
  t.deepEqual(near, [...expected])
  t.deepEqual(far, [...expected])
  const again: GalleryChange[] = []
  for await (const change of reader.changes({ since: 4 })) {
    again.push(change)
    if (again.length === 2) break
  }
  t.deepEqual(again, expected.slice(4))
})

test('changes end with the gallery, and with a signal', async (t) => {
  await using folder = await TemporaryFolder.make()
  const gallery = await openIn(folder)
  const drain = async (signal?: AbortSignal): Promise<string> => {
    for await (const _ of gallery.changes(signal === undefined ? {} : { signal })) {
      // none
    }
    return 'ended'
  }
  const controller = new AbortController()
  const [aborted, closed] = [drain(controller.signal), drain()]
  controller.abort(new Error('enough'))
  await t.throwsAsync(aborted, { message: 'enough' })
  await gallery.close()
  t.is(await closed, 'ended')
})

test('many writers: everything that was acknowledged is there, once', async (t) => {
  await using folder = await TemporaryFolder.make()
  const writers = await Promise.all([1, 2, 3].map(() => openIn(folder)))
  const names = Array.from({ length: 30 }, (_, i) => `P${i}`)
  await Promise.all(
    names.map((name, i) => (writers[i % 3] as Gallery).enroll(name, photosOf(name, 1)))
  )
  // All at once for the same name: one of them is first.
  const outcomes = await Promise.allSettled(
    writers.map((writer) => writer.enroll('Same', photosOf('same', 1)))
  )
  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const writer of writers) {
    t.deepEqual((await writer.list()).map(({ name }) => name).sort(), [...names, 'Same'].sort())
    t.is((await writer.identify(photoNamed('P7/5'))).person?.name, 'P7')
    await writer.close()
  }
  await using gallery = await openIn(folder)
  t.like(await gallery.check(), { ok: true, people: 31, photos: 31 })
})

test('a writer that holds the file makes others wait, and then fail with a name', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder, { lockTimeout: 300 })
  await gallery.enroll('Ada', photosOf('ada', 1))
  const other = new (loadSqlite().DatabaseSync)(folder.file('people.gallery'), {})
  other.exec('BEGIN IMMEDIATE')
  await t.throwsAsync(gallery.remove('Ada'), { code: 'GALLERY_LOCKED', message: /300 ms/ })
  // Reading goes on.
  t.is((await gallery.identify(photoNamed('ada/9'))).person?.name, 'Ada')
  const waiting = gallery.enroll('Bob', photosOf('bob', 1))
  other.exec('ROLLBACK')
  other.close()
  t.is((await waiting).person.name, 'Bob')
})

test('a gallery opened for reading only is not changed', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using writer = await openIn(folder)
  await writer.enroll('Ada', photosOf('ada', 1))
  await using reader = await openIn(folder, { readOnly: true })
  t.is((await reader.identify(photoNamed('ada/9'))).person?.name, 'Ada')
  for (const act of [
    () => reader.enroll('Bob', photosOf('bob', 1)),
    () => reader.remove('Ada'),
    () => reader.rename('Ada', 'Eve'),
    () => reader.rekey('none')
  ]) {
    await t.throwsAsync(act, { code: 'FILE_WRITE', message: /may only be read/ })
  }
  await writer.enroll('Bob', photosOf('bob', 1))
  t.is((await reader.list()).length, 2)
  await t.throwsAsync(Gallery.open(folder.file('none'), { key: 'none', readOnly: true }), {
    code: 'GALLERY_NOT_FOUND'
  })
})

test('the log of changes is bounded: a reader that missed too much is told, and is right', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using reader = await openIn(folder)
  const { seq } = { seq: 0 }
  {
    await using writer = await openIn(folder)
    await writer.enroll('Ada', photosOf('ada', 1))
    await writer.enroll('Bob', photosOf('bob', 1))
    await writer.remove('Bob')
    const other = new (loadSqlite().DatabaseSync)(folder.file('people.gallery'), {})
    other.exec('DELETE FROM change WHERE seq < 3')
    other.close()
  }
  t.is((await reader.identify(photoNamed('ada/9'))).person?.name, 'Ada')
  t.is((await reader.counts()).people, 1)
  for await (const change of reader.changes({ since: seq })) {
    t.deepEqual(change, { seq: 3, kind: 'missed' })
    break
  }
})

test('the clock is set back: what is kept stays in order', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  const now = Date.now
  try {
    await gallery.enroll('First', photosOf('first', 1))
    Date.now = () => now() - 10 * 365 * 86_400_000
    await gallery.enroll('Second', photosOf('second', 1))
    await gallery.addPhotos('First', photosOf('first', 2))
  } finally {
    Date.now = now
  }
  t.deepEqual(
    (await gallery.list()).map(({ name }) => name),
    ['First', 'Second']
  )
  const { photos } = await gallery.get('First')
  t.is(photos.length, 2)
  t.true((photos[1]?.added ?? 0) < (photos[0]?.added ?? 0))
  t.true((await gallery.check()).ok)
})

test('paths that cannot be galleries', async (t) => {
  await using folder = await TemporaryFolder.make()
  await mkdir(folder.file('folder'))
  for (const [path, code] of [
    [folder.file('folder'), 'GALLERY_STORE'],
    [folder.file('no/where'), 'FILE_WRITE'],
    ['', 'INVALID_ARGUMENT'],
    [7, 'INVALID_ARGUMENT']
  ] as const) {
    const recognizer = pretendRecognizer()
    const opening = Gallery.open(path as string, { key: 'none', recognizer })
    await t.throwsAsync(opening, { code }, String(path))
  }
})

test('a gallery may be moved between two openings', async (t) => {
  await using folder = await TemporaryFolder.make()
  {
    await using gallery = await openIn(folder)
    await gallery.enroll('Ada', photosOf('ada', 1))
  }
  await rename(folder.file('people.gallery'), folder.file('moved'))
  await using gallery = await Gallery.open(folder.file('moved'), {
    key: { file: folder.file('key') }
  })
  t.is((await gallery.list()).length, 1)
})
