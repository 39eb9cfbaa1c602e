import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { seesawface } from '../support/cli.js'

for (const [name, args, expected] of [
  ['a further argument', ['build', 'all'], /build takes no further argument/],
  ['no number of jobs', ['build', '--jobs', 'many'], /jobs/],
  ['too few jobs', ['build', '--jobs', '0'], /--jobs must be a whole number from 1 to 1024/],
  ['an unknown option', ['build', '--gpu'], /--gpu/]
] as const) {
  test(`wrong: ${name}`, async (t) => {
    const { exitCode, stderr } = await seesawface(args)
    t.is(exitCode, 2)
    t.regex(stderr, expected)
  })
}

test('what is missing is named, with the command that installs it', async (t) => {
  const bin = await mkdtemp(join(tmpdir(), 'seesawface-bin-'))
  t.teardown(() => rm(bin, { recursive: true }))
  await symlink(process.execPath, join(bin, 'node'))
  const { exitCode, stdout, stderr } = await seesawface(['build', '--json'], { PATH: bin })
  t.is(exitCode, 2)
  t.is(JSON.parse(stdout).error.code, 'BUILD_FAILED')
  t.regex(stderr, /requires a C\+\+ compiler \(.*\), CMake \(.*\), Ninja or Make \(.*\), Python 3/)
  t.regex(stderr, /`sudo apt install g\+\+ cmake ninja-build python3-pip`/)
})
