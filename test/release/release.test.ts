import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { checkVersion, releaseChangelog } from '../../scripts/release/changelog.js'
import { writeChecksums } from '../../scripts/release/checksums.js'
import { TemporaryFolder } from '../support/models.js'

const before = `# Changelog

Words.

## Unreleased

### Added

- One thing.

## 0.1.0 (2026-01-01)

- The first.
`

test('what is unreleased moves under the new version', (t) => {
  t.is(
    releaseChangelog(before, '0.2.0', '2026-02-03'),
    `# Changelog

Words.

## Unreleased

## 0.2.0 (2026-02-03)

### Added

- One thing.

## 0.1.0 (2026-01-01)

- The first.
`
  )
})

test('the first release of all', (t) => {
  const text = '# Changelog\n\n## Unreleased\n\n- One thing.\n'
  const expected = '# Changelog\n\n## Unreleased\n\n## 1.0.0 (2026-02-03)\n\n- One thing.\n'
  t.is(releaseChangelog(text, '1.0.0', '2026-02-03'), expected)
})

for (const [what, text, message] of [
  ['no heading', '# Changelog\n', /has no "## Unreleased"/],
  ['nothing new', releaseChangelog(before, '0.2.0', '2026-02-03'), /has nothing under/]
] as const) {
  test(`a changelog with ${what} is refused`, (t) => {
    t.throws(() => releaseChangelog(text, '0.3.0', '2026-02-03'), { message })
  })
}

for (const [version, current, right] of [
  ['0.1.1', '0.1.0', true],
  ['0.2.0', '0.1.9', true],
  ['1.0.0', '0.10.9', true],
  ['0.10.0', '0.9.0', true],
  ['1.0.0', '1.0.0-rc.1', true],
  ['1.0.0-rc.2', '1.0.0-rc.1', true],
  ['1.0.0-rc.1', '0.9.0', true],
  ['0.1.0', '0.1.0', false],
  ['0.0.9', '0.1.0', false],
  ['1.0.0-rc.1', '1.0.0', false],
  ['1.0.0-rc.1', '1.0.0-rc.1', false],
  ['1.0', '0.1.0', false],
  ['v1.0.0', '0.1.0', false],
  ['', '0.1.0', false]
] as const) {
  test(`${version || 'nothing'} after ${current}: ${right ? 'yes' : 'no'}`, (t) => {
    if (right) t.notThrows(() => checkVersion(version, current))
    else t.throws(() => checkVersion(version, current))
  })
}

test('a dry run tells all steps and changes nothing', async (t) => {
  const files = ['package.json', 'package-lock.json', 'CHANGELOG.md']
  const contents = () => Promise.all(files.map((file) => readFile(file, 'utf8')))
  const earlier = await contents()
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import=tsx', 'scripts/release/index.ts', '99.0.0', '--dry-run'],
    { encoding: 'utf8' }
  )
  t.is(status, 0, stderr)
  t.deepEqual(await contents(), earlier)
  for (const expected of [
    'would write package.json',
    'would write CHANGELOG.md',
    'would run npm run prebuilds',
    'would run npm run test:prebuilds',
    'would run npm run test:musl',
    'would pack release/seesawface-99.0.0.tgz and one for each of its binaries',
    'would write release/SHA256SUMS',
    'npm publish --provenance --access public release/seesawface-99.0.0.tgz'
  ]) {
    t.true(stdout.includes(expected), expected)
  }
  t.false(stdout.includes('release: running'))
})

test('the checksums are those that sha256sum checks', async (t) => {
  await using folder = await TemporaryFolder.make()
  const files = ['a-1.0.0.tgz', 'a-1.0.0-linux-arm64-glibc.tgz']
  for (const name of files) await folder.write(name, `the content of ${name}`)
  await writeChecksums(folder.path, files)
  const check = () =>
    spawnSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder.path, encoding: 'utf8' })
  t.like(check(), { status: 0, stdout: files.map((name) => `${name}: OK\n`).join('') })
  await folder.write(files[1] as string, 'something else')
  t.is(check().status, 1)
})

test('a release of what was released already is refused', (t) => {
  const args = ['--import=tsx', 'scripts/release/index.ts', '0.0.1', '--dry-run']
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  t.is(status, 1)
  t.regex(stderr, /^release: 0\.0\.1 comes before /)
})
