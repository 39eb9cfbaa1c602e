import test from 'ava'
import { ModelInvalidError } from '../../lib/errors.js'
import { parseManifest } from '../../lib/models/manifest.js'
import { embedderManifest } from '../support/models.js'

const good = embedderManifest('m', Uint8Array.of(1, 2), Uint8Array.of(3))

/** A copy of the good manifest with the value at a dotted path replaced (undefined: removed). */
function changed(path: string, value: unknown): string {
  const copy: Record<string, unknown> = structuredClone(good) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop() as string
  let at = copy
  for (const key of keys) at = at[key] as Record<string, unknown>
  at[last] = value
  return JSON.stringify(copy)
}

test('a full and a minimal manifest are read', (t) => {
  t.is(parseManifest(JSON.stringify(good), 'm').name, 'm')
  const fresh = parseManifest(changed('calibration', undefined), 'm')
  t.true(fresh.kind === 'embedder' && fresh.calibration === undefined)
  t.is(parseManifest(changed('laterAddition', { any: 'thing' }), 'm').name, 'm')
})

const row = (far: number, threshold: number): object => ({ far, threshold, impostors: 1 })

const cases: [string, unknown][] = [
  ['schema', 2],
  ['name', '../m'],
  ['kind', 'classifier'],
  ['version', 1],
  ['precision', 'int8'],
  ['input.width', 96],
  ['input.channels', 'gray'],
  ['input.mean', [1, 2]],
  ['input.mean', ['1', '2', '3']],
  ['input.norm', undefined],
  ['input.blob', ''],
  ['output.size', 0],
  ['output.size', 1.5],
  ['output.size', 1e9],
  ['files.bin', undefined],
  ['files.bin.bytes', 0],
  ['files.bin.bytes', -5],
  ['files.bin.bytes', 1e12],
  ['files.bin.sha256', 'ABC'],
  ['files.bin.sha256', 'g'.repeat(64)],
  ['files.bin.name', '/etc/passwd'],
  ['files.bin.name', '../other.bin'],
  ['files.bin.name', 'a/b.bin'],
  ['files.bin.name', '..'],
  ['files.bin.name', '.hidden'],
  ['licence', {}],
  ['calibration.impostorPairs', 0],
  ['calibration.thresholds', []],
  ['calibration.thresholds', [row(0.01, 0.4), row(0.1, 0.5)]],
  ['calibration.thresholds', [row(0.1, 0.5), row(0.01, 0.4)]],
  ['calibration.thresholds', [row(1, 0.4)]],
  ['calibration.thresholds', [row(0.01, 1.4)]],
  ['calibration.defaultFar', 0.02],
  // Too few pairs stand behind every rate, the default among them.
  ['calibration.impostorPairs', 9]
]

for (const [path, value] of cases) {
  test(`refused: ${path} = ${JSON.stringify(value)}`, (t) => {
    const error = t.throws(() => parseManifest(changed(path, value), 'm'), {
      instanceOf: ModelInvalidError
    })
    t.is(error?.code, 'MODEL_INVALID')
    t.regex(error?.message ?? '', new RegExp(path.split('.')[0] ?? ''))
  })
}

test('what is no object, no JSON, or another model is refused', (t) => {
  for (const text of ['', '{', 'null', '[]', '42', '"m"']) {
    t.throws(() => parseManifest(text, 'm'), { instanceOf: ModelInvalidError })
  }
  t.throws(() => parseManifest(JSON.stringify(good), 'other'), {
    instanceOf: ModelInvalidError,
    message: /calls itself "m"/
  })
})
