import { chmod, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import test from 'ava'
import { seesawface } from '../support/cli.js'
import { photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'

const [obama, obama2, obama3, biden] = ['obama', 'obama2', 'obama3', 'biden'].map((name) =>
  photo(`${name}.jpg`)
) as [string, string, string, string]

/** Runs a command of the gallery, which must succeed, and reads what it prints as JSON. */
async function asJson(args: string[], exitCode = 0): Promise<Record<string, never>[]> {
  const outcome = await seesawface(['gallery', ...args, '--json'])
  if (outcome.exitCode !== exitCode) throw new Error(`${outcome.exitCode}: ${outcome.stderr}`)
  return outcome.stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

test('from an empty gallery to who it is, and back', async (t) => {
  await using folder = await TemporaryFolder.make()
  const path = folder.file('people.gallery')
  t.deepEqual(await asJson(['create', path]), [
    { gallery: path, keyFile: `${path}.key` } as Record<string, unknown> as Record<string, never>
  ])
  t.is((await stat(`${path}.key`)).mode & 0o777, 0o600)
  const [enrolled] = await asJson(['enroll', path, 'Barack', obama, '--details', '{"door":3}'])
  t.like(enrolled, { person: { name: 'Barack', details: { door: 3 } }, warnings: [] })

  const known = await seesawface(['gallery', 'identify', path, obama3, '--fpir', '0.01'])
  t.is(known.exitCode, 0, known.stderr)
  t.regex(known.stdout, /obama3\.jpg: Barack\n {2}most similar +Barack, 0\.\d{4}\n/)
  t.regex(known.stdout, /threshold +0\.\d{4} \(FPIR 1 % among 1 people\)/)
  const stranger = await seesawface(['gallery', 'identify', path, obama3, biden])
  t.is(stranger.exitCode, 1)
  t.regex(stranger.stdout, /biden\.jpg: a stranger/)
  const [answer, missing] = await asJson(['identify', path, obama2, 'nowhere.jpg'], 2)
  t.like(answer, { person: { name: 'Barack', details: { door: 3 } }, size: 1, fpir: 0.01 })
  t.like(missing, { photo: 'nowhere.jpg', error: { code: 'IMAGE_DECODE' } })

  const [more] = await asJson(['enroll', path, 'Barack', obama2, obama, '--add'])
  t.like(more, { warnings: [{ code: 'DUPLICATE_PHOTO' }] })
  await asJson(['enroll', path, 'Joe', biden])
  await asJson(['rename', path, 'Joe', 'Joseph'])
  const listed = await seesawface(['gallery', 'list', path])
  t.regex(listed.stdout, /Barack +2 .*\n +Joseph +1 .*\n2 people, 3 photos, model seesaw-shuffle/)
  const shown = await seesawface(['gallery', 'show', path, 'Barack'])
  t.regex(shown.stdout, /^Barack\n {2}id +[0-9a-f-]{36}\n/)
  const [person] = await asJson(['show', path, 'Barack'])
  const [first] = (person as unknown as { photos: { id: string }[] }).photos
  await asJson(['remove', path, 'Barack', '--photo', first?.id ?? ''])
  const [merged] = await asJson(['merge', path, 'Barack', 'Joseph'])
  t.is((merged as unknown as { photos: unknown[] }).photos.length, 2)
  t.deepEqual(await asJson(['remove', path, 'Barack']), [
    { removed: 'Barack', erased: true } as Record<string, unknown> as Record<string, never>
  ])
  t.like((await asJson(['check', path]))[0], { ok: true, people: 0 })
})

test('export, import, backup and another key', async (t) => {
  await using folder = await TemporaryFolder.make()
  const [path, other] = [folder.file('a.gallery'), folder.file('b.gallery')]
  await asJson(['create', path])
  await asJson(['enroll', path, 'Barack', obama])
  t.like((await asJson(['export', path, folder.file('people.export')]))[0], {
    people: 1,
    photos: 1
  })
  await asJson(['create', other])
  t.like((await asJson(['import', other, folder.file('people.export')]))[0], { added: 1 })
  const again = await seesawface(['gallery', 'import', other, folder.file('people.export')])
  t.is(again.exitCode, 2)
  t.regex(again.stderr, /"Barack" is in the gallery already/)
  const skipping = ['import', other, folder.file('people.export'), '--on-conflict', 'skip']
  t.like((await asJson(skipping))[0], { skipped: 1 })

  const copy = folder.file('copy.gallery')
  await asJson(['backup', path, copy])
  t.like((await asJson(['check', copy, '--key-file', `${path}.key`]))[0], { ok: true, people: 1 })
  await asJson(['rekey', path, '--new-key-file', folder.file('new.key')])
  const old = await seesawface(['gallery', 'list', path])
  t.is(old.exitCode, 2)
  t.regex(old.stderr, /key/)
  t.is((await asJson(['list', path, '--key-file', folder.file('new.key')])).length, 1)
})

test('a passphrase comes from a pipe, a key from the environment, none must be asked for', async (t) => {
  await using folder = await TemporaryFolder.make()
  const path = folder.file('a.gallery')
  const run = (args: string[], input?: string, env = {}) =>
    seesawface(
      ['gallery', ...args],
      env,
      60_000,
      input === undefined ? undefined : Buffer.from(input)
    )
  t.is((await run(['create', path, '--passphrase'], 'correct horse\n')).exitCode, 0)
  t.is((await run(['list', path, '--passphrase'], 'correct horse\n')).exitCode, 0)
  const wrong = await run(['list', path, '--passphrase'], 'battery staple\n')
  t.is(wrong.exitCode, 2)
  const short = await run(['list', path, '--passphrase'], 'short\n')
  t.regex(short.stderr, /at least 8 characters/)
  const env = { DOOR_KEY: 'ab'.repeat(32) }
  t.is(
    (await run(['create', folder.file('b'), '--key-env', 'DOOR_KEY'], undefined, env)).exitCode,
    0
  )
  t.is((await run(['list', folder.file('b'), '--key-env', 'DOOR_KEY'], undefined, env)).exitCode, 0)
  const open = await run(['create', folder.file('c'), '--no-key'])
  t.regex(open.stdout, /It is not encrypted/)
  const both = await run(['list', path, '--no-key', '--key-env', 'X'])
  t.regex(both.stderr, /give only one of/)
})

test('a folder of people: damaged photos are told, and a second run adds what is new', async (t) => {
  await using folder = await TemporaryFolder.make()
  const path = folder.file('people.gallery')
  const people = folder.file('people')
  for (const name of ['Barack', 'Joe']) await mkdir(`${people}/${name}`, { recursive: true })
  await cp(obama, `${people}/Barack/1.jpg`)
  await cp(obama2, `${people}/Barack/2.jpg`)
  await writeFile(`${people}/Joe/0.jpg`, 'no photo')
  await cp(biden, `${people}/Joe/1.jpg`)
  await asJson(['create', path])
  const first = await asJson(['import', path, people], 2)
  t.like(first[0], { name: 'Barack', added: 2, known: 0, failed: [] })
  t.like(first[1], { name: 'Joe', added: 1, failed: [{ error: { code: 'IMAGE_DECODE' } }] })
  await cp(obama3, `${people}/Barack/3.jpg`)
  const again = await seesawface(['gallery', 'import', path, people])
  t.is(again.exitCode, 2)
  t.regex(again.stdout, /1 photos added, 3 there already, 1 failed; the gallery has 2 people/)
})

const wrong: [args: string[], problem: RegExp][] = [
  [['create'], /gallery create takes GALLERY/],
  [['create', 'a', 'b'], /gallery create takes GALLERY/],
  [['enroll', 'a', 'Ada'], /gallery enroll takes GALLERY NAME PHOTO …/],
  [['enroll', 'a', 'Ada', 'x.jpg', '--details', '{'], /--details must be JSON/],
  [['enroll', 'a', 'Ada', 'x.jpg', '--add', '--details', '1'], /not with --add/],
  [['import', 'a', '/nowhere'], /no such folder or file/],
  [['enrol', 'a'], /unknown command "gallery enrol"/],
  [['toString'], /unknown command "gallery toString"/],
  [['list', '/nowhere/a.gallery'], /a\.gallery/],
  [['identify', 'a', 'x.jpg', '--fpir', 'low'], /--fpir must be a number/]
]
for (const [args, problem] of wrong) {
  test(`wrong: gallery ${args.join(' ')}`, async (t) => {
    const { exitCode, stdout, stderr } = await seesawface(['gallery', ...args])
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.regex(stderr, problem)
  })
}

test('nobody else may read the key, and a gallery is never made over another', async (t) => {
  await using folder = await TemporaryFolder.make()
  const path = folder.file('a.gallery')
  await asJson(['create', path])
  const before = await readFile(path)
  const again = await seesawface(['gallery', 'create', path])
  t.is(again.exitCode, 2)
  t.regex(again.stderr, /already exists/)
  t.deepEqual(await readFile(path), before)
  await chmod(`${path}.key`, 0o644)
  const { stderr } = await seesawface(['gallery', 'list', path])
  t.regex(stderr, /can be read by others/)
})

test('help: all commands', async (t) => {
  const bare = await seesawface(['gallery'])
  t.is(bare.exitCode, 2)
  for (const args of [
    ['help', 'gallery'],
    ['gallery', '--help'],
    ['gallery', 'list', '--help']
  ]) {
    const { exitCode, stdout } = await seesawface(args)
    t.is(exitCode, 0)
    t.regex(stdout, /rekey GALLERY/)
  }
})
