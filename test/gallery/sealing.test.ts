// What the file's bytes tell, and what happens when they are changed. The file is looked at and
// changed by SQLite itself here, behind the gallery's back.
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { loadSqlite, type Row } from '../../lib/gallery/store/sqlite.js'
import { openIn, photoNamed, photosOf, vectorOf } from '../support/galleries.js'
import { TemporaryFolder } from '../support/models.js'

/** All bytes that are on the disk: the file and what SQLite keeps beside it. */
async function bytesIn(folder: TemporaryFolder): Promise<Buffer> {
  const names = (await readdir(folder.path)).filter((name) => name.startsWith('people.gallery'))
  return Buffer.concat(await Promise.all(names.map((name) => readFile(folder.file(name)))))
}

function query(folder: TemporaryFolder, sql: string): Row[] {
  const db = new (loadSqlite().DatabaseSync)(folder.file('people.gallery'), {})
  try {
    return db.prepare(sql).all()
  } finally {
    db.close()
  }
}

/** Changes the file as somebody might who can write it, and has the key or not. */
function tamper(folder: TemporaryFolder, sql: string): void {
  const db = new (loadSqlite().DatabaseSync)(folder.file('people.gallery'), {})
  db.exec('PRAGMA foreign_keys = ON')
  db.exec(sql)
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}

function blobs(rows: readonly Row[]): Uint8Array[] {
  return rows.flatMap((row) => Object.values(row)).filter((value) => value instanceof Uint8Array)
}

test('names, details, embeddings and crops are nowhere in the file', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder, { keep: 'crops' })
  const details = { note: 'planted-in-the-details' }
  await gallery.enroll('Planted Name', photosOf('planted', 2), { details })
  const bytes = await bytesIn(folder)
  t.true(bytes.includes('CREATE TABLE person'))
  const vector = vectorOf('planted/0')
  const floats = Buffer.from(vector.buffer, vector.byteOffset, 64)
  const crop = Buffer.from('planted/0planted/0planted/0')
  for (const planted of ['Planted Name', 'planted-in-the-details', 'overall', floats, crop]) {
    t.false(bytes.includes(planted), String(planted))
  }
})

test('a removed person’s sealed values, key among them, are nowhere in the bytes', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder, { keep: 'crops' })
  for (let i = 0; i < 20; i++) await gallery.enroll(`P${i}`, photosOf(`p${i}`, 2))
  const { person } = await gallery.enroll('Ada', photosOf('ada', 3))
  const photo = `person = '${person.id}'`
  const sealed = [
    ...blobs(query(folder, `SELECT key, mark, content FROM person WHERE id = '${person.id}'`)),
    ...blobs(query(folder, `SELECT mark, content, crop FROM photo WHERE ${photo}`)),
    ...blobs(
      query(
        folder,
        `SELECT content FROM embedding WHERE photo IN (SELECT id FROM photo WHERE ${photo})`
      )
    )
  ].map((value) => Buffer.from(value))
  t.is(sealed.length, 3 + 9 + 3)
  /** Pieces of 16 bytes, as pages may cut a value in two. */
  const pieces = sealed.flatMap((value) =>
    Array.from({ length: Math.floor(value.length / 16) }, (_, i) =>
      value.subarray(16 * i, 16 * i + 16)
    )
  )
  const found = async (): Promise<number> => {
    const bytes = await bytesIn(folder)
    return pieces.filter((piece) => bytes.includes(piece)).length
  }
  const before = await found()
  t.true(before > 0.9 * pieces.length, `${before} of ${pieces.length}`)
  t.deepEqual(await gallery.remove('Ada'), { erased: true })
  t.is(await found(), 0)
  // The id remains in the log of changes: it says nothing.
  t.true((await bytesIn(folder)).includes(person.id))
})

for (const [what, act] of [
  ['rename', 'rename'],
  ['setDetails', 'setDetails']
] as const) {
  test(`what was sealed before ${what} is overwritten`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await using gallery = await openIn(folder)
    await gallery.enroll('Ada', photosOf('ada', 1))
    const [old] = blobs(query(folder, 'SELECT content FROM person')).map((value) =>
      Buffer.from(value)
    )
    if (old === undefined) throw new Error('there is a person')
    t.true((await bytesIn(folder)).includes(old.subarray(0, 16)))
    await gallery[act]('Ada', 'Other')
    t.false((await bytesIn(folder)).includes(old.subarray(0, 16)))
  })
}

/** Two people with two photos each, closed. */
async function closedGallery(folder: TemporaryFolder): Promise<void> {
  await using gallery = await openIn(folder, { keep: 'crops' })
  await gallery.enroll('Ada', photosOf('ada', 2))
  await gallery.enroll('Bob', photosOf('bob', 2))
}

