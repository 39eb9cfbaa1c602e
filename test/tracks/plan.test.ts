import test from 'ava'
import type { Box } from '../../lib/faces/types.js'
import { type Expected, type Look, Planner, patchAround } from '../../lib/tracks/plan.js'

const options = { fullEvery: 0.5, idleEvery: 0.2, maxSide: 640 }
const at = (x: number, error = 3, size = 80): Expected => ({
  box: { x, y: 100, width: size, height: size },
  error
})
const kinds = (looks: readonly Look[]): string =>
  looks.map(({ kind }) => ({ full: 'F', patches: 'p', none: '.' })[kind]).join('')

const looks = (expected: readonly Expected[], frames = 12, demand?: number): Look[] => {
  const planner = new Planner(options)
  return Array.from({ length: frames }, (_, i) => {
    if (i === demand) planner.demandFull()
    return planner.next(i / 10, expected)
  })
}

for (const [name, expected, demand, pattern] of [
  ['nobody is there', [], undefined, 'F.F.F.F.F.F.'],
  ['one face', [at(0)], undefined, 'FppppFppppFp'],
  ['four faces', [at(0), at(300), at(600), at(900)], undefined, 'FppppFppppFp'],
  [
    'so many that a whole look is cheaper',
    Array.from({ length: 12 }, (_, i) => at(300 * i)),
    undefined,
    'FFFFFFFFFFFF'
  ],
  ['something was lost', [at(0)], 2, 'FpFppppFpppp']
] as const) {
  test(`where to look: ${name}`, (t) => {
    t.is(kinds(looks(expected, 12, demand)), pattern)
  })
}

test('a clock that goes back begins with a whole look', (t) => {
  const planner = new Planner(options)
  t.is(planner.next(100, [at(0)]).kind, 'full')
  t.is(planner.next(3, [at(0)]).kind, 'full')
  t.is(planner.next(3.1, [at(0)]).kind, 'patches')
})

const inside = (inner: Box, outer: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height

test('a patch holds the face, and more the less is known of its place', (t) => {
  const [near, far] = [patchAround(at(50, 1)), patchAround(at(50, 60))]
  t.true(inside(at(50).box, near))
  t.true(inside(near, far))
  t.is(near.width, near.height)
})

test('faces side by side are looked at together', (t) => {
  const [, look] = looks([at(100), at(110)], 2)
  if (look?.kind !== 'patches') return t.fail()
  t.is(look.areas.length, 1)
  for (const { box } of [at(100), at(110)]) t.true(inside(box, look.areas[0] as Box))
  const [, apart] = looks([at(100), at(400)], 2)
  t.is(apart?.kind === 'patches' && apart.areas.length, 2)
})
