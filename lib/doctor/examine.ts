import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { loadBinding, loadDecoder } from '../addon/load.js'
import { decoderProblem, loadProblem, type Problem, problem } from '../addon/remedies.js'
import type { NativeAddon } from '../addon/types.js'
import { FaceDetector } from '../detector.js'
import {
  defaultDetectorModel,
  defaultEmbedderModel,
  listModels,
  loadDetectorModel,
  loadEmbedderModel,
  type RefusedManifest,
  readManifest
} from '../models/load.js'
import type { Manifest } from '../models/manifest.js'
import { bundledModelDir, packageRoot } from '../paths.js'
import { candidates, resolveAddon, thisHost } from './addon.js'
import type { LeftOut, ModelReport, NativeReport, Report } from './report.js'
import { leastCosine, selfTest } from './self-test.js'
import { examineVulkan, type VulkanReport, vulkanUnseen } from './vulkan.js'

export interface ExamineOptions {
  readonly modelDir?: string
  /** The signal that ended an earlier try at using the addon: it is left alone then. */
  readonly crashedBy?: string
  /** The signal that ended an earlier try, which Vulkan is suspected of: it is left alone then. */
  readonly vulkanCrashedBy?: string
}

function text(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}

/** The version in the package.json of a folder; `null` when it cannot be told. */
async function versionIn(folder: string): Promise<string | null> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    const named = typeof value === 'object' && value !== null && 'version' in value
    return named ? String(value.version) : null
  } catch {
    return null
  }
}

function nodeProblems(version: string): Problem[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  // As "engines" in package.json has it.
  if (major > 22 || (major === 22 && minor >= 9) || (major === 20 && minor >= 17)) return []
  return [problem('NODE_TOO_OLD', `Node.js ${version} is not supported.`)]
}

function examineNative(problems: Problem[], crashedBy: string | undefined): NativeReport | null {
  if (crashedBy !== undefined) {
    problems.push(problem('CRASHED', `The native addon crashes here (${crashedBy}).`))
    return null
  }
  let addon: NativeAddon
  try {
    addon = loadBinding()
  } catch (error) {
    problems.push(loadProblem(error instanceof Error ? (error.cause ?? error) : error))
    return null
  }
  const { compiler, ncnnOptions: options } = addon.build()
  const ncnn = { version: addon.ncnnVersion, options }
  const jpeg = addon.jpegLibrary || null
  return { compiler, ncnn, jpeg, cpu: addon.cpu(), threads: addon.defaultThreads() }
}

async function examineDecoder(problems: Problem[]): Promise<Report['decoder']> {
  try {
    await loadDecoder()
  } catch (error) {
    problems.push(decoderProblem(error instanceof Error ? (error.cause ?? error) : error))
    return { available: false, version: null }
  }
  const entry = createRequire(join(packageRoot, 'package.json')).resolve('@napi-rs/image')
  return { available: true, version: await versionIn(join(entry, '..')) }
}

/** Runs a verified model: an embedder embeds the self-test's input, a detector is opened. */
async function runModel(
  manifest: Manifest,
  modelDir: string,
  problems: Problem[]
): Promise<Pick<ModelReport, 'loads' | 'implementation' | 'selfTest'>> {
  const { name } = manifest
  try {
    if (manifest.kind === 'detector') {
      await (await FaceDetector.open({ detector: name, modelDir })).close()
      return { loads: true }
    }
    const { result, implementation } = await selfTest(manifest, modelDir)
    if (result.state === 'failed') {
      problems.push(
        problem(
          'SELF_TEST_FAILED',
          `Model "${name}" computes a different embedding on this machine than where it was made ` +
            `(cosine ${result.cosine.toFixed(6)}, expected at least ${leastCosine}).`
        )
      )
    }
    return { loads: true, implementation, selfTest: result }
  } catch (error) {
    problems.push(problem('MODEL_DAMAGED', `Model "${name}" cannot be run: ${text(error)}.`))
    return { loads: false }
  }
}

async function examineModel(
  name: string,
  modelDir: string,
  canRun: boolean,
  problems: Problem[]
): Promise<ModelReport> {
  const manifest = await readManifest(name, modelDir).catch((error: unknown) => {
    problems.push(problem('MODEL_DAMAGED', `${text(error)}.`))
  })
  if (manifest === undefined) return { name, verified: false }
  const { kind, version } = manifest
  try {
    await (kind === 'embedder' ? loadEmbedderModel : loadDetectorModel)(name, modelDir)
  } catch (error) {
    problems.push(problem('MODEL_DAMAGED', `${text(error)}.`))
    return { name, kind, version, verified: false }
  }
  const run = canRun ? await runModel(manifest, modelDir, problems) : {}
  return { name, kind, version, verified: true, ...run }
}

