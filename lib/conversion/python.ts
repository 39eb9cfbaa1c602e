import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { ConverterMissingError, systemCode } from '../errors.js'
import { packageRoot } from '../paths.js'

const run = promisify(execFile)

/** The folder that Python finds the package `seesaw` in. */
export const trainingDir = join(packageRoot, 'training')

/** What `python -m seesaw.convert` imports; training/requirements-convert.txt has the versions. */
const modules = ['torch', 'pnnx', 'ncnn', 'numpy', 'onnx', 'onnxruntime']
/** The first Python that the versions pinned there run on. */
const oldest: readonly [number, number] = [3, 11]

/** Looks for modules without loading them: importing torch alone takes seconds. */
const probe = `
import importlib.util, json, sys
missing = [name for name in ${JSON.stringify(modules)} if importlib.util.find_spec(name) is None]
print(json.dumps({"version": sys.version_info[:2], "missing": missing}))
`

const answerSchema = v.object({
  version: v.tuple([v.number(), v.number()]),
  missing: v.array(v.string())
})

/** Undefined when this Python can convert, otherwise why not. */
async function whyNot(command: string): Promise<string | undefined> {
  let output: string
  try {
    output = (await run(command, ['-c', probe], { timeout: 60_000 })).stdout
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? 'not found' : 'does not run'
  }
  let answer: v.InferOutput<typeof answerSchema>
  try {
    answer = v.parse(answerSchema, JSON.parse(output))
  } catch {
    return 'is not a Python interpreter'
  }
  const [major, minor] = answer.version
  if (major !== oldest[0] || minor < oldest[1]) {
    return `is Python ${major}.${minor}, older than ${oldest.join('.')}`
  }
  return answer.missing.length > 0 ? `lacks ${answer.missing.join(', ')}` : undefined
}

function candidates({ SEESAWFACE_PYTHON, VIRTUAL_ENV }: NodeJS.ProcessEnv): string[] {
  if (SEESAWFACE_PYTHON) return [SEESAWFACE_PYTHON]
  return [...(VIRTUAL_ENV ? [join(VIRTUAL_ENV, 'bin', 'python')] : []), 'python3', 'python']
}

/** The first Python that has all that conversion needs. */
export async function findPython(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (!existsSync(join(trainingDir, 'seesaw', 'convert', '__main__.py'))) {
    throw new ConverterMissingError(
      `The converter is not in "${trainingDir}". Reinstall seesawface, or use a clone of its repository`
    )
  }
  const reasons: string[] = []
  for (const command of candidates(env)) {
    const reason = await whyNot(command)
    if (reason === undefined) return command
    reasons.push(`"${command}" ${reason}`)
  }
  throw new ConverterMissingError(
    `Conversion requires Python ${oldest.join('.')} or newer with PyTorch and pnnx; ${reasons.join('; ')}. To set one up:
  python3 -m venv ~/seesawface-convert
  ~/seesawface-convert/bin/pip install -r "${join(trainingDir, 'requirements-convert.txt')}"
  export SEESAWFACE_PYTHON=~/seesawface-convert/bin/python`
  )
}
