import test from 'ava'
import { InvalidArgumentError } from '../../lib/errors.js'
import {
  EnrolmentRefusedError,
  type Gallery,
  PersonExistsError,
  PersonNotFoundError
} from '../../lib/gallery/index.js'
import {
  between,
  embeddingOf,
  openIn,
  photoNamed,
  photosOf,
  vectorOf
} from '../support/galleries.js'
import { TemporaryFolder } from '../support/models.js'

test('people are enrolled, kept, and told from strangers', async (t) => {
  await using folder = await TemporaryFolder.make()
  const details = { door: 3, notes: ['late'] }
  {
    await using gallery = await openIn(folder)
    t.is((await gallery.identify(photoNamed('ada/9'))).person, undefined)
    const { person, warnings } = await gallery.enroll('Ada', photosOf('ada', 3), { details })
    t.like(person, { name: 'Ada', details })
    t.is(person.photos.length, 3)
    t.is(person.photos[0]?.quality?.overall, 0.8)
    t.deepEqual(warnings, [])
    await gallery.enroll('Bob', photoNamed('bob/0'))
  }
  await using gallery = await openIn(folder)
  const known = await gallery.identify(photoNamed('ada/9'), { fpir: 0.01, top: 5 })
  t.is(known.person?.name, 'Ada')
  t.deepEqual(known.person?.details, details)
  t.is(known.size, 2)
  t.is(known.fpir, 0.01)
  t.deepEqual(
    known.candidates.map(({ person }) => person.name),
    ['Ada', 'Bob']
  )
  const [first, second] = known.candidates
  t.is(known.margin, (first?.similarity ?? 0) - (second?.similarity ?? 0))
  const stranger = await gallery.identify(photoNamed('eve/0'))
  t.is(stranger.person, undefined)
  t.is(stranger.candidates.length, 1)
  t.true((stranger.candidates[0]?.similarity ?? 1) < stranger.threshold)
})

test('embeddings and templates are as good as photos', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  await gallery.enroll('Ada', [embeddingOf(vectorOf('ada/1')), photoNamed('ada/2')])
  const { person, embedding } = await gallery.identify(embeddingOf(vectorOf('ada/3')))
  t.is(person?.name, 'Ada')
  t.is((await gallery.identify(embedding)).person?.name, 'Ada')
})

test('a person is renamed, described, given photos and merged', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  const { person: ada } = await gallery.enroll('Ada', photosOf('ada', 2))
  const { person: bob } = await gallery.enroll('Bob', photosOf('bob', 1))
  t.is((await gallery.rename('Ada', 'Ada Lovelace')).name, 'Ada Lovelace')
  await t.throwsAsync(gallery.get('Ada'), { instanceOf: PersonNotFoundError })
  t.is((await gallery.get('Ada Lovelace')).id, ada.id)
  t.is((await gallery.rename(ada, 'Ada')).name, 'Ada')
  t.deepEqual((await gallery.setDetails(ada, [1])).details, [1])
  await t.throwsAsync(gallery.rename(ada.id, 'Bob'), { instanceOf: PersonExistsError })

  const { person: more } = await gallery.addPhotos(bob, photosOf('bob', 3))
  t.is(more.photos.length, 3)
  const merged = await gallery.merge(ada, 'Bob')
  t.is(merged.photos.length, 5)
  t.deepEqual(await gallery.counts(), {
    people: 1,
    photos: 5,
    crops: 0,
    model: (await gallery.counts()).model
  })
  const last = merged.photos.at(-1)?.id ?? ''
  t.deepEqual(await gallery.removePhoto('Ada', last), { erased: true })
  t.is((await gallery.get('Ada')).photos.length, 4)
  await gallery.remove('Ada')
  t.like(await gallery.counts(), { people: 0, photos: 0, model: undefined })
  t.deepEqual(await gallery.list(), [])
})

test('a photo that is there already is passed over, with a warning', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  const first = await gallery.enroll('Ada', [photoNamed('ada/0'), photoNamed('ada/0')])
  t.is(first.person.photos.length, 1)
  t.like(first.warnings[0], { code: 'DUPLICATE_PHOTO', name: 'Ada', photo: 1 })
  const again = await gallery.addPhotos('Ada', [photoNamed('ada/1'), photoNamed('ada/0')])
  t.is(again.person.photos.length, 2)
  t.like(again.warnings, { length: 1 })
})

test('photos that disagree and people who resemble each other are told of, and refused if strict', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  const mixed = [photoNamed('ada/0'), photoNamed('ada/1'), photoNamed('bob/0')]
  const error = await t.throwsAsync(gallery.enroll('Ada', mixed, { strict: true }), {
    instanceOf: EnrolmentRefusedError,
    message: /photo 2 of "Ada" is not like the others/
  })
  t.like(error?.warnings[0], { code: 'PHOTOS_DISAGREE', name: 'Ada', threshold: 0.5 })
  t.is(error?.warnings.length, 1)
  t.is((await gallery.counts()).people, 0)

  await gallery.enroll('Ada', photosOf('ada', 2))
  const twin = embeddingOf(between(vectorOf('ada/0'), vectorOf('bob/0'), 0.7))
  const { warnings } = await gallery.enroll('Adele', twin)
  t.like(warnings[0], { code: 'RESEMBLES_PERSON', name: 'Adele', other: { name: 'Ada' } })
  await t.throwsAsync(gallery.enroll('Ada 2', photosOf('ada', 3), { strict: true }), {
    instanceOf: EnrolmentRefusedError,
    message: /"Ada 2" resembles "Ada"/
  })
  t.like(await gallery.counts(), { people: 2, photos: 3 })
})

