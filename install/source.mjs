// Gets the pinned source, by the package index or from the upstream project, and verifies it.
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cacheFolder, exists, sha256 } from './cache.mjs'
import { run, tail } from './run.mjs'
import { progress, Refusal, say } from './say.mjs'
import { treeDigest } from './tree.mjs'

/** The client that can download a source package without building it. */
const unearth = 'unearth==0.19.0'

/** What helps whenever a download does not. */
const remedies = ({ variable, optional }) =>
  `or give a folder with the source in ${variable}${optional ? `, or ${optional}` : ''}`

/** Index addresses of pip's own configuration, as arguments of the downloading client. */
async function indexArguments(python) {
  const { stdout } = await run(python, ['-m', 'pip', 'config', 'list'])
  const value = (key) => {
    const found = [
      ...stdout.matchAll(new RegExp(`^(:env:|global|download)\\.${key}='(.*)'$`, 'gm'))
    ]
    return (found.find((m) => m[1] === ':env:') ?? found.at(-1))?.[2]
  }
  const index = value('index-url')
  const extra = value('extra-index-url')
  return [
    ...(index ? ['--index-url', index] : []),
    ...(extra ? extra.split(/\s|\\n/).filter(Boolean) : []).flatMap((u) => ['--extra-index-url', u])
  ]
}

async function findPython(library) {
  for (const python of ['python3', 'python']) {
    const { code } = await run(python, ['-m', 'pip', '--version'])
    if (code === 0) return python
  }
  throw new Refusal(
    'the package index needs Python 3 with pip ' +
      '(Debian: apt install python3-pip; Termux: pkg install python python-pip), ' +
      `${remedies(library)}.`
  )
}

/** Downloads the source package by the index's ordinary client into `folder`. */
async function fromIndex(library, folder) {
  const { sdist } = library
  const python = await findPython(library)
  const client = join(folder, unearth.replace('==', '-'))
  if (!(await exists(client))) {
    const fresh = `${client}.${process.pid}`
    const args = ['-m', 'pip', 'install', '--quiet', '--target', fresh, unearth]
    const done = await run(python, args)
    if (done.code !== 0) {
      await rm(fresh, { recursive: true, force: true })
      throw new Refusal(
        `pip could not install ${unearth}: check the network and pip's configuration, ` +
          `${remedies(library)}.\n${tail(done, 4)}`
      )
    }
    await rename(fresh, client).catch(() => rm(fresh, { recursive: true, force: true }))
  }
  const wanted = `${sdist.name}==${sdist.version}`
  const args = ['-m', 'unearth', '--no-binary', ...(await indexArguments(python))]
  const done = await run(python, [...args, '--download', folder, wanted], {
    // unearth does not read pip's setting for a certificate of one's own.
    env: { SSL_CERT_FILE: process.env.PIP_CERT, ...process.env, PYTHONPATH: client }
  })
  const archive = join(folder, sdist.file)
  if (done.code !== 0 || !(await exists(archive))) {
    throw new Refusal(
      `${wanted} could not be downloaded from the package index: check the network and pip's ` +
        `configuration, ${remedies(library)}.\n${tail(done, 4)}`
    )
  }
  return archive
}

/** Downloads the release archive of the upstream project into `folder`. */
async function fromUpstream(library, folder) {
  const url = process.env[`${library.variable}_URL`] || library.upstream
  const archive = join(folder, upstreamFile(library))
  const part = `${archive}.${process.pid}`
  const line = progress('downloading')
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(300_000) })
    if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`)
    const total = Number(response.headers.get('content-length')) || 0
    let seen = 0
    const body = Readable.fromWeb(response.body).on('data', (chunk) => {
      seen += chunk.length
      if (total) line.update(seen / total)
    })
    await pipeline(body, createWriteStream(part))
    line.done()
  } catch (error) {
    line.stop()
    await rm(part, { force: true })
    const why = error.cause?.code ?? error.cause?.message ?? error.message
    throw new Refusal(
      `${url} could not be downloaded (${why}): check the network, ${remedies(library)}.`
    )
  }
  await rename(part, archive)
  return archive
}

async function checkArchive({ sdist }, archive) {
  const found = await sha256(archive)
  if (found === sdist.sha256) return
  await rm(archive, { force: true })
  throw new Refusal(
    `the downloaded ${sdist.file} has the sha256 ${found}, not ${sdist.sha256}: ` +
      'it is not the file this project was tested with and was removed; try again, or ask whoever ' +
      'runs your package index.'
  )
}

/** Unpacks `archive` into the new folder `into` and returns the source folder inside it. */
async function unpack(archive, into) {
  await rm(into, { recursive: true, force: true })
  await mkdir(into, { recursive: true })
  const done = await run('tar', ['-xzf', archive, '-C', into])
  if (done.missing) {
    throw new Refusal('tar is needed (Debian: apt install tar gzip; Termux: pkg install tar gzip).')
  }
  const [top] = done.code === 0 ? await readdir(into) : []
  if (!top) {
    await rm(archive, { force: true })
    throw new Refusal(`${archive} is not a readable archive and was removed; try again.`)
  }
  return join(into, top)
}

async function checkTree({ title, version, parts, tree }, source, archive) {
  const found = await treeDigest(source, parts)
  if (found === tree) return
  await rm(archive, { force: true })
  throw new Refusal(
    `the source in ${archive} is not the ${title} ${version} this project was tested with ` +
      `(tree digest ${found}, not ${tree}); the archive was removed.`
  )
}

const upstreamFile = ({ name, version }) => `${name}-upstream-${version}.tar.gz`

async function byIndex(library, folder, into) {
  const { sdist } = library
  const kept = join(folder, sdist.file)
  const archive = (await exists(kept)) ? kept : await fromIndex(library, folder)
  await checkArchive(library, archive)
  const source = join(await unpack(archive, into), sdist.folder)
  await checkTree(library, source, archive)
  return source
}

async function byUpstream(library, folder, into) {
  const kept = join(folder, upstreamFile(library))
  const archive = (await exists(kept)) ? kept : await fromUpstream(library, folder)
  const source = await unpack(archive, into)
  await checkTree(library, source, archive)
  return source
}

const routes = { index: byIndex, upstream: byUpstream }

/**
 * Unpacks the library's verified source into `into` and returns its folder; wish.route is index,
 * upstream, or auto for either.
 */
export async function getSource(library, wish, into) {
  const names = library.routes(wish.route, wish)
  const folder = join(await cacheFolder(), 'downloads')
  await mkdir(folder, { recursive: true })
  const reasons = []
  for (const name of names) {
    say(`getting ${library.title} ${library.version} (${name})`)
    try {
      return await routes[name](library, folder, into)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      reasons.push(`${name}: ${error.message}`)
    }
  }
  throw new Refusal(
    reasons.length === 1
      ? reasons[0].replace(/^\w+: /, '')
      : `the source of ${library.title} could not be had by either route.\n  ${reasons.join('\n  ')}`
  )
}