const defaultModels = [defaultEmbedderModel, defaultDetectorModel]

/**
 * The .json files that belong to no model. One with files of a model beside it, or named like a
 * model that must be there, is a manifest, if a damaged one.
 */
async function strangers(modelDir: string, files: readonly string[]): Promise<LeftOut[]> {
  const refused: RefusedManifest[] = []
  await listModels(modelDir, { onRefused: (each) => refused.push(each) })
  return refused.flatMap(({ path, error }) => {
    const file = basename(path)
    const name = file.slice(0, -'.json'.length)
    const isModel =
      defaultModels.includes(name) ||
      files.includes(`${name}.param`) ||
      files.includes(`${name}.bin`)
    return isModel ? [] : [{ file, reason: text(error) }]
  })
}

async function examineModels(
  modelDir: string,
  canRun: boolean,
  problems: Problem[]
): Promise<Pick<Report, 'models' | 'leftOut'>> {
  let files: string[]
  try {
    files = await readdir(modelDir)
  } catch (error) {
    problems.push(problem('MODEL_MISSING', `The model folder cannot be read: ${text(error)}.`))
    return { models: [], leftOut: [] }
  }
  const leftOut = await strangers(modelDir, files)
  const names = files
    .filter((file) => file.endsWith('.json') && !leftOut.some((left) => left.file === file))
    .map((file) => file.slice(0, -'.json'.length))
  const models: ModelReport[] = []
  for (const name of names.sort()) {
    models.push(await examineModel(name, modelDir, canRun, problems))
  }
  for (const name of defaultModels) {
    if (!names.includes(name)) {
      problems.push(problem('MODEL_MISSING', `The default model "${name}" is not in ${modelDir}.`))
    }
  }
  return { models, leftOut }
}

/** Where Linux tells of cores and their speed; without these their number is a guess. */
function unreadableFolders(): string[] {
  if (process.platform !== 'linux' && process.platform !== 'android') return []
  const telling = { '/proc': '/proc/self/status', '/sys': '/sys/devices/system/cpu' }
  return Object.entries(telling).flatMap(([folder, path]) => (existsSync(path) ? [] : [folder]))
}

async function tryVulkan(
  modelDir: string,
  canRun: boolean,
  crashedBy: string | undefined,
  problems: Problem[]
): Promise<VulkanReport> {
  if (!canRun) return vulkanUnseen('the addon cannot be used')
  if (crashedBy === undefined) return examineVulkan(modelDir)
  problems.push(problem('VULKAN_CRASHES', `The Vulkan driver crashes the process (${crashedBy}).`))
  return vulkanUnseen(`its driver crashes the process (${crashedBy})`)
}

/** Looks at everything seesawface needs; nothing found wrong is an exception, all is in the report. */
export async function examine(options: ExamineOptions = {}): Promise<Report> {
  const { modelDir = bundledModelDir, crashedBy, vulkanCrashedBy } = options
  const problems = nodeProblems(process.versions.node)
  const host = thisHost()
  const file = resolveAddon(packageRoot)
  const found = candidates(packageRoot, file, host)
  const native = examineNative(problems, crashedBy)
  const decoder = await examineDecoder(problems)
  const { models, leftOut } = await examineModels(modelDir, native !== null, problems)
  const vulkan = await tryVulkan(modelDir, native !== null, vulkanCrashedBy, problems)
  return {
    ok: problems.length === 0,
    version: (await versionIn(packageRoot)) ?? 'unknown',
    folder: packageRoot,
    node: {
      version: process.versions.node,
      napi: process.versions.napi ?? 'unknown',
      platform: host.platform,
      arch: host.arch,
      libc: host.platform === 'linux' ? host.libc : 'the system’s own'
    },
    unreadable: unreadableFolders(),
    addon: {
      file: file ?? null,
      kind: found.find(({ chosen }) => chosen)?.kind ?? 'none',
      candidates: found
    },
    native,
    vulkan,
    decoder,
    modelDir,
    models,
    leftOut,
    problems
  }
}