test('all photos are enrolled, or none', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  const bad = [photoNamed('ada/0'), photoNamed('nobody'), photoNamed('ada/1')]
  await t.throwsAsync(gallery.enroll('Ada', bad), { code: 'NO_FACE' })
  await gallery.enroll('Ada', photosOf('ada', 1))
  await t.throwsAsync(gallery.addPhotos('Ada', bad), { code: 'NO_FACE' })
  t.like(await gallery.counts(), { people: 1, photos: 1 })
})

test('identify takes many calls at once', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  for (const name of ['ada', 'bob', 'cem']) await gallery.enroll(name, photosOf(name, 2))
  const wanted = Array.from({ length: 200 }, (_, i) => ['ada', 'bob', 'cem', 'eve'][i % 4] ?? '')
  const asked = wanted.map((name, i) => photoNamed(`${name}/${i}`))
  const found = await Promise.all(asked.map((photo) => gallery.identify(photo)))
  const names = wanted.map((name) => (name === 'eve' ? undefined : name))
  t.deepEqual(
    found.map(({ person }) => person?.name),
    names
  )
  const inOrder: (string | undefined)[] = []
  for await (const { value, error } of gallery.identifyAll([...asked, photoNamed('nobody')])) {
    inOrder.push(error === undefined ? value?.person?.name : error.code)
  }
  t.deepEqual(inOrder, [...names, 'NO_FACE'])
})

test('a signal ends a call', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  for (const work of [
    (signal: AbortSignal) => gallery.enroll('Ada', photosOf('ada', 3), { signal }),
    (signal: AbortSignal) => gallery.identify(photoNamed('ada/1'), { signal })
  ]) {
    const controller = new AbortController()
    const promise = work(controller.signal)
    controller.abort(new Error('enough'))
    await t.throwsAsync(promise, { message: 'enough' })
  }
  t.is((await gallery.counts()).people, 0)
})

const wrong: [string, (gallery: Gallery) => unknown, object][] = [
  ['a name that is none', (g) => g.enroll('', photosOf('ada', 1)), { argument: 'name' }],
  ['a name with a line break', (g) => g.enroll('a\nb', photosOf('a', 1)), { argument: 'name' }],
  [
    'a name like an id',
    (g) => g.enroll('00000000-0000-4000-8000-000000000000', photosOf('a', 1)),
    { argument: 'name' }
  ],
  ['no photos', (g) => g.enroll('Ada', []), { argument: 'photos' }],
  ['101 photos', (g) => g.enroll('Ada', photosOf('a', 101)), { argument: 'photos' }],
  [
    'details that are not JSON',
    (g) => g.enroll('Ada', photosOf('a', 1), { details: (() => 1) as never }),
    { argument: 'details' }
  ],
  [
    'details of a megabyte',
    (g) => g.enroll('Ada', photosOf('a', 1), { details: 'x'.repeat(1e6) }),
    { argument: 'details' }
  ],
  ['fpir 0', (g) => g.identify(photoNamed('a'), { fpir: 0 }), { argument: 'fpir' }],
  ['fpir 2', (g) => g.identify(photoNamed('a'), { fpir: 2 }), { argument: 'fpir' }],
  ['top 0', (g) => g.identify(photoNamed('a'), { top: 0 }), { argument: 'top' }],
  [
    'strict: 1',
    (g) => g.enroll('A', photosOf('a', 1), { strict: 1 as never }),
    { argument: 'strict' }
  ],
  ['a number for a person', (g) => g.get(7 as never), { argument: 'who' }],
  ['a photo of nobody', (g) => g.removePhoto('Here', 'x'), { argument: 'photo' }],
  ['a merge with oneself', (g) => g.merge('Here', 'Here'), { argument: 'from' }]
]
for (const [what, act, expected] of wrong) {
  test(`wrong: ${what}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await using gallery = await openIn(folder)
    await gallery.enroll('Here', photosOf('here', 1))
    const error = await t.throwsAsync(async () => act(gallery), {
      instanceOf: InvalidArgumentError
    })
    t.like(error, expected)
  })
}

const missing: [string, (gallery: Gallery) => Promise<unknown>][] = [
  ['get', (g) => g.get('Nobody')],
  ['rename', (g) => g.rename('Nobody', 'Somebody')],
  ['remove', (g) => g.remove('00000000-0000-4000-8000-000000000000')],
  ['addPhotos', (g) => g.addPhotos('Nobody', photosOf('a', 1))],
  ['merge', (g) => g.merge('Here', 'Nobody')]
]
for (const [what, act] of missing) {
  test(`${what}: somebody who is not there`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await using gallery = await openIn(folder)
    await gallery.enroll('Here', photosOf('here', 1))
    await t.throwsAsync(act(gallery), { instanceOf: PersonNotFoundError })
  })
}

test('a name is taken once', async (t) => {
  await using folder = await TemporaryFolder.make()
  await using gallery = await openIn(folder)
  await gallery.enroll('Zoë', photosOf('zoe', 1))
  await t.throwsAsync(gallery.enroll(' Zoe\u0308 ', photosOf('eve', 1)), {
    instanceOf: PersonExistsError
  })
})

test('after close every call is a ClosedError, and closing again is none', async (t) => {
  await using folder = await TemporaryFolder.make()
  const gallery = await openIn(folder)
  await gallery.enroll('Ada', photosOf('ada', 1))
  const late = [gallery.identify(photoNamed('ada/2')), gallery.enroll('Bob', photosOf('bob', 2))]
  await gallery.close()
  await gallery.close()
  for (const promise of late) await t.throwsAsync(promise, { code: 'CLOSED' })
  for (const act of [
    () => gallery.list(),
    () => gallery.get('Ada'),
    () => gallery.remove('Ada'),
    () => gallery.counts(),
    async () => gallery.changes()
  ]) {
    await t.throwsAsync(act, { code: 'CLOSED' })
  }
})
