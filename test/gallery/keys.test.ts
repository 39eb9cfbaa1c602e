import { randomBytes } from 'node:crypto'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import test from 'ava'
import { Gallery, type GalleryKey, GalleryKeyError } from '../../lib/gallery/index.js'
import { openIn, photosOf } from '../support/galleries.js'
import { TemporaryFolder } from '../support/models.js'

const bytes = randomBytes(32)
process.env.TEST_GALLERY_KEY = bytes.toString('hex')
process.env.TEST_OTHER_KEY = randomBytes(32).toString('hex')

const keys: [string, (folder: TemporaryFolder) => GalleryKey][] = [
  ['a file', (folder) => ({ file: folder.file('key'), create: true })],
  ['an environment variable', () => ({ env: 'TEST_GALLERY_KEY' })],
  ['a passphrase', () => ({ passphrase: 'correct horse battery staple' })],
  ['a function', () => () => bytes],
  ['a function with a promise', () => async () => bytes],
  ['none', () => 'none']
]
for (const [what, keyIn] of keys) {
  test(`the key is ${what}: it opens the gallery, and no other key does`, async (t) => {
    await using folder = await TemporaryFolder.make()
    const key = keyIn(folder)
    {
      await using gallery = await openIn(folder, { key })
      await gallery.enroll('Ada', photosOf('ada', 1))
    }
    const before = await folder.read('people.gallery')
    for (const [other, otherIn] of keys) {
      const isSame = other === what || [other, what].every((name) => /variable|function/.test(name))
      if (isSame) continue
      await using elsewhere = await TemporaryFolder.make()
      await t.throwsAsync(openIn(folder, { key: otherIn(elsewhere) }), {
        instanceOf: GalleryKeyError
      })
    }
    await t.throwsAsync(openIn(folder, { key: { env: 'TEST_OTHER_KEY' } }), {
      instanceOf: GalleryKeyError
    })
    t.true(before.equals(await folder.read('people.gallery')))
    await using again = await openIn(folder, { key })
    t.is((await again.get('Ada')).name, 'Ada')
  })
}

test('another passphrase of the right kind is refused', async (t) => {
  await using folder = await TemporaryFolder.make()
  await (await openIn(folder, { key: { passphrase: 'Zoë’s secret' } })).close()
  await (await openIn(folder, { key: { passphrase: 'Zoe\u0308’s secret' } })).close()
  await t.throwsAsync(openIn(folder, { key: { passphrase: 'somebody else’s' } }), {
    instanceOf: GalleryKeyError,
    message: /not the one of this gallery/
  })
})

test('a key file is created once, for its owner only, and refused when others may read it', async (t) => {
  await using folder = await TemporaryFolder.make()
  const file = folder.file('key')
  await (await openIn(folder)).close()
  t.is((await stat(file)).mode & 0o777, 0o600)
  t.is((await stat(folder.file('people.gallery'))).mode & 0o777, 0o600)
  const text = await readFile(file, 'utf8')
  t.regex(text, /^[0-9a-f]{64}\n$/)
  await (await openIn(folder)).close()
  t.is(await readFile(file, 'utf8'), text)
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(file, mode)
    await t.throwsAsync(openIn(folder), { instanceOf: GalleryKeyError, message: /chmod 600/ })
  }
})

const wrong: [string, unknown, object][] = [
  ['nothing', undefined, { code: 'INVALID_ARGUMENT' }],
  ['null', null, { code: 'INVALID_ARGUMENT' }],
  ['a string', 'secret', { code: 'INVALID_ARGUMENT' }],
  ['an empty object', {}, { code: 'INVALID_ARGUMENT' }],
  ['a number as file', { file: 3 }, { code: 'INVALID_ARGUMENT' }],
  ['a short passphrase', { passphrase: '1234567' }, { code: 'INVALID_ARGUMENT' }],
  ['a file that is not there', { file: '/nowhere/key' }, { code: 'GALLERY_KEY' }],
  ['a variable that is not set', { env: 'NO_SUCH_KEY' }, { code: 'GALLERY_KEY' }],
  ['a function with 31 bytes', () => new Uint8Array(31), { code: 'GALLERY_KEY' }]
]
for (const [what, key, expected] of wrong) {
  test(`as key, ${what} is an error, and no file is made`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await t.throwsAsync(openIn(folder, { key: key as GalleryKey }), expected)
    await t.throwsAsync(stat(folder.file('people.gallery')))
  })
}

test('a key file that holds something else is an error', async (t) => {
  await using folder = await TemporaryFolder.make()
  const file = folder.file('key')
  for (const content of ['', 'x'.repeat(64), 'a'.repeat(63), 'a'.repeat(66), 'a'.repeat(9999)]) {
    await writeFile(file, content, { mode: 0o600 })
    const opening = Gallery.open(folder.file('people.gallery'), { key: { file } })
    await t.throwsAsync(opening, { instanceOf: GalleryKeyError, message: /does not hold a key/ })
  }
})

test('rekey: the new key opens it, the old one no more, and what is kept is the same', async (t) => {
  await using folder = await TemporaryFolder.make()
  const [old, next] = [{ env: 'TEST_GALLERY_KEY' }, { env: 'TEST_OTHER_KEY' }]
  const gallery = await openIn(folder, { key: old, keep: 'crops' })
  const reader = await openIn(folder, { key: old })
  await gallery.enroll('Ada', photosOf('ada', 2), { details: 7 })
  await gallery.enroll('Bob', photosOf('bob', 1))
  const before = await gallery.list()
  await gallery.rekey(next)
  t.deepEqual(await gallery.list(), before)
  t.is((await gallery.identify(photosOf('ada', 9)[8] as Uint8Array)).person?.name, 'Ada')
  await gallery.enroll('Cem', photosOf('cem', 1))
  // Photos are still recognised.
  t.like((await gallery.addPhotos('Ada', photosOf('ada', 2))).warnings, { length: 2 })
  await t.throwsAsync(reader.list(), { instanceOf: GalleryKeyError, message: /got another key/ })
  await reader.close()
  await gallery.close()
  await t.throwsAsync(openIn(folder, { key: old }), { instanceOf: GalleryKeyError })
  await using again = await openIn(folder, { key: next })
  t.deepEqual((await again.list()).slice(0, 2), before)
  t.like(await again.check(), { ok: true, people: 3, photos: 4 })
})