/** Cells taken from one row and put into another, as somebody might who can write the file. */
const exchanges: [string, string][] = [
  [
    'people’s keys',
    'UPDATE person SET key = (SELECT key FROM person AS p WHERE p.row != person.row)'
  ],
  [
    'records of people',
    'UPDATE person SET content = (SELECT content FROM person AS p WHERE p.row != person.row)'
  ],
  [
    'embeddings of two people',
    'UPDATE embedding SET content = (SELECT content FROM embedding AS e WHERE e.row = 5 - embedding.row)'
  ],
  [
    'embeddings of one person’s photos',
    'UPDATE embedding SET content = (SELECT content FROM embedding AS e WHERE e.row = 3 - embedding.row) WHERE row < 3'
  ],
  [
    'photos of two people',
    'UPDATE photo SET person = (SELECT id FROM person WHERE row = 3 - (photo.row + 1) / 2)'
  ],
  [
    'crops',
    'UPDATE photo SET crop = (SELECT crop FROM photo AS p WHERE p.row = 3 - photo.row) WHERE row < 3'
  ],
  [
    'a person’s key and record, both',
    'UPDATE person SET (key, content) = (SELECT key, content FROM person AS p WHERE p.row != person.row)'
  ],
  ['the model', `UPDATE model SET identity = replace(identity, 'fp32', 'int8')`],
  [
    'a crop and an embedding',
    'UPDATE photo SET crop = (SELECT content FROM embedding WHERE photo = photo.id)'
  ],
  ['a person away', 'DELETE FROM person WHERE row = 1'],
  ['a photo away', 'DELETE FROM photo WHERE row = 1'],
  ['an embedding away', 'DELETE FROM embedding'],
  ['the state away', `UPDATE gallery SET state = x'00'`],
  [
    'a person twice',
    'INSERT INTO person (id, mark, key, content) SELECT id || 1, randomblob(32), key, content FROM person'
  ]
]
for (const [what, sql] of exchanges) {
  test(`found out: ${what}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await closedGallery(folder)
    tamper(folder, sql)
    const use = async (): Promise<boolean> => {
      await using gallery = await openIn(folder)
      await gallery.list()
      return (await gallery.check()).ok
    }
    const outcome = await use().catch((error: { code?: string }) => error.code)
    t.true(outcome === false || outcome === 'GALLERY_CORRUPT', String(outcome))
  })
}

const files: [string, string, object][] = [
  [
    'a trigger',
    'CREATE TRIGGER t AFTER INSERT ON person BEGIN SELECT 1; END',
    { code: 'GALLERY_CORRUPT' }
  ],
  ['a view', 'CREATE VIEW v AS SELECT * FROM person', { code: 'GALLERY_CORRUPT' }],
  ['a table less', 'DROP TABLE change', { code: 'GALLERY_CORRUPT' }],
  [
    'a newer version',
    'PRAGMA user_version = 999',
    { code: 'GALLERY_VERSION', message: /version 999/ }
  ],
  [
    'another application',
    'PRAGMA application_id = 1',
    { code: 'GALLERY_CORRUPT', message: /no gallery/ }
  ],
  ['no version', 'PRAGMA user_version = 0', { code: 'GALLERY_CORRUPT' }],
  [
    'another salt',
    `UPDATE gallery SET key = replace(key, '"salt":"', '"salt":"AAAA')`,
    { code: 'GALLERY_CORRUPT' }
  ],
  [
    'endless stretching',
    `UPDATE gallery SET key = '{"kind":"passphrase","salt":"' || substr(key, 26, 44) || '","scrypt":{"N":1073741824,"r":64,"p":99}}'`,
    { code: 'GALLERY_CORRUPT' }
  ]
]
for (const [what, sql, expected] of files) {
  test(`refused, and left as it is: a file with ${what}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await closedGallery(folder)
    tamper(folder, sql)
    const before = await folder.read('people.gallery')
    await t.throwsAsync(openIn(folder), expected)
    t.true(before.equals(await folder.read('people.gallery')))
  })
}

test('refused, and left as they are: files that are no SQLite', async (t) => {
  await using folder = await TemporaryFolder.make()
  for (const content of ['not a gallery', 'x'.repeat(5000), Buffer.alloc(4096)]) {
    await writeFile(folder.file('people.gallery'), content)
    await t.throwsAsync(openIn(folder), { code: 'GALLERY_CORRUPT' })
    t.true(Buffer.from(content).equals(await folder.read('people.gallery')))
  }
})

test('another SQLite file is refused and left as it is', async (t) => {
  await using folder = await TemporaryFolder.make()
  tamper(folder, 'CREATE TABLE precious (a); INSERT INTO precious VALUES (1)')
  const before = await folder.read('people.gallery')
  await t.throwsAsync(openIn(folder), { code: 'GALLERY_CORRUPT', message: /no gallery/ })
  t.true(before.equals(await folder.read('people.gallery')))
})

test('rows of another gallery with the same key do not open here', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using other = await TemporaryFolder.make()
  await closedGallery(folder)
  await copyFile(folder.file('key'), other.file('key'))
  await closedGallery(other)
  const db = new (loadSqlite().DatabaseSync)(folder.file('people.gallery'), {})
  db.exec(`ATTACH '${other.file('people.gallery')}' AS other`)
  db.exec('UPDATE person SET key = (SELECT key FROM other.person AS o WHERE o.row = person.row)')
  db.close()
  await t.throwsAsync(openIn(folder), { code: 'GALLERY_CORRUPT' })
})

test('a gallery that is not there is an error when none is to be created', async (t) => {
  await using folder = await TemporaryFolder.make()
  await t.throwsAsync(openIn(folder, { create: false }), { code: 'GALLERY_NOT_FOUND' })
  await writeFile(folder.file('people.gallery'), '')
  await t.throwsAsync(openIn(folder, { create: false }), { code: 'GALLERY_NOT_FOUND' })
  await using gallery = await openIn(folder)
  t.is((await gallery.identify(photoNamed('ada/1'))).person, undefined)
})
