// Gets the pinned source, by the package index or from the upstream project, and verifies it.
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cacheFolder, exists, sha256 } from './cache.mjs'
import * as pins from './pins.mjs'
import { run, tail } from './run.mjs'
import { progress, Refusal, say } from './say.mjs'
import { treeDigest } from './tree.mjs'

const ownSource = 'or give a folder with the source in SEESAWFACE_NCNN'

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

async function findPython() {
  for (const python of ['python3', 'python']) {
    const { code } = await run(python, ['-m', 'pip', '--version'])
    if (code === 0) return python
  }
  throw new Refusal(
    'the package index needs Python 3 with pip ' +
      '(Debian: apt install python3-pip; Termux: pkg install python python-pip), ' +
      `${ownSource}.`
  )
}

/** Downloads the source package by the index's ordinary client into `folder`. */
async function fromIndex(folder) {
  const python = await findPython()
  const client = join(folder, pins.unearth.replace('==', '-'))
  if (!(await exists(client))) {
    const fresh = `${client}.${process.pid}`
    const args = ['-m', 'pip', 'install', '--quiet', '--target', fresh, pins.unearth]
    const done = await run(python, args)
    if (done.code !== 0) {
      await rm(fresh, { recursive: true, force: true })
      throw new Refusal(
        `pip could not install ${pins.unearth}: check the network and pip's configuration, ` +
          `${ownSource}.\n${tail(done, 4)}`
      )
    }
    await rename(fresh, client).catch(() => rm(fresh, { recursive: true, force: true }))
  }
  const wanted = `${pins.sdist.name}==${pins.sdist.version}`
  const args = ['-m', 'unearth', '--no-binary', ...(await indexArguments(python))]
  const done = await run(python, [...args, '--download', folder, wanted], {
    // unearth does not read pip's setting for a certificate of one's own.
    env: { SSL_CERT_FILE: process.env.PIP_CERT, ...process.env, PYTHONPATH: client }
  })
  const archive = join(folder, pins.sdist.file)
  if (done.code !== 0 || !(await exists(archive))) {
    throw new Refusal(
      `${wanted} could not be downloaded from the package index: check the network and pip's ` +
        `configuration, ${ownSource}.\n${tail(done, 4)}`
    )
  }
  return archive
}

/** Downloads the release archive of the upstream project into `folder`. */
async function fromUpstream(folder) {
  const url = process.env.SEESAWFACE_NCNN_URL || pins.upstream
  const archive = join(folder, `upstream-${pins.version}.tar.gz`)
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
    throw new Refusal(`${url} could not be downloaded (${why}): check the network, ${ownSource}.`)
  }
  await rename(part, archive)
  return archive
}

async function checkArchive(archive) {
  const found = await sha256(archive)
  if (found === pins.sdist.sha256) return
  await rm(archive, { force: true })
  throw new Refusal(
    `the downloaded ${pins.sdist.file} has the sha256 ${found}, not ${pins.sdist.sha256}: ` +
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

async function checkTree(source, archive) {
  const found = await treeDigest(source)
  if (found === pins.tree) return
  await rm(archive, { force: true })
  throw new Refusal(
    `the source in ${archive} is not the NCNN ${pins.version} this project was tested with ` +
      `(tree digest ${found}, not ${pins.tree}); the archive was removed.`
  )
}

async function byIndex(folder, into) {
  const kept = join(folder, pins.sdist.file)
  const archive = (await exists(kept)) ? kept : await fromIndex(folder)
  await checkArchive(archive)
  const source = await unpack(archive, into)
  await checkTree(source, archive)
  return source
}

async function byUpstream(folder, into) {
  const kept = join(folder, `upstream-${pins.version}.tar.gz`)
  const archive = (await exists(kept)) ? kept : await fromUpstream(folder)
  const source = await unpack(archive, into)
  await checkTree(source, archive)
  return source
}

const routes = { index: byIndex, upstream: byUpstream }

/**
 * Unpacks the verified source into `into`; `route` is index, upstream, or auto for either. The
 * forge's archives lack glslang, which is a submodule: with Vulkan there is the index only.
 */
export async function getSource(route, into, { vulkan = false } = {}) {
  if (vulkan && route === 'upstream') {
    throw new Refusal(
      'the release archive of the upstream project has no glslang, the shader compiler that a ' +
        `build with Vulkan needs: take the package index instead, ${ownSource}.`
    )
  }
  const folder = join(await cacheFolder(), 'downloads')
  await mkdir(folder, { recursive: true })
  const either = vulkan ? ['index'] : ['index', 'upstream']
  const names = route === 'auto' ? either : [route]
  const reasons = []
  for (const name of names) {
    say(`getting NCNN ${pins.version} (${name})`)
    try {
      return await routes[name](folder, into)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      reasons.push(`${name}: ${error.message}`)
    }
  }
  throw new Refusal(
    reasons.length === 1
      ? reasons[0].replace(/^\w+: /, '')
      : `the source of NCNN could not be had by either route.\n  ${reasons.join('\n  ')}`
  )
}
