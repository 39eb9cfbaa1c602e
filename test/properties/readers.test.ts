import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { loadBinding } from '../../lib/addon/load.js'
import {
  type Arguments,
  openOptions,
  parseSearching,
  photoOptions,
  UsageError
} from '../../lib/cli/arguments.js'
import { parsePairs } from '../../lib/evaluation/pairs.js'
import { parseManifest } from '../../lib/models/manifest.js'
import { orientationOf } from '../../lib/photos/exif.js'
import { readJpegHeader } from '../../lib/photos/jpeg-header.js'
import { embedderManifest } from '../support/models.js'
import { holds, resultOrRefusal } from '../support/properties.js'

const manifest = embedderManifest('m', Uint8Array.of(1, 2), Uint8Array.of(3))

/** Dotted paths of all values, those within values too. */
function pathsOf(value: unknown, prefix: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [prefix]
  const inside = Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...prefix, key]))
  return prefix.length > 0 ? [prefix, ...inside] : inside
}

function replaced(path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(manifest) as Record<string, unknown>
  let at = copy
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[path.at(-1) ?? ''] = value
  return copy
}

const changed = fc
  .array(fc.tuple(fc.constantFrom(...pathsOf(manifest)), fc.jsonValue()), { maxLength: 1 })
  .map(([change]) => (change ? replaced(...change) : manifest))

test('a manifest is what its schema says, or refused', (t) => {
  let read = 0
  return holds(
    t,
    fc.property(
      fc.oneof(
        changed.map((value) => JSON.stringify(value)),
        fc.json(),
        fc.string()
      ),
      (json) => {
        const parsed = resultOrRefusal(() => parseManifest(json, 'm'))
        if (parsed === undefined) return
        read++
        assert.equal(parsed.name, 'm')
        for (const { name, bytes, sha256 } of Object.values(parsed.files)) {
          assert.match(name, /^[A-Za-z0-9][A-Za-z0-9._-]*$/)
          assert.ok(Number.isInteger(bytes) && bytes > 0 && bytes <= 2 ** 30)
          assert.match(sha256, /^[0-9a-f]{64}$/)
        }
        if (parsed.kind === 'embedder') {
          assert.deepEqual([parsed.input.width, parsed.input.height], [112, 112])
          for (const value of [...parsed.input.mean, ...parsed.input.norm]) {
            assert.ok(Number.isFinite(value))
          }
        }
        // What was read says the same again.
        assert.deepEqual(parseManifest(JSON.stringify(parsed), 'm'), parsed)
      }
    ),
    2000
  ).then(() => t.true(read > 50, `only ${read} were read`))
})

const field = fc.oneof(
  fc.constantFrom('1', '0', 'same', 'a.jpg', 'b/c.jpg', '', '"', '""', '..', '\t', ' ', 'fold'),
  fc.string({ maxLength: 8 }),
  fc.nat(12).map(String)
)
const anyLines = fc
  .array(
    fc
      .tuple(fc.constantFrom(',', '\t', ' '), fc.array(field, { maxLength: 6 }))
      .map(([separator, fields]) => fields.join(separator)),
    { maxLength: 8 }
  )
  .chain((lines) =>
    fc.constantFrom('a,b,same', 'a,b,same,fold', '1 1', '').map((heading) => [heading, ...lines])
  )
  .map((lines) => lines.join('\n'))

test('any list of pairs is read or refused, and leads nowhere outside', (t) =>
  holds(
    t,
    fc.property(anyLines, (text) => {
      const list = resultOrRefusal(() => parsePairs(text))
      if (list === undefined) return
      assert.ok(list.folds >= 1)
      for (const { a, b, fold } of list.pairs) {
        assert.ok(Number.isSafeInteger(fold))
        for (const path of [a, b]) assert.ok(path !== '' && !path.split(/[/\\]/).includes('..'))
        assert.notEqual(a, b)
      }
    }),
    2000
  ))

