import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadBinding } from '../addon/load.js'
import { packageRoot } from '../paths.js'
import { parseGeneral } from './arguments.js'
import { print, printJson } from './output.js'

export async function version(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args)
  const manifest: unknown = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'))
  const own =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : 'unknown'
  const { ncnnVersion: ncnn } = loadBinding()
  const { node } = process.versions
  if (options.json) printJson({ seesawface: own, ncnn, node })
  else print(`seesawface ${own} (NCNN ${ncnn}, Node ${node}, ${process.platform}-${process.arch})`)
  return 0
}
