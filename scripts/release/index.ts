// Makes a release ready to be published, in release/: version and changelog, all prebuilt binaries,
// their checks, the tarballs and SHA256SUMS. What is irreversible (tag, push, publish) it only prints.
//
//   npm run release -- 0.2.0 [--dry-run]      --dry-run: says what would be done, changes nothing
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { packAll, packFor } from '../prebuild/pack.js'
import { targets } from '../prebuild/targets.js'
import { checkVersion, releaseChangelog } from './changelog.js'
import { writeChecksums } from './checksums.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const out = join(root, 'release')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'dry-run': { type: 'boolean', default: false } }
})
const dry = values['dry-run'] === true

function say(text: string): void {
  process.stdout.write(`release: ${text}\n`)
}

/** Runs a command of the release; in a dry run it is only told. */
function step(...command: [string, ...string[]]): void {
  say(`${dry ? 'would run' : 'running'} ${command.join(' ')}`)
  if (dry) return
  const [program, ...args] = command
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`)
}

async function write(path: string, text: string): Promise<void> {
  say(`${dry ? 'would write' : 'writing'} ${path}`)
  if (!dry) await writeFile(join(root, path), text)
}

function git(...args: string[]): string {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed`)
  return stdout.trim()
}

interface Versioned {
  name: string
  version: string
  packages?: Record<string, { version?: string }>
}

async function setVersion(path: string, version: string): Promise<void> {
  const text = await readFile(join(root, path), 'utf8')
  const json: Versioned = JSON.parse(text)
  json.version = version
  const own = json.packages?.['']
  if (own) own.version = version
  await write(path, `${JSON.stringify(json, null, 2)}\n`)
}

async function main(): Promise<void> {
  const [version, ...more] = positionals
  if (version === undefined || more.length > 0) throw new Error('give one version, as in 0.2.0')
  const current: Versioned = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  checkVersion(version, current.version)
  if (git('status', '--porcelain') !== '') {
    if (!dry) throw new Error('there are uncommitted changes')
    say('there are uncommitted changes: a real release would stop here')
  }

  await setVersion('package.json', version)
  await setVersion('package-lock.json', version)
  const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8')
  const today = new Date().toISOString().slice(0, 10)
  await write('CHANGELOG.md', releaseChangelog(changelog, version, today))

  step('npm', 'run', 'lint')
  step('npm', 'test')
  step('npm', 'run', 'test:offline')
  step('npm', 'run', 'docs')
  step('npm', 'run', 'prebuilds')
  step('npm', 'run', 'test:prebuilds')
  step('npm', 'run', 'test:musl')
  step('npm', 'run', 'self-test')
  const tarball = `${current.name}-${version}.tgz`
  if (!dry) {
    await rm(out, { recursive: true, force: true })
    await mkdir(out)
  }
  say(`${dry ? 'would pack' : 'packing'} release/${tarball} and one for each of its binaries`)
  if (!dry) {
    await packAll(out)
    const files = [tarball]
    for (const target of targets) {
      files.push((await packFor(target, join(out, tarball), out)).filename)
    }
    await writeChecksums(out, files)
  }
  say(`${dry ? 'would write' : 'wrote'} release/SHA256SUMS of ${1 + targets.length} files`)

  say('then, after a look at release/:')
  say(`  git commit -am "chore: release ${version}" && git tag -s v${version}`)
  say(`  git push --follow-tags`)
  say(`  npm publish --provenance --access public release/${tarball}`)
  say('  (provenance is attested by a CI service that npm knows; elsewhere leave --provenance out)')
}

main().catch((error: unknown) => {
  process.stderr.write(`release: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