const fileName = fc.oneof(
  fc.stringMatching(/^[a-z][a-z ,"'.]{0,9}[a-z]$/),
  fc.stringMatching(/^[a-zé]{1,6}\/[a-z0-9]{1,6}\.jpg$/)
)
const listed = fc
  .uniqueArray(fileName, { minLength: 6, maxLength: 30 })
  .chain((names) =>
    fc
      .array(fc.boolean(), { minLength: names.length >> 1, maxLength: names.length >> 1 })
      .map((kinds) =>
        kinds.map((same, i) => ({ a: names[2 * i] ?? '', b: names[2 * i + 1] ?? '', same }))
      )
  )
  .filter((rows) => new Set(rows.map(({ same }) => same)).size === 2)

test('a CSV of pairs, written with quotes, is read back', (t) =>
  holds(
    t,
    fc.property(listed, fc.constantFrom('\n', '\r\n'), (rows, end) => {
      const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
      const lines = rows.map(({ a, b, same }) => [quoted(a), quoted(b), Number(same)].join(','))
      const { pairs } = parsePairs(['a,b,same', ...lines].join(end))
      assert.deepEqual(
        pairs.map(({ a, b, same }) => ({ a, b, same })),
        rows
      )
    })
  ))

test('a list of a megabyte is read or refused at once', (t) => {
  const long = 400_000
  const texts = [
    `a,b,same\n${' '.repeat(long)}x"`,
    `a,b,same\n"${'""'.repeat(long)}`,
    `a,b,same\n"${'x'.repeat(long)}",y,1`,
    `a,b,same\n${','.repeat(long)}`,
    `${' '.repeat(long)},`,
    `1 1\n${' x'.repeat(long)}`
  ]
  for (const text of texts) {
    const started = process.cpuUsage()
    assert.equal(
      resultOrRefusal(() => parsePairs(text)),
      undefined
    )
    const took = process.cpuUsage(started).user / 1000
    t.true(took < 2000, `${Math.round(took)} ms for ${JSON.stringify(text.slice(0, 20))}…`)
  }
})

/** Bytes with the marks of a format somewhere. */
const marked = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .constantFrom(
          '89504e470d0a1a0a',
          '0000001a65584966',
          '52494646ffffffff57454250',
          '455849461a000000',
          '4d4d002a00000008',
          '0001011200030000000100060000',
          '49492a0008000000',
          'ffd8',
          'ffd9',
          'ff00',
          'ffe1'
        )
        .map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
    ),
    { maxLength: 10 }
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)))

test('any bytes have an orientation from 1 to 8 or none', (t) =>
  holds(
    t,
    fc.property(marked, fc.nat(4), (bytes, offset) => {
      const orientation = orientationOf(bytes)
      assert.ok(orientation === undefined || (orientation >= 1 && orientation <= 8))
      // Where a view begins in its buffer does not matter.
      const moved = new Uint8Array(bytes.length + offset)
      moved.set(bytes, offset)
      assert.equal(orientationOf(moved.subarray(offset)), orientation)
    }),
    3000
  ))

test('what follows the end of a JPEG does not matter, and nothing has an end without it', (t) => {
  const ends = (bytes: Uint8Array): Promise<boolean> => loadBinding().jpegEnds(bytes)
  return holds(
    t,
    fc.asyncProperty(marked, fc.uint8Array({ maxLength: 9 }), async (bytes, more) => {
      if (await ends(bytes)) {
        assert.ok(await ends(new Uint8Array([...bytes, ...more])))
        assert.ok(Buffer.from(bytes).includes(Buffer.of(0xff, 0xd9)))
      } else {
        const shorter = bytes.subarray(0, Math.max(0, bytes.length - 1))
        assert.ok(!(await ends(shorter)), 'the beginning of a file without an end has one')
      }
    }),
    3000
  )
})

test('a JPEG header is read or not, of any bytes', (t) =>
  holds(
    t,
    fc.property(marked, (bytes) => {
      const header = readJpegHeader(bytes)
      if (header === undefined) return
      assert.ok(header.width >= 0 && header.width <= 65535)
      // Nothing behind the first scan is looked at.
      assert.deepEqual(readJpegHeader(new Uint8Array([...bytes, 0xff, 0xc0])), header)
    }),
    3000
  ))

const word = fc.oneof(
  fc.constantFrom(
    '--threads',
    '--min-score=0.5',
    '--search',
    '--search=quick',
    '--precision=fp16',
    '--json',
    '--no-rotations',
    '--max-pixels',
    '--',
    '-',
    '-h',
    '--=',
    '--__proto__=1',
    '--constructor'
  ),
  fc.nat(9).map(String),
  fc.string({ maxLength: 6 }),
  fc.string({ maxLength: 6 }).map((text) => `--${text}`)
)

/** Undefined for a command line that is wrong; any other error is thrown on. */
function usage<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof UsageError) || error.message === '') throw error
    return undefined
  }
}

test('any command line is understood or a usage error, and options hold what they promise', (t) =>
  holds(
    t,
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const args: Arguments | undefined = usage(() => parseSearching(words))
      if (args === undefined) return
      assert.ok(args.positionals.every((text) => words.includes(text)))
      const asked = usage(() => ({ ...openOptions(args), ...photoOptions(args) }))
      if (asked === undefined) return
      for (const number of [asked.threads, asked.minScore, asked.maxPixels, asked.minFaceSize]) {
        assert.ok(number === undefined || (typeof number === 'number' && !Number.isNaN(number)))
      }
      assert.ok([undefined, 'fp32', 'fp16'].includes(asked.precision))
      assert.ok([undefined, 'quick', 'thorough'].includes(asked.search))
    }),
    2000
  ))
